package phema.cli;

import static java.util.stream.Collectors.joining;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import phema.api.LeftAloneView;
import phema.api.OptimumView;
import phema.api.SweepView;
import phema.api.TrialView;
import phema.evaluation.RemoteEvaluator;
import phema.format.OneLine;
import phema.sweep.FailureCause;
import phema.time.Ticker;

/**
 * Shows how far a sweep is: values as they come, how quickly, and how long the rest takes. On a terminal the last line
 * is redrawn; elsewhere there is one for each tenth of a grid, and of a search, whose number of trials nobody knows,
 * one for whatever has ended.
 */
final class SweepDisplay implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofSeconds(5);

    /** The most trials of a sweep all of whose values are shown; of others, those that are the best so far. */
    static final int MOST_VALUES = 100;

    private static final int MOST_FAILURES = 3;

    private final PrintWriter out;
    private final boolean terminal =
            System.console() != null && System.console().isTerminal();
    private final Ticker ticker;
    private long went;
    private final boolean grid;
    private final Set<Integer> shown = new HashSet<>();
    private boolean warned;
    private String stuck = "";
    private String line = "";
    private int ended;
    private int failures;
    private double best = Double.NaN;

    SweepDisplay(PrintWriter out, SweepView sweep, Ticker ticker) {
        this.out = out;
        this.ticker = ticker;
        went = ticker.read();
        grid = sweep.mode().equals("grid");
    }

    /** Whether trials have ended that it has not been shown. */
    boolean wants(SweepView sweep) {
        return ended(sweep.trials()) > ended;
    }

    /** @param changed trials, among them those that have ended since the last time */
    void show(SweepView sweep, List<TrialView> changed) {
        String why = Boolean.TRUE.equals(sweep.stuck()) ? stuck(sweep) : "";
        if (!why.equals(stuck)) {
            if (!why.isEmpty()) print(why);
            stuck = why;
        }
        changed.forEach(trial -> value(sweep, trial));
        int before = ended;
        ended = Math.max(ended, ended(sweep.trials()));
        if (ended > before || sweep.trials().getOrDefault("running", 0) > 0) went = ticker.read();
        String waits = warned || !why.isEmpty() ? "" : waits(sweep);
        if (!waits.isEmpty()) print(waits);
        warned |= !waits.isEmpty();
        if (terminal) redraw(progress(sweep));
        else if (ended > before && (!grid || tenths(sweep, ended) > tenths(sweep, before)))
            out.println(progress(sweep));
    }

    /** What for; empty while it goes on. Workers look first whether clients have evaluated the same before. */
    private String waits(SweepView sweep) {
        boolean remote = RemoteEvaluator.parse(sweep.evaluator()).isPresent();
        if (ticker.since(went).compareTo(remote ? LOOK : PATIENCE) <= 0
                || sweep.trials().getOrDefault("queued", 0) == 0) return "";
        if (remote)
            return "sweep " + sweep.id() + " waits for clients that ask a service for trials of " + sweep.evaluator();
        return sweep.state().equals("queued")
                ? "no trial was started yet: no worker is running, or all have other work"
                : "";
    }

    private void value(SweepView sweep, TrialView trial) {
        boolean failed = trial.state().equals("failed");
        if (!failed && !SweepResults.isDone(trial) || !shown.add(trial.number())) return;
        String where = "trial " + trial.number() + ", " + SweepResults.place(sweep, trial);
        if (failed) {
            if (++failures <= MOST_FAILURES)
                print(where + ": failed: "
                        + OneLine.of(FailureCause.line(Objects.requireNonNullElse(trial.error(), ""))));
            return;
        }
        Double value = trial.metrics().get(sweep.metric());
        if (value == null) return;
        boolean better = Double.isNaN(best) || (sweep.metrics().getFirst().max() ? value > best : value < best);
        if (better) best = value;
        if (better || all(sweep) <= MOST_VALUES)
            print(where + ": " + sweep.metric() + " " + SweepResults.number(value)
                    + (better && shown.size() > 1 ? ", the best value so far" : ""));
    }

    /** {@code 30% of 40 trials, 1 failed, 3.1 a minute, 9 min left, best so far sigma_rel 0.100, fid 2.31}. */
    private String progress(SweepView sweep) {
        StringBuilder text = new StringBuilder();
        if (grid)
            text.append(Math.round(100.0 * ended / Math.max(1, all(sweep))))
                    .append("% of ")
                    .append(all(sweep));
        else text.append(ended);
        text.append(" trials");
        int failed = sweep.trials().getOrDefault("failed", 0);
        if (failed > 0) text.append(", ").append(failed).append(" failed");
        if (sweep.trialsPerMinute() != null) text.append(", ").append(rate(sweep.trialsPerMinute()));
        if (sweep.secondsLeft() != null)
            text.append(", ").append(time(sweep.secondsLeft())).append(" left");
        return text + found(sweep.optimum());
    }

    private static String rate(double perMinute) {
        return perMinute >= 1
                ? String.format(Locale.ROOT, "%.3g a minute", perMinute)
                : String.format(Locale.ROOT, "%.3g an hour", 60 * perMinute);
    }

    private static String time(long seconds) {
        if (seconds < 60) return seconds + " s";
        return seconds < 3600 ? seconds / 60 + " min" : seconds / 3600 + " h " + seconds % 3600 / 60 + " min";
    }

    private static long tenths(SweepView sweep, int ended) {
        return 10L * ended / Math.max(1, all(sweep));
    }

    private static int all(SweepView sweep) {
        return sweep.trials().values().stream().mapToInt(n -> n).sum();
    }

    private void print(String text) {
        redraw("");
        out.println(text);
        out.flush();
    }

    /** The last line, without a break: what comes next takes its place. */
    private void redraw(String text) {
        if (!terminal || text.equals(line)) return;
        out.print("\r" + text + " ".repeat(Math.max(0, line.length() - text.length())) + (text.isEmpty() ? "\r" : ""));
        out.flush();
        line = text;
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
        redraw("");
    }
}
