package phema.catalog;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import phema.time.Ticker;

/**
 * Decides whether a file has stayed as it is for so long that nobody is writing it any more.
 *
 * @param time how long that is
 */
record Settling(Duration time, InstantSource clock, Ticker ticker) {
    /** @param since when it was first seen as it is, by {@link #ticker} */
    boolean isOver(long since) {
        return ticker.since(since).compareTo(time) >= 0;
    }

    /** Whether its time stamp says so, which is as good as the clocks of this machine and of its file server. */
    boolean seemsOver(Instant modified) {
        return modified.isBefore(clock.instant().minus(time));
    }
}
