package phema.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import phema.digest.Digest;
import phema.format.FileStamp;
import phema.problem.Problem;
import phema.synthesis.Content;

/**
 * Describes a file of a run's folder that is passed through as it is.
 *
 * @param fileName its path in the repository
 * @param identity SHA-256 of the content
 */
record StoredFile(String fileName, Path file, FileStamp stamp, String identity) implements Content {
    private static final int CHUNK = 1 << 16;

    /** Reads all of it once. */
    static StoredFile read(String path, Path file) throws IOException {
        FileStamp stamp = FileStamp.of(file).orElseThrow(() -> new NoSuchFileException(file.toString()));
        return new StoredFile(path, file, stamp, Digest.sha256().add(file).hex());
    }

    /** Whether the file is still the one that was read. */
    boolean isUnchanged() throws IOException {
        return stamp.isOf(file);
    }

    /** Whether what was read since it had this stamp is the content that it is known for. */
    private boolean isWhatWasRead(FileStamp begun) throws IOException {
        return (isUnchanged() || hasSameContent())
                && FileStamp.of(file).filter(begun::isReadThrough).isPresent();
    }

    /** Whether only its permissions, links or place on the disk changed. */
    private boolean hasSameContent() throws IOException {
        return FileStamp.of(file).filter(stamp::looksLike).isPresent()
                && Digest.sha256().add(file).hex().equals(identity);
    }

    @Override
    public long size() {
        return stamp.size();
    }

    Instant modified() {
        return stamp.modified();
    }

    @Override
    public void transferTo(WritableByteChannel target, long offset, long length) throws IOException {
        Objects.checkFromIndexSize(offset, length, size());
        FileStamp begun = FileStamp.of(file).orElseThrow(this::changed);
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(CHUNK, length));
        try (FileChannel channel = FileChannel.open(file)) {
            for (long done = 0; done < length; ) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), length - done));
                while (buffer.hasRemaining())
                    if (channel.read(buffer, offset + done + buffer.position()) < 0) throw changed();
                done += buffer.position();
                if (done == length && !isWhatWasRead(begun)) throw changed();
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
