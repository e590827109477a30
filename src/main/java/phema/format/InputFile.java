package phema.format;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Instant;
import java.util.function.Predicate;
import phema.digest.Digest;

/**
 * Opens a regular file, read at positions through one small window, so that what is skipped is never read. What cursors
 * take from it counts as the file's structure: it is digested, and limited.
 */
final class InputFile implements Closeable {
    private static final int WINDOW = 8192;

    private final Path path;
    private final Predicate<Path> mayRead;
    private final FileChannel channel;
    private final long size;
    private final Instant modified;
    private final Digest structure = Digest.sha256();
    private final ByteBuffer window = ByteBuffer.allocate(WINDOW).limit(0);
    private long windowStart;

    private InputFile(Path path, Predicate<Path> mayRead, RegularFiles.Opened opened) throws IOException {
        this.path = path;
        this.mayRead = mayRead;
        this.channel = opened.channel();
        this.size = channel.size();
        this.modified = opened.modified();
    }

    /** Wherever it lies. */
    static InputFile open(Path path) throws IOException {
        return open(path, anywhere -> true);
    }

    /** @see RegularFiles#open */
    static InputFile open(Path path, Predicate<Path> mayRead) throws IOException {
        RegularFiles.Opened opened = RegularFiles.opened(path, mayRead);
        try {
            return new InputFile(path, mayRead, opened);
        } catch (IOException | RuntimeException e) {
            opened.channel().close();
            throw e;
        }
    }

    /** Another file of the same folder. */
    InputFile openSibling(String name) throws IOException {
        return open(path.resolveSibling(name), mayRead);
    }

    Path path() {
        return path;
    }

    long size() {
        return size;
    }

    /** The file as it was when opened, with the digest of what cursors have read since. */
    FilePart part() {
        return new FilePart(path, size, modified, structure.hex());
    }

    FormatException broken(String problem) {
        return new FormatException(path, problem);
    }

    /** Says that the file ends too early. */
    FormatException incomplete(String problem) {
        return new FormatException(path, problem, true);
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
        structure.add(bytes);
    }

    private void fill(long position) throws IOException {
        window.clear();
        int n = channel.read(window, position);
        window.limit(Math.max(n, 0));
        windowStart = position;
        if (n <= 0) throw incomplete("became shorter while it was read; try again when it is complete");
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
