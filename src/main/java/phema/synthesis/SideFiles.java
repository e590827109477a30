package phema.synthesis;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import phema.format.FilePart;
import phema.format.FileStamp;
import phema.format.RegularFiles;
import phema.problem.Problem;
import phema.text.ByteSize;

/** Knows files that outputs hold as they are, and reads small ones once as long as they stay. Safe for many threads. */
final class SideFiles {
    /** The largest file: tokenizers take some 30 MB. */
    private static final long LARGEST = 128 << 20;

    private static final int KEPT = 64;

    private final Predicate<Path> mayRead;
    private final Map<Path, KeptFile> known = LatestMap.of(KEPT);
    private final Map<Path, FilePart> parts = LatestMap.of(KEPT);

    @SuppressWarnings("ArrayRecordComponent") // nobody changes it
    private record KeptFile(FileStamp stamp, byte[] content) {}

    /** @param mayRead asked with the real path of each file */
    SideFiles(Predicate<Path> mayRead) {
        this.mayRead = mayRead;
    }

    /** A file that is copied while outputs are made. @throws phema.format.FormatException when it cannot be read */
    FilePart part(Path file) throws IOException {
        @Nullable FilePart before = parts.get(file);
        if (before != null && before.stamp().isOf(file)) return before;
        FilePart part = FilePart.of(file, mayRead);
        parts.put(file, part);
        return part;
    }

    /** @throws Problem when it is too large, or not what it was when it began to be read */
    byte[] read(Path file) throws IOException {
        Optional<FileStamp> stamp = FileStamp.of(file);
        if (stamp.isEmpty()) throw changed(file);
        @Nullable KeptFile before = known.get(file);
        if (before != null && before.stamp.equals(stamp.get())) return before.content;
        if (stamp.get().size() > LARGEST)
            throw Problem.unprocessable(
                    file + " has " + ByteSize.print(stamp.get().size())
                            + ", too many for a file that is copied beside weights; choose the format safetensors");
        byte[] content = new byte[(int) stamp.get().size()];
        ByteBuffer buffer = ByteBuffer.wrap(content);
        try (FileChannel channel = RegularFiles.open(file, mayRead)) {
            while (buffer.hasRemaining()) if (channel.read(buffer) < 0) throw changed(file);
        }
        if (!stamp.get().isOf(file)) throw changed(file);
        known.put(file, new KeptFile(stamp.get(), content));
        return content;
    }

    private static Problem changed(Path file) {
        return Problem.conflict(file + " changed while it was read; ask again");
    }
}
