package phema.cli;

import static java.util.stream.Collectors.joining;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import phema.api.LeftAloneView;
import phema.api.OptimumView;
import phema.api.SweepView;
import phema.format.OneLine;
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
    private String stuck = "";
    private int ended;

    SweepDisplay(PrintWriter out, SweepView sweep, Ticker ticker) {
        this.out = out;
        this.ticker = ticker;
        begun = ticker.read();
        int trials = sweep.trials().values().stream().mapToInt(n -> n).sum();
        progress = sweep.mode().equals("grid") ? new Progress(out, trials, n -> n + " trials") : null;
    }

    void show(SweepView sweep) {
        String why = Boolean.TRUE.equals(sweep.stuck()) ? stuck(sweep) : "";
        if (!why.equals(stuck)) {
            if (!why.isEmpty()) out.println(why);
            stuck = why;
        }
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

    /** Why nobody takes what waits; empty where no worker lives, which may just not have said so yet. */
    private static String stuck(SweepView sweep) {
        List<LeftAloneView> others = Objects.requireNonNullElse(sweep.leftAlone(), List.of());
        if (others.isEmpty()) return "";
        return others.stream()
                .map(other -> "\n  worker " + other.worker() + ": " + OneLine.of(other.reason()))
                .collect(joining("", "no worker takes the trials of sweep " + sweep.id() + " that wait:", ""));
    }

    private static int ended(Map<String, Integer> trials) {
        return trials.getOrDefault("done", 0) + trials.getOrDefault("failed", 0);
    }

    private static String found(@Nullable OptimumView best) {
        if (best == null) return "";
        return ", best so far " + SweepResults.average(best) + ", " + best.metric() + " "
                + SweepResults.number(best.value());
    }

    @Override
    public void close() {
        if (progress != null) progress.close();
    }
}
