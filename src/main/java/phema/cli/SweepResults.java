package phema.cli;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toList;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import phema.api.OptimumView;
import phema.api.RecommendedView;
import phema.api.RunView;
import phema.api.SweepView;
import phema.api.TrialView;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.Facet;
import phema.evaluation.Point;
import phema.evaluation.ValuePrinter;
import phema.format.OneLine;
import phema.profile.ProfileFamily;
import phema.profile.SigmaRel;
import phema.search.Repeats;
import phema.sweep.FailureCause;

/** Prints what a sweep found, in words and columns. */
record SweepResults(SweepView sweep, List<TrialView> trials) {
    static final String DONE = "done";

    private static final int MOST_CAUSES = 5;

    /** The printer that writes values as options and names of files do. */
    private static final ValuePrinter PRINTER = new ValuePrinter() {
        @Override
        public String length(double sigmaRel) {
            return SweepResults.length(sigmaRel);
        }

        @Override
        public String time(double time) {
            return String.format(Locale.ROOT, time == Math.rint(time) ? "%.0f" : "%s", time);
        }

        @Override
        public String number(double value) {
            return SweepResults.number(value);
        }

        @Override
        public String guide(Point.Guide guide) {
            return guide.run() + "@" + length(guide.sigmaRel()) + "@" + time(guide.time());
        }
    };

    private record Column(String name, Function<TrialView, String> cell) {}

    /** As they lie on curves: of one guidance and whatever else there is, the shortest EMA length first. */
    SweepResults {
        Comparator<TrialView> order = (a, b) -> 0;
        for (Facet facet : curves(trials)) order = order.thenComparing(TrialView::point, facet.order());
        trials = trials.stream()
                .sorted(order.thenComparing(trial -> trial.point().length()).thenComparing(TrialView::number))
                .toList();
    }

    /** What makes curves: all but EMA length and repeats, in the order of a grid's loops. */
    private static List<Facet> curves(List<TrialView> trials) {
        return Axes.facets(Axes.NESTED, points(trials)).stream()
                .filter(facet -> facet.axis() != Axes.LENGTH && !facet.axis().isRepeat())
                .toList();
    }

    /** The EMA length first, then the others. */
    private List<Facet> facets() {
        List<Facet> facets = new ArrayList<>(Axes.facets(Axes.NESTED, points(trials)));
        facets.sort(Comparator.comparing(facet -> facet.axis() != Axes.LENGTH));
        return facets;
    }

    private static List<Point> points(List<TrialView> trials) {
        return trials.stream().map(TrialView::point).toList();
    }

    List<TrialView> done() {
        return trials.stream().filter(SweepResults::isDone).toList();
    }

    /** Why trials failed, the most frequent cause first, a line each for people; none where none did. */
    List<String> causes() {
        Map<Integer, String> errors = new TreeMap<>();
        failed().forEach(trial -> errors.put(trial.number(), Objects.requireNonNullElse(trial.error(), "")));
        return FailureCause.of(errors).stream()
                .limit(MOST_CAUSES)
                .map(cause -> "%s: %s"
                        .formatted(
                                cause.count() == 1
                                        ? "trial " + cause.trial() + " failed"
                                        : cause.count() + " trials failed, first trial " + cause.trial(),
                                OneLine.of(cause.line())))
                .toList();
    }

    List<TrialView> failed() {
        return trials.stream().filter(t -> t.state().equals("failed")).toList();
    }

    /** Whether the sweep was stopped at its first result, which did not have the metrics that are asked for. */
    boolean lacksMetric() {
        return done().isEmpty()
                && failed().stream()
                        .anyMatch(
                                trial -> FailureCause.isOfUnknownMetric(Objects.requireNonNullElse(trial.error(), "")));
    }

    static boolean isDone(TrialView trial) {
        return trial.state().equals(DONE);
    }

    /** Those of the sweep first where it has several, then by name. */
    Set<String> metrics() {
        Set<String> metrics = new LinkedHashSet<>();
        if (sweep.metrics().size() > 1) sweep.metrics().forEach(metric -> metrics.add(metric.name()));
        Set<String> others = new TreeSet<>();
        trials.forEach(trial -> others.addAll(trial.metrics().keySet()));
        metrics.addAll(others);
        return metrics;
    }

    /**
     * A metric of the best point.
     *
     * @param error its standard error, 0 where it is not known
     */
    record BestValue(double value, double error) {}

