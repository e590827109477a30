package phema.evaluation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import phema.digest.Digest;
import phema.format.FileStamp;

/**
 * Digests files that are asked about again and again, and reads them only when they have changed. For use by many
 * threads.
 */
final class FileDigests {
    private final Map<Path, Known> known = new ConcurrentHashMap<>();

    private record Known(FileStamp stamp, String digest) {}

    /**
     * Forty hex digits of the SHA-256 of its contents; none where there is no such file.
     *
     * @throws IOException when it cannot be read, or changes all the while
     */
    Optional<String> of(Path file) throws IOException {
        for (int attempt = 0; attempt < 3; attempt++) {
            Optional<FileStamp> before = stamp(file);
            if (before.isEmpty()) return Optional.empty();
            Known last = known.get(file);
            if (last != null && last.stamp.equals(before.get())) return Optional.of(last.digest);
            String digest = Digest.sha256().add(file).hex(40);
            if (!stamp(file).equals(before)) continue;
            known.put(file, new Known(before.get(), digest));
            return Optional.of(digest);
        }
        throw new IOException(file + " changes while it is read");
    }

    private static Optional<FileStamp> stamp(Path file) throws IOException {
        return Files.isRegularFile(file) ? FileStamp.of(file) : Optional.empty();
    }
}
