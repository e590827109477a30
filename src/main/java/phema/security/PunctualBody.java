package phema.security;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.apache.coyote.InputBuffer;
import org.apache.tomcat.util.net.ApplicationBufferHandler;
import phema.time.Ticker;

/**
 * Ends the body of a request that trickles, as Tomcat ends one that does not come at all: it waits a minute for every
 * byte. Forms are read by Tomcat itself, hence below all filters.
 */
final class PunctualBody implements InputBuffer {
    /** The time that any body may take. */
    private static final Duration GRACE = Duration.ofSeconds(30);

    /** The bytes per second of one that takes longer. */
    private static final long SLOWEST = 8 << 10;

    private final InputBuffer in;
    private final Ticker ticker;
    private boolean begun;
    private boolean late;
    private long begin;
    private long bytes;

    PunctualBody(InputBuffer in, Ticker ticker) {
        this.in = in;
        this.ticker = ticker;
    }

    @Override
    public int doRead(ApplicationBufferHandler handler) throws IOException {
        if (!begun) begin = ticker.read();
        begun = true;
        int n = in.doRead(handler);
        if (n > 0) bytes += n;
        late = n > 0 && ticker.since(begin).compareTo(GRACE.plusSeconds(bytes / SLOWEST)) > 0;
        if (late) throw new SocketTimeoutException("the body came at less than " + SLOWEST + " bytes a second");
        return n;
    }

    /** Whether it was ended. */
    boolean isLate() {
        return late;
    }

    @Override
    public int available() {
        return in.available();
    }
}
