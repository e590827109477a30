package phema.time;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;

/**
 * Stands still until a test lets time {@link #pass}, or makes the time of day {@link #jump} as somebody does who sets a
 * machine's clock.
 *
 * <p>It begins at the present, as files that tests write have real time stamps, in milliseconds, as the database keeps
 * them; and with a ticker that is about to overflow.
 */
public final class SettableClock implements InstantSource, Ticker {
    private Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    private long nanos = Long.MAX_VALUE - 5;

    public synchronized void pass(Duration time) {
        jump(time);
        nanos += time.toNanos();
    }

    public synchronized void jump(Duration ahead) {
        now = now.plus(ahead);
    }

    @Override
    public synchronized Instant instant() {
        return now;
    }

    @Override
    public synchronized long read() {
        return nanos;
    }
}
