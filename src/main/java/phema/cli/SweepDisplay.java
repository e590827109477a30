package phema.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import phema.api.OptimumView;
import phema.api.SweepView;
import phema.time.Ticker;

/**
 * Shows how far a sweep is: of a grid the share of its trials, of a search, whose number of trials nobody knows, what
 * it has found.
 */
final class SweepDisplay implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final PrintWriter out;
    private final @Nullable Progress progress;
    private final Ticker ticker;
    private final long begun;
    private boolean warned;
    private int ended;

    SweepDisplay(PrintWriter out, SweepView sweep, Ticker ticker) {
        this.out = out;
        this.ticker = ticker;
        begun = ticker.read();
        int trials = sweep.trials().values().stream().mapToInt(n -> n).sum();
        progress = sweep.mode().equals("grid") ? new Progress(out, trials, n -> n + " trials") : null;
    }

    void show(SweepView sweep) {
        if (!warned && sweep.state().equals("queued") && ticker.since(begun).compareTo(PATIENCE) > 0) {
            out.println("no trial was started yet: no worker is running, or all have other work");
            warned = true;
        }
        int now = ended(sweep.trials());
        if (now <= ended) return;
        if (progress != null) progress.accept(now - ended);
        else out.println(now + " trials" + found(sweep.optimum()));
        ended = now;
    }

    private static int ended(Map<String, Integer> trials) {
        int waiting = trials.getOrDefault("queued", 0) + trials.getOrDefault("running", 0);
        return trials.values().stream().mapToInt(n -> n).sum() - waiting;
    }

    private static String found(@Nullable OptimumView best) {
        if (best == null) return "";
        return ", best so far sigma_rel " + SweepResults.length(best.sigmaRel()) + ", " + best.metric() + " "
                + SweepResults.number(best.value());
    }

    @Override
    public void close() {
        if (progress != null) progress.close();
    }
}