    /** Of the best point: the sweep's own metric as it is expected there, another as it was measured nearest to it. */
    Optional<BestValue> best(String metric) {
        OptimumView best = sweep.optimum();
        if (best == null) return Optional.empty();
        if (metric.equals(sweep.metric()))
            return Optional.of(new BestValue(best.value(), Objects.requireNonNullElse(best.standardError(), 0.0)));
        Point place = place(best);
        List<TrialView> measured = done().stream()
                .filter(t -> t.metrics().containsKey(metric))
                .filter(t -> t.point().rest().equals(place.rest()))
                .toList();
        Comparator<TrialView> nearness = Comparator.comparing(
                        (TrialView t) -> Math.abs(t.point().guidance() - place.guidance()))
                .thenComparing(t -> Math.abs(Math.log(t.point().length() / place.length())));
        List<Double> nearest = measured.stream().min(nearness).stream()
                .flatMap(first -> measured.stream().filter(t -> nearness.compare(t, first) == 0))
                .map(t -> t.metrics().getOrDefault(metric, Double.NaN))
                .toList();
        if (nearest.isEmpty()) return Optional.empty();
        Repeats repeated = Repeats.of(nearest);
        return Optional.of(
                new BestValue(repeated.mean(), repeated.standardError().orElse(0)));
    }

    /** Where the best point is; empty where there is none, or no trial is known. */
    Optional<Point> place() {
        return Optional.ofNullable(sweep.optimum())
                .filter(best -> !trials.isEmpty())
                .map(this::place);
    }

    /** The evaluations that the best point rests on, with guidance or without as it is: of all lengths and seeds. */
    List<TrialView> basis() {
        return place().stream()
                .flatMap(best -> done().stream()
                        .filter(t -> t.metrics().containsKey(sweep.metric())
                                && (t.point().guidance() == 1) == (best.guidance() == 1)
                                && t.point().rest().equals(best.rest())))
                .toList();
    }

    /**
     * Whether this sweep evaluated nothing else than an earlier one did: all that the best point of that one rests on
     * is of this one as well, or some of it, where both ask for the same.
     */
    boolean hasEvaluated(SweepResults earlier) {
        Map<Point, Map<String, Double>> known = new HashMap<>();
        done().stream().filter(TrialView::cached).forEach(t -> known.put(t.point(), t.metrics()));
        List<TrialView> basis = earlier.basis();
        long shared = basis.stream()
                .filter(t -> t.metrics().equals(known.get(t.point())))
                .count();
        boolean same = sweep.asked().json().equals(earlier.sweep.asked().json())
                && sweep.mode().equals(earlier.sweep.mode());
        return shared > 0 && (same || shared == basis.size());
    }

    /** How many lengths there are among evaluations. */
    static int lengths(List<TrialView> evaluations) {
        return (int)
                evaluations.stream().map(t -> t.point().length()).distinct().count();
    }

    /** {@code sweep 13bdd84bb713 (nightly) of 5 EMA lengths}. */
    String title() {
        return "sweep " + sweep.id() + (sweep.name() == null ? "" : " (" + sweep.name() + ")") + " of "
                + family().kind().counted(lengths(basis()));
    }

    /** It has no images of its own. */
    Point place(OptimumView best) {
        return best.point(trials.getFirst().point());
    }

    String summary() {
        long before = trials.stream().filter(TrialView::cached).count();
        return "%s: %d trials of %s%s%s"
                .formatted(
                        sweep.run(),
                        trials.size(),
                        sweep.evaluator(),
                        failed().isEmpty() ? "" : ", " + failed().size() + " failed",
                        before == 0 ? "" : ", " + before + " evaluated before");
    }

    private ProfileFamily family() {
        return sweep.asked().family();
    }

    /** {@code sigma_rel 0.105}, {@code decay:cosine:800}. */
    static String average(OptimumView best) {
        return best.sigmaRelLow() == null ? best.profile() : "sigma_rel " + length(best.length());
    }

    /** {@code best: sigma_rel 0.105 (0.092 to 0.121), fid 2.34 +- 0.02}. */
    String optimum() {
        OptimumView best = sweep.optimum();
        if (best == null) return "no trial is done";
        StringBuilder text =
                new StringBuilder(sweep.endedEpochMillis() == null || isCancelled() ? "best so far: " : "best: ");
        text.append(average(best));
        if (best.lengthLow() < best.lengthHigh())
            text.append(" (%s to %s)".formatted(family().print(best.lengthLow()), family().print(best.lengthHigh())));
        for (Facet facet : curves(trials)) {
            String value = facet.text(place(best), PRINTER);
            if (facet.varies(points(trials)) && !value.isEmpty())
                text.append(", ").append(facet.column()).append(' ').append(value);
        }
        text.append(", ").append(best.metric()).append(' ').append(number(best.value()));
        if (best.standardError() != null) text.append(" +- ").append("%.2g".formatted(best.standardError()));
        for (SweepView.MetricView other : sweep.metrics().stream().skip(1).toList())
            best(other.name())
                    .ifPresent(value ->
                            text.append(", ").append(other.name()).append(' ').append(number(value.value())));
        return text.toString();
    }

    private boolean isCancelled() {
        return sweep.state().equals("cancelled");
    }

