package phema.bench;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Writes a new file around places that are filled later. */
final class HollowOutput extends FilterOutputStream {
    private final FileChannel channel;

    HollowOutput(Path path) throws IOException {
        this(FileChannel.open(
                path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE));
    }

    private HollowOutput(FileChannel channel) {
        super(new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16));
        this.channel = channel;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        out.write(bytes, offset, length);
    }

    /** @return where the place begins */
    long leave(long bytes) throws IOException {
        out.flush();
        long begin = channel.position();
        channel.position(begin + bytes);
        return begin;
    }

    /** Gives the file its length, also where it ends with a place. */
    @Override
    public void close() throws IOException {
        try (channel) {
            out.flush();
            long end = channel.position();
            if (end > channel.size()) channel.write(ByteBuffer.allocate(1), end - 1);
        }
    }
}
