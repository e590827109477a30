package phema.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Writes a file that appears under its name only when it is complete and on disk. Until then it is a hidden file in the
 * same folder.
 */
public final class PendingFile implements AutoCloseable {
    private final Path path;
    private final Path temporary;
    private final FileChannel channel;
    private boolean published;

    public PendingFile(Path path) throws IOException {
        this.path = path;
        // Not createTempFile, which would keep the file from everybody but its owner.
        temporary = path.resolveSibling("." + UUID.randomUUID() + ".tmp"); // names may be as long as names can be
        try {
            channel = FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        } catch (NoSuchFileException e) {
            throw new NoSuchFileException(String.valueOf(path.toAbsolutePath().getParent()));
        }
    }

    /** What fills a file. */
    public interface ContentWriter {
        void writeTo(FileChannel channel) throws IOException;
    }

    /** Writes a whole file, in the place of what was there. */
    public static void write(Path path, ContentWriter content) throws IOException {
        try (PendingFile file = new PendingFile(path)) {
            content.writeTo(file.channel);
            file.complete();
            file.publish(true);
        }
    }

    /** Returns the path at which the file will appear. */
    public Path path() {
        return path;
    }

    /** Writes all of the buffer; safe for use by many threads at once. */
    public void write(ByteBuffer buffer, long position) throws IOException {
        while (buffer.hasRemaining()) position += channel.write(buffer, position);
    }

    /**
     * Puts on disk what was written so far.
     *
     * @throws IOException which no later call may repeat: the file is lost
     */
    public void flush() throws IOException {
        channel.force(true);
    }

    /** Puts everything that was written on disk; the last moment at which that can run full. */
    public void complete() throws IOException {
        if (!channel.isOpen()) return;
        flush();
        channel.close();
    }

    /**
     * Gives the complete file its name.
     *
     * @throws FileAlreadyExistsException when that exists and is not to be overwritten
     */
    public void publish(boolean overwrite) throws IOException {
        if (overwrite) Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
        else Files.move(temporary, path);
        published = true;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (!published) Files.deleteIfExists(temporary);
    }
}
