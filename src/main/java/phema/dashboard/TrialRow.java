package phema.dashboard;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import phema.evaluation.Facet;
import phema.evaluation.Point;
import phema.fleet.WorkState;
import phema.sweep.FailureCause;
import phema.sweep.Trial;
import phema.sweep.TrialWeights;
import phema.text.Labels;

/**
 * Describes a trial.
 *
 * @param values where it is, of the facets that are shown
 * @param measured values of the metrics that are shown in a row; empty while it has none
 * @param metrics all of them, by name
 * @param state in a word
 * @param remark what the state does not say
 * @param started as machines write it, while it runs
 * @param duration of those that ended
 * @param reason the line of the error that matters, of those that failed
 */
record TrialRow(
        String sweep,
        int number,
        List<TrialValue> values,
        List<String> measured,
        List<MetricCell> metrics,
        String state,
        String remark,
        String host,
        String worker,
        @Nullable String started,
        String duration,
        String reason,
        @Nullable String error) {
    private static final int MOST_LETTERS = 160;

    /**
     * Says where the trial is, as far as one facet tells.
     *
     * @param number whether it stands in line with others as numbers do
     */
    record TrialValue(String column, String label, String text, boolean number) {}

    /** @param value to the seven digits of single precision, which narrow pages have room for */
    record MetricCell(String name, String value) {}

    static TrialRow of(Trial trial, List<Facet> shown, List<String> wanted, RunClock clock) {
        Point point = trial.point();
        Map<String, Double> metrics = new TreeMap<>(trial.metrics());
        boolean running = trial.state() == WorkState.RUNNING;
        return new TrialRow(
                trial.sweep(),
                trial.number(),
                shown.stream().map(facet -> value(facet, point, clock)).toList(),
                wanted.stream()
                        .map(metric -> metrics.containsKey(metric)
                                ? Show.number(metrics.getOrDefault(metric, Double.NaN))
                                : "")
                        .toList(),
                metrics.entrySet().stream()
                        .map(e -> new MetricCell(
                                e.getKey(), String.valueOf(e.getValue().floatValue())))
                        .toList(),
                Labels.of(trial.state()),
                remark(trial),
                trial.worker().map(TrialRow::host).orElse(""),
                trial.worker().orElse(""),
                running ? trial.started().map(Instant::toString).orElse(null) : null,
                took(trial).map(Show::duration).orElse(""),
                trial.state() == WorkState.FAILED
                        ? trial.error().map(TrialRow::reason).orElse("")
                        : "",
                trial.error().orElse(null));
    }

    private static TrialValue value(Facet facet, Point point, RunClock clock) {
        String text = facet.text(point, new PagePrinter(clock));
        return new TrialValue(
                facet.column(), facet.label(), text.isEmpty() ? PagePrinter.NONE : text, facet.isNumber());
    }

    private static String remark(Trial trial) {
        if (trial.weights().flatMap(TrialWeights::caution).isPresent()) return "after files were deleted";
        if (trial.cached()) return "evaluated before";
        return trial.attempts() > 1 ? "attempt " + trial.attempts() : "";
    }

    /** How long it was evaluated; empty while it was not, or runs. */
    static Optional<Duration> took(Trial trial) {
        if (trial.state() == WorkState.RUNNING || trial.cached()) return Optional.empty();
        return trial.started().flatMap(from -> trial.ended().map(to -> Duration.between(from, to)));
    }

    private static String reason(String error) {
        String line = FailureCause.line(error);
        return line.length() > MOST_LETTERS ? line.substring(0, MOST_LETTERS) + "…" : line;
    }

    /** Returns the host of a worker's name, {@code host:pid:id}. */
    static String host(String worker) {
        int colon = worker.indexOf(':');
        return colon < 0 ? worker : worker.substring(0, colon);
    }
}
