package phema.cli;

import static java.util.Comparator.comparing;
import static java.util.stream.Collectors.averagingDouble;
import static java.util.stream.Collectors.groupingBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.api.OptimumView;
import phema.api.SweepView;
import phema.api.TrialView;
import phema.evaluation.Point;
import phema.profile.SigmaRel;

/** What a sweep found, in words and columns. */
record SweepResults(SweepView sweep, List<TrialView> trials) {
    private static final String DONE = "done";

    /** A column, left out where it says the same of all trials and {@code always} is false. */
    private record Column(String name, boolean always, Function<TrialView, String> cell) {}

    /** As they lie on curves: of one guidance and whatever else there is, the shortest EMA length first. */
    SweepResults {
        trials = trials.stream()
                .sorted(comparing((TrialView trial) -> guide(trial))
                        .thenComparing(TrialView::time)
                        .thenComparing(TrialView::guidance)
                        .thenComparing(TrialView::sigmaRel)
                        .thenComparing(TrialView::number))
                .toList();
    }

    List<TrialView> done() {
        return trials.stream().filter(SweepResults::isDone).toList();
    }

    List<TrialView> failed() {
        return trials.stream().filter(t -> t.state().equals("failed")).toList();
    }

    static boolean isDone(TrialView trial) {
        return trial.state().equals(DONE);
    }

    Set<String> metrics() {
        Set<String> metrics = new TreeSet<>();
        trials.forEach(trial -> metrics.addAll(trial.metrics().keySet()));
        return metrics;
    }

    /** Of the best point: the sweep's own metric as it is expected there, another as it was measured nearest to it. */
    OptionalDouble best(String metric) {
        OptimumView best = sweep.optimum();
        if (best == null) return OptionalDouble.empty();
        if (metric.equals(sweep.metric())) return OptionalDouble.of(best.value());
        List<TrialView> measured = done().stream()
                .filter(t -> t.metrics().containsKey(metric))
                .filter(t -> t.time() == best.time() && guide(t).equals(words(best.guide())))
                .toList();
        Comparator<TrialView> nearness = comparing((TrialView t) -> Math.abs(t.guidance() - best.guidance()))
                .thenComparing(t -> Math.abs(Math.log(t.sigmaRel() / best.sigmaRel())));
        return measured.stream().min(nearness).stream()
                .flatMap(nearest -> measured.stream().filter(t -> nearness.compare(t, nearest) == 0))
                .mapToDouble(t -> t.metrics().getOrDefault(metric, Double.NaN))
                .average();
    }

    String summary() {
        long before = trials.stream().filter(TrialView::cached).count();
        return "%s: %d trials of %s%s"
                .formatted(
                        sweep.run(),
                        trials.size(),
                        sweep.evaluator(),
                        before == 0 ? "" : ", " + before + " evaluated before");
    }

    /** {@code best: sigma_rel 0.105 (0.092 to 0.121), fid 2.34 +- 0.02}. */
    String optimum() {
        OptimumView best = sweep.optimum();
        if (best == null) return "no trial is done";
        StringBuilder text = new StringBuilder("best: sigma_rel " + length(best.sigmaRel()));
        if (best.sigmaRelLow() < best.sigmaRelHigh())
            text.append(" (%s to %s)".formatted(length(best.sigmaRelLow()), length(best.sigmaRelHigh())));
        if (isVaried(TrialView::time)) text.append(", time ").append(time(best.time()));
        if (isVaried(SweepResults::guide) && best.guide() != null)
            text.append(", guide ").append(words(best.guide()));
        if (isVaried(TrialView::guidance)) text.append(", guidance ").append(number(best.guidance()));
        text.append(", ").append(best.metric()).append(' ').append(number(best.value()));
        if (best.standardError() != null) text.append(" +- ").append("%.2g".formatted(best.standardError()));
        return text.toString();
    }

    /** What to be careful about; empty for nothing. */
    String caution() {
        OptimumView best = sweep.optimum();
        if (best == null) return "";
        double shortest = Collections.min(sweep.sigmaRel());
        double longest = Collections.max(sweep.sigmaRel());
        if (shortest == longest) return "";
        if (best.sigmaRel() <= shortest)
            return "note: that is the shortest length asked for; shorter ones may be better";
        if (best.sigmaRel() >= longest) return "note: that is the longest length asked for; longer ones may be better";
        return "";
    }

