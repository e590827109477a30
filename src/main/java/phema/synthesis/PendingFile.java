package phema.synthesis;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import phema.problem.Problem;

/** A file that appears under its name only when it is complete and on disk. Until then it is a hidden file in the same folder. */
final class PendingFile implements AutoCloseable {
    private final Path path;
    private final Path temporary;
    private final FileChannel channel;
    private boolean committed;

    PendingFile(Path path) throws IOException {
        this.path = path;
        Path folder = path.toAbsolutePath().getParent();
        temporary = Files.createTempFile(folder, "." + path.getFileName() + ".", ".tmp");
        channel = FileChannel.open(temporary, StandardOpenOption.WRITE);
    }

    /** Writes all of the buffer; safe for use by many threads at once. */
    void write(ByteBuffer buffer, long position) throws IOException {
        while (buffer.hasRemaining()) position += channel.write(buffer, position);
    }

    /** @throws Problem when the file exists and is not to be overwritten */
    void commit(boolean overwrite) throws IOException {
        channel.force(true);
        channel.close();
        try {
            if (overwrite) Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
            else Files.move(temporary, path);
        } catch (FileAlreadyExistsException e) {
            throw exists(path);
        }
        committed = true;
    }

    static Problem exists(Path path) {
        return Problem.conflict(path + " exists; use --overwrite to replace it or --skip to keep it");
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (!committed) Files.deleteIfExists(temporary);
    }
}
