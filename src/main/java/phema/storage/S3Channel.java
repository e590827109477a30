package phema.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * Describes a file channel that has a position, and can neither be mapped, locked nor cut. Subclasses say what it reads
 * or writes at a position.
 */
abstract class S3Channel extends FileChannel {
    private long position;

    @Override
    public int read(ByteBuffer buffer, long position) throws IOException {
        throw new NonReadableChannelException();
    }

    @Override
    public int write(ByteBuffer buffer, long position) throws IOException {
        throw new NonWritableChannelException();
    }

    @Override
    public synchronized int read(ByteBuffer buffer) throws IOException {
        int n = read(buffer, position);
        if (n > 0) position += n;
        return n;
    }

    @Override
    public synchronized int write(ByteBuffer buffer) throws IOException {
        int n = write(buffer, position);
        position += n;
        return n;
    }

    @Override
    public long read(ByteBuffer[] buffers, int offset, int length) throws IOException {
        for (int i = offset; i < offset + length; i++) if (buffers[i].hasRemaining()) return read(buffers[i]);
        return 0;
    }

    @Override
    public long write(ByteBuffer[] buffers, int offset, int length) throws IOException {
        long written = 0;
        for (int i = offset; i < offset + length; i++) written += write(buffers[i]);
        return written;
    }

    @Override
    public synchronized long position() {
        return position;
    }

    @Override
    public synchronized FileChannel position(long newPosition) {
        position = newPosition;
        return this;
    }

    @Override
    public void force(boolean metaData) throws IOException {}

    @Override
    public FileChannel truncate(long size) {
        throw new UnsupportedOperationException();
    }

    /** What the JDK copies files with. */
    @Override
    public long transferTo(long from, long count, WritableByteChannel target) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(S3Blocks.SIZE);
        long done = 0;
        while (done < count) {
            int n = read(buffer.clear().limit((int) Math.min(buffer.capacity(), count - done)), from + done);
            if (n < 0) break;
            buffer.flip();
            while (buffer.hasRemaining()) target.write(buffer);
            done += n;
        }
        return done;
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long to, long count) {
        throw new UnsupportedOperationException();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long from, long size) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock lock(long from, long size, boolean shared) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock tryLock(long from, long size, boolean shared) {
        throw new UnsupportedOperationException();
    }
}