    List<String> header() {
        return columns().stream().map(Column::name).toList();
    }

    List<List<String>> rows() {
        List<Column> columns = columns();
        return trials.stream()
                .map(trial -> columns.stream().map(c -> c.cell().apply(trial)).toList())
                .toList();
    }

    private List<Column> columns() {
        List<Column> columns = new ArrayList<>(Stream.of(
                        new Column("sigma_rel", true, t -> length(t.sigmaRel())),
                        new Column("time", false, t -> time(t.time())),
                        new Column("guide", false, SweepResults::guide),
                        new Column("guidance", false, t -> number(t.guidance())),
                        new Column("seeds", false, TrialView::seeds))
                .filter(c -> c.always() || isVaried(c.cell()))
                .toList());
        for (String metric : metrics())
            columns.add(new Column(metric, true, t -> number(t.metrics().get(metric))));
        if (!trials.stream().allMatch(SweepResults::isDone)) columns.add(new Column("state", true, TrialView::state));
        return columns;
    }

    private boolean isVaried(Function<TrialView, ?> value) {
        return trials.stream().map(value).distinct().count() > 1;
    }

    /** Where a trial is, whatever the others vary. */
    String name(TrialView t) {
        List<String> words = new ArrayList<>(List.of("sigma_rel " + length(t.sigmaRel()), "time " + time(t.time())));
        if (t.guide() != null) words.add("guide " + guide(t));
        if (t.guide() != null || t.guidance() != 1) words.add("guidance " + number(t.guidance()));
        words.add("seeds " + t.seeds());
        return String.join(", ", words);
    }

    /** The metric against the EMA length, a curve for each value of the axes beside; no lines where that is no picture. */
    List<String> plot() {
        OptimumView best = sweep.optimum();
        return TextPlot.lines(curves(), best == null ? Double.NaN : best.sigmaRel());
    }

    /** Of points evaluated with several seeds, the mean. */
    private List<TextPlot.PlottedCurve> curves() {
        Map<String, Map<Double, Double>> curves = done().stream()
                .filter(t -> t.metrics().containsKey(sweep.metric()))
                .collect(groupingBy(
                        this::curve,
                        LinkedHashMap::new,
                        groupingBy(
                                TrialView::sigmaRel,
                                TreeMap::new,
                                averagingDouble(t -> t.metrics().getOrDefault(sweep.metric(), Double.NaN)))));
        return curves.entrySet().stream()
                .map(curve -> new TextPlot.PlottedCurve(
                        curve.getKey(),
                        curve.getValue().entrySet().stream()
                                .map(point -> new TextPlot.PlottedPoint(point.getKey(), point.getValue()))
                                .toList()))
                .toList();
    }

    private String curve(TrialView t) {
        List<String> words = new ArrayList<>();
        if (isVaried(TrialView::time)) words.add("time " + time(t.time()));
        if (isVaried(SweepResults::guide)) words.add(t.guide() == null ? "no guide" : "guide " + guide(t));
        if (isVaried(TrialView::guidance)) words.add("guidance " + number(t.guidance()));
        return String.join(", ", words);
    }

    private static String guide(TrialView trial) {
        return words(trial.guide());
    }

    private static String words(Point.@Nullable Guide guide) {
        return guide == null ? "" : guide.run() + "@" + length(guide.sigmaRel()) + "@" + time(guide.time());
    }

    /** As names of files write it. */
    static String length(double sigmaRel) {
        return SigmaRel.print(sigmaRel);
    }

    private static String time(double time) {
        return String.format(Locale.ROOT, time == Math.rint(time) ? "%.0f" : "%s", time);
    }

    static String number(@Nullable Double value) {
        if (value == null) return "";
        return String.format(Locale.ROOT, "%.5g", value)
                .replaceFirst("(\\.\\d*?)0+$", "$1")
                .replaceFirst("\\.$", "");
    }
}
