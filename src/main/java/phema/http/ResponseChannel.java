package phema.http;

import jakarta.servlet.ServletOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * Wraps a response's body as a channel that remembers whether a failure was the client's. Closing it is left to the
 * server.
 */
final class ResponseChannel implements WritableByteChannel {
    private final ServletOutputStream out;
    private long written;
    private boolean clientIsGone;

    ResponseChannel(ServletOutputStream out) {
        this.out = out;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        int count = source.remaining();
        try {
            if (source.hasArray()) { // else the stream copies it
                out.write(source.array(), source.arrayOffset() + source.position(), count);
                source.position(source.limit());
            } else {
                out.write(source);
            }
        } catch (IOException e) {
            clientIsGone = true;
            throw e;
        }
        written += count;
        return count;
    }

    long written() {
        return written;
    }

    boolean clientIsGone() {
        return clientIsGone;
    }

    @Override
    public boolean isOpen() {
        return !clientIsGone;
    }

    @Override
    public void close() {}
}