    /** What to be careful about with the best point, a line each; none for nothing. */
    List<String> cautions() {
        OptimumView best = sweep.optimum();
        if (best == null || best.cautions() == null) return List.of();
        return best.cautions().stream().map(caution -> "caution: " + caution).toList();
    }

    /** What is recommended of the run now, and whatever of this sweep is not, with the reason. */
    List<String> recommended(RunView run) {
        List<String> lines = new ArrayList<>();
        RecommendedView now = run.recommended();
        if (now == null) lines.add("recommended for " + run.name() + ": no length yet");
        else {
            lines.add("recommended for " + run.name() + ": " + shown(now) + ", " + now.why());
            now.cautions().forEach(caution -> lines.add("caution: " + caution));
        }
        for (RecommendedView offered : run.offered())
            if (sweep.id().equals(offered.sweep()))
                lines.add("only offered: " + shown(offered) + ", " + offered.why() + ": " + offered.reason());
        return lines;
    }

    private static String shown(RecommendedView recommended) {
        return recommended.sigmaRel() == null ? recommended.profile() : "sigma_rel " + length(recommended.sigmaRel());
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
        List<Column> columns = new ArrayList<>();
        for (Facet facet : facets())
            if (facet.axis() == Axes.LENGTH || facet.varies(points(trials)))
                columns.add(new Column(facet.column(), t -> facet.text(t.point(), PRINTER)));
        for (String metric : metrics())
            columns.add(new Column(metric, t -> number(t.metrics().get(metric))));
        if (!trials.stream().allMatch(SweepResults::isDone)) columns.add(new Column("state", TrialView::state));
        return columns;
    }

    /** Where a trial is, whatever the others vary. */
    String name(TrialView t) {
        List<String> words = new ArrayList<>();
        for (Facet facet : facets()) {
            String value = facet.text(t.point(), PRINTER);
            if (facet.axis() == Axes.LENGTH && !t.point().family().isPower())
                words.add(t.point().profile());
            else if (facet.axis().isNotable(t.point()) && !value.isEmpty()) words.add(facet.column() + " " + value);
        }
        return String.join(", ", words);
    }

    /** Where a trial is on what its sweep varies. */
    static String place(SweepView sweep, TrialView trial) {
        AxisValues asked = sweep.asked();
        return new SweepResults(sweep, List.of(trial))
                .facets().stream()
                        .filter(facet -> facet.axis() == Axes.LENGTH || asked.count(facet.axis()) > 1)
                        .map(facet -> facet.column() + " " + facet.text(trial.point(), PRINTER))
                        .collect(joining(", "));
    }

    /**
     * Each metric against the length, a curve for each value of the axes beside; no lines where that is no picture.
     */
    List<String> plot() {
        OptimumView best = sweep.optimum();
        List<String> lines = new ArrayList<>();
        for (SweepView.MetricView metric : sweep.metrics()) {
            List<String> plot = TextPlot.lines(
                    curves(metric.name()), best == null ? Double.NaN : best.length(), family(), metric.max());
            if (!plot.isEmpty() && sweep.metrics().size() > 1) {
                if (!lines.isEmpty()) lines.add("");
                lines.add(metric.name());
            }
            lines.addAll(plot);
        }
        return lines;
    }

    /** Of points evaluated with several seeds, the mean. */
    private List<TextPlot.PlottedCurve> curves(String metric) {
        List<Facet> facets = curves(trials).stream()
                .filter(facet -> facet.varies(points(trials)))
                .toList();
        Map<String, List<TrialView>> curves = done().stream()
                .filter(t -> t.metrics().containsKey(metric))
                .collect(groupingBy(t -> curve(t, facets), LinkedHashMap::new, toList()));
        return curves.entrySet().stream()
                .map(curve -> new TextPlot.PlottedCurve(curve.getKey(), plotted(metric, curve.getValue())))
                .toList();
    }

    private List<TextPlot.PlottedPoint> plotted(String metric, List<TrialView> trials) {
        Map<Double, Repeats> means = new TreeMap<>(
                Repeats.by(trials, t -> t.point().length(), t -> t.metrics().getOrDefault(metric, Double.NaN)));
        return means.entrySet().stream()
                .map(e -> new TextPlot.PlottedPoint(e.getKey(), e.getValue().mean()))
                .toList();
    }

    private static String curve(TrialView t, List<Facet> facets) {
        return facets.stream()
                .map(facet -> {
                    String value = facet.text(t.point(), PRINTER);
                    return value.isEmpty() ? "no " + facet.column() : facet.column() + " " + value;
                })
                .collect(joining(", "));
    }

    /** As names of files write it. */
    static String length(double sigmaRel) {
        return SigmaRel.print(sigmaRel);
    }

    static String number(@Nullable Double value) {
        if (value == null) return "";
        return String.format(Locale.ROOT, "%.5g", value)
                .replaceFirst("(\\.\\d*?)0+$", "$1")
                .replaceFirst("\\.$", "");
    }
}
