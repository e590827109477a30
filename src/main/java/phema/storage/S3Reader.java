package phema.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileSystemException;

/**
 * Reads one version of an object at any positions, by any number of threads. Whoever replaces the object makes reads
 * fail, never mix.
 */
final class S3Reader extends S3Channel {
    private final S3Path path;
    private final S3Attributes opened;

    S3Reader(S3Path path) throws IOException {
        this.path = path;
        this.opened = path.getFileSystem().freshAttributes(path);
        if (opened.isDirectory()) throw new FileSystemException(path.toString(), null, "is a folder");
        S3Blocks.SHARED.opened();
    }

    @Override
    public long size() {
        return opened.size();
    }

    @Override
    public int read(ByteBuffer buffer, long position) throws IOException {
        if (!isOpen()) throw new ClosedChannelException();
        if (position >= opened.size()) return -1;
        if (!buffer.hasRemaining()) return 0;
        byte[] block = S3Blocks.SHARED.read(path, opened, position / S3Blocks.SIZE);
        int from = (int) (position % S3Blocks.SIZE);
        int n = Math.min(buffer.remaining(), block.length - from);
        buffer.put(block, from, n);
        return n;
    }

    @Override
    protected void implCloseChannel() {
        S3Blocks.SHARED.closed();
    }
}
