package phema.format;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
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
    private final Opened opened;

    /** Where it begins in the file that was opened. */
    private final long begin;

    private final long size;
    private final boolean digested;

    /** What is read of an open file through one window, and what is known of it. */
    private static final class Opened {
        final FileChannel channel;
        final FileStamp stamp;
        final Digest structure = Digest.sha256();
        final ByteBuffer window = ByteBuffer.allocate(WINDOW).limit(0);
        long windowStart;

        /** What is still to be digested: each number by itself would take long. */
        final ByteBuffer undigested = ByteBuffer.allocate(WINDOW);

        Opened(FileChannel channel, FileStamp stamp) {
            this.channel = channel;
            this.stamp = stamp;
        }
    }

    private InputFile(Path path, Predicate<Path> mayRead, Opened opened, long begin, long size, boolean digested) {
        this.path = path;
        this.mayRead = mayRead;
        this.opened = opened;
        this.begin = begin;
        this.size = size;
        this.digested = digested;
    }

    /** Wherever it lies. */
    static InputFile open(Path path) throws IOException {
        return open(path, anywhere -> true);
    }

    /** @see RegularFiles#open */
    static InputFile open(Path path, Predicate<Path> mayRead) throws IOException {
        RegularFiles.Opened opened = RegularFiles.opened(path, mayRead);
        try {
            return new InputFile(
                    path,
                    mayRead,
                    new Opened(opened.channel(), opened.stamp()),
                    0,
                    opened.channel().size(),
                    true);
        } catch (IOException | RuntimeException e) {
            opened.channel().close();
            throw e;
        }
    }

    /** Another file of the same folder. */
    InputFile openSibling(String name) throws IOException {
        return open(path.resolveSibling(name), mayRead);
    }

    /** Names of everything in the file's folder, sorted. */
    List<String> siblings() throws IOException {
        return siblings(path, mayRead);
    }

    /** Names of everything in the folder of a file, which need not exist; none where the folder may not be read. */
    static List<String> siblings(Path path, Predicate<Path> mayRead) throws IOException {
        Path folder = path.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder) || !mayRead.test(folder.toRealPath())) return List.of();
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
            for (Path each : all) names.add(String.valueOf(each.getFileName()));
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        Collections.sort(names);
        return names;
    }

    /** A stretch of this file, as if it were a file; it need not be closed. */
    InputFile slice(long offset, long length) {
        return new InputFile(path, mayRead, opened, begin + offset, length, digested);
    }

    /** The same, but that what is read of it does not count as structure. */
    InputFile undigested() {
        return new InputFile(path, mayRead, opened, begin, size, false);
    }

    Path path() {
        return path;
    }

    long size() {
        return size;
    }

    /** The file as it was when opened, with the digest of what cursors have read since. */
    FilePart part() throws IOException {
        digest();
        FileStamp stamp = new FileStamp(size, opened.stamp.modified(), opened.stamp.change());
        String probe = path.getFileSystem() == FileSystems.getDefault() ? Probe.of(opened.channel) : "";
        return new FilePart(path, stamp, opened.structure.hex(), probe);
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
        read(offset, to, to.length);
    }

    /** Fills the first so many bytes of an array. */
    void read(long offset, byte[] to, int length) throws IOException {
        read(offset, to, 0, length);
    }

    /** Fills a stretch of an array. */
    void read(long offset, byte[] to, int first, int length) throws IOException {
        int done = 0;
        while (done < length) {
            long position = begin + offset + done;
            if (position < opened.windowStart || position >= opened.windowStart + opened.window.limit()) fill(position);
            int at = (int) (position - opened.windowStart);
            int n = Math.min(length - done, opened.window.limit() - at);
            opened.window.get(at, to, first + done, n);
            done += n;
        }
    }

    void addToStructure(byte[] bytes, int length) {
        if (!digested) return;
        if (length > opened.undigested.remaining()) digest();
        if (length > WINDOW) opened.structure.add(length == bytes.length ? bytes : Arrays.copyOf(bytes, length));
        else opened.undigested.put(bytes, 0, length);
    }

    private void digest() {
        opened.structure.add(Arrays.copyOf(opened.undigested.array(), opened.undigested.position()));
        opened.undigested.clear();
    }

    /** A little-endian number of at most 8 bytes, which counts as structure. */
    long number(long offset, int bytes) throws IOException {
        if (bytes > opened.undigested.remaining()) digest();
        int from = opened.undigested.position();
        read(offset, opened.undigested.array(), from, bytes);
        long value = 0;
        for (int i = bytes - 1; i >= 0; i--) value = (value << 8) | (opened.undigested.get(from + i) & 0xff);
        if (digested) opened.undigested.position(from + bytes);
        return value;
    }

    private void fill(long position) throws IOException {
        opened.window.clear();
        int n = opened.channel.read(opened.window, position);
        opened.window.limit(Math.max(n, 0));
        opened.windowStart = position;
        if (n <= 0) throw incomplete("became shorter while it was read; try again when it is complete");
    }

    @Override
    public void close() throws IOException {
        opened.channel.close();
    }
}
