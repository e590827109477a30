package phema.catalog;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import phema.time.Ticker;

/** Counts what a look at a root has done so far. Safe for use by many threads. */
final class LookProgress {
    /** The time of a look before which nobody needs to know how far it is. */
    private static final Duration SHORT = Duration.ofSeconds(3);

    /** The steps of a file: it is looked at, then sampled. */
    private static final int STEPS = 2;

    private final Ticker ticker;
    private final LongAdder steps = new LongAdder();
    private volatile @Nullable Extent extent;

    private record Extent(long begun, int runs, long files, int looked) {}

    LookProgress(Ticker ticker) {
        this.ticker = ticker;
    }

    void begin(int runs, long files) {
        steps.reset();
        extent = new Extent(ticker.read(), runs, files, 0);
    }

    /** A file was looked at, or sampled. */
    void step() {
        steps.increment();
    }

    /** A run was looked at. */
    void run() {
        Extent now = extent;
        if (now != null) extent = new Extent(now.begun, now.runs, now.files, now.looked + 1);
    }

    void end() {
        extent = null;
    }

    /** Empty while there is no look that takes long. */
    Optional<Looking> looking() {
        Extent now = extent;
        if (now == null) return Optional.empty();
        Duration since = ticker.since(now.begun);
        if (since.compareTo(SHORT) < 0) return Optional.empty();
        long all = STEPS * now.files;
        long done = Math.min(steps.sum(), all);
        return Optional.of(new Looking(
                now.looked,
                now.runs,
                done / STEPS,
                now.files,
                done == 0
                        ? Optional.empty()
                        : Optional.of(since.multipliedBy(all - done).dividedBy(done))));
    }
}
