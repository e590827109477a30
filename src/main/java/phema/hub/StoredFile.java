package phema.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Objects;
import phema.digest.Digest;
import phema.problem.Problem;
import phema.synthesis.Content;

/**
 * A file of a run's folder that is passed through as it is.
 *
 * @param fileName its path in the repository
 * @param identity SHA-256 of the content
 */
record StoredFile(String fileName, Path file, long size, Instant modified, String identity) implements Content {
    private static final int CHUNK = 1 << 16;

    /** Reads all of it once. */
    static StoredFile read(String path, Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return new StoredFile(
                path,
                file,
                attributes.size(),
                attributes.lastModifiedTime().toInstant(),
                Digest.sha256().add(file).hex());
    }

    /** Whether the file is still the one that was read, by its size and time stamp. */
    boolean isUnchanged() throws IOException {
        try {
            BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
            return now.size() == size && now.lastModifiedTime().toInstant().equals(modified);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    @Override
    public void transferTo(WritableByteChannel target, long offset, long length) throws IOException {
        Objects.checkFromIndexSize(offset, length, size);
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(CHUNK, length));
        try (FileChannel channel = FileChannel.open(file)) {
            for (long done = 0; done < length; ) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), length - done));
                while (buffer.hasRemaining())
                    if (channel.read(buffer, offset + done + buffer.position()) < 0) throw changed();
                done += buffer.position();
                if (done == length && !isUnchanged()) throw changed();
                target.write(buffer.flip());
            }
        } catch (NoSuchFileException e) {
            throw changed();
        }
    }

    private Problem changed() {
        return Problem.conflict(file + " has changed since it was indexed; ask again");
    }
}
