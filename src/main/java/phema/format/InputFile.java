package phema.format;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;

/**
 * A regular file, read at positions through one small window, so that what is skipped is never read. What cursors take from it counts as the
 * file's structure: it is digested, and limited.
 */
final class InputFile implements Closeable {
    private static final int WINDOW = 8192;

    private final Path path;
    private final FileChannel channel;
    private final long size;
    private final Instant modified;
    private final MessageDigest structure;
    private final ByteBuffer window = ByteBuffer.allocate(WINDOW).limit(0);
    private long windowStart;

    private InputFile(Path path, FileChannel channel, Instant modified) throws IOException {
        this.path = path;
        this.channel = channel;
        this.size = channel.size();
        this.modified = modified;
        try {
            this.structure = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    /** @throws FormatException for anything but a regular file; a pipe would block as soon as it is opened */
    static InputFile open(Path path) throws IOException {
        try {
            return openRegular(path);
        } catch (NoSuchFileException e) {
            throw new FormatException(path, "does not exist");
        } catch (AccessDeniedException e) {
            throw new FormatException(path, "may not be read; check its permissions");
        }
    }

    private static InputFile openRegular(Path path) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        if (attributes.isDirectory()) throw new FormatException(path, "is a folder; name a weight file in it");
        if (!attributes.isRegularFile()) throw new FormatException(path, "is a pipe or a device, not a regular file");
        FileChannel channel = FileChannel.open(path);
        try {
            return new InputFile(path, channel, attributes.lastModifiedTime().toInstant());
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    Path path() {
        return path;
    }

    long size() {
        return size;
    }

    /** The file as it was when opened, with the digest of what cursors have read since. */
    FilePart part() {
        return new FilePart(path, size, modified, HexFormat.of().formatHex(structure.digest()));
    }

    FormatException broken(String problem) {
        return new FormatException(path, problem);
    }

    /** Reads the {@code length} bytes from {@code offset} on, which lie within the file. */
    Cursor cursor(long offset, long length) {
        return new Cursor(this, offset, offset + length);
    }

    void read(long offset, byte[] to) throws IOException {
        int done = 0;
        while (done < to.length) {
            long position = offset + done;
            if (position < windowStart || position >= windowStart + window.limit()) fill(position);
            int n = (int) Math.min(to.length - done, windowStart + window.limit() - position);
            window.get((int) (position - windowStart), to, done, n);
            done += n;
        }
    }

    void addToStructure(byte[] bytes) {
        structure.update(bytes);
    }

    private void fill(long position) throws IOException {
        window.clear();
        int n = channel.read(window, position);
        window.limit(Math.max(n, 0));
        windowStart = position;
        if (n <= 0) throw broken("became shorter while it was read; try again when it is complete");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
