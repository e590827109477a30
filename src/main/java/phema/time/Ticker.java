package phema.time;

import java.time.Duration;

/**
 * Tells how much time passes, whatever becomes of the time of day: for rates, timeouts, intervals and all that settles.
 */
@FunctionalInterface
public interface Ticker {
    /** The ticker of this machine. */
    Ticker SYSTEM = System::nanoTime;

    /** Nanoseconds since some moment of this process; they may overflow, so only {@link #since} compares them. */
    long read();

    /** @param earlier what {@link #read} gave */
    default Duration since(long earlier) {
        return Duration.ofNanos(read() - earlier);
    }
}
