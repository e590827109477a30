package phema.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Optional;

/**
 * Tells whether a file is still the one that was seen before: one of the same size and time stamp is taken for the
 * same.
 *
 * @param size in bytes
 * @param modified when the file system says that it was last written
 */
public record FileStamp(long size, Instant modified) {
    /** The stamp of a file now, links followed; empty when it is gone. */
    public static Optional<FileStamp> of(Path file) throws IOException {
        try {
            BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
            return Optional.of(new FileStamp(now.size(), now.lastModifiedTime().toInstant()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Whether a file is there and has this stamp. */
    public boolean isOf(Path file) throws IOException {
        return of(file).filter(this::equals).isPresent();
    }
}
