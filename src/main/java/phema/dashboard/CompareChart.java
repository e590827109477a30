package phema.dashboard;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import phema.evaluation.MetricGoal.MetricDirection;
import phema.profile.ProfileFamily;
import phema.search.Repeats;
import phema.sweep.Optimum;
import phema.sweep.SweepSpec;

/**
 * Draws one metric of several sweeps.
 *
 * @param all that can be compared, at least one
 */
record CompareChart(String metric, MetricDirection direction, ComparePanel.Against against, List<Compared> all) {
    private static final int CURVE_POINTS = 49;

    Chart draw() {
        List<ChartLayer> layers = new ArrayList<>();
        for (Compared each : all) layers.addAll(layers(each, 1 + all.indexOf(each)));
        String title = metric
                + switch (against) {
                    case LENGTH -> " by " + family().kind().noun();
                    case GUIDANCE -> ", best by guidance";
                    case TIME -> ", best by training time";
                };
        return new Chart("compare", x(), ChartAxis.linear(metric, SweepCharts.METRIC_FORMAT), layers)
                .from(ChartSource.of(lines(), runs(), title).entitled(title));
    }

    private String runs() {
        return String.join("-", all.stream().map(Compared::run).distinct().toList());
    }

    private ProfileFamily family() {
        return all.getFirst().values().getFirst().point().family();
    }

    private ChartAxis x() {
        return switch (against) {
            case LENGTH -> SweepCharts.lengths(family());
            case GUIDANCE -> ChartAxis.linear("Guidance", ".3~r");
            case TIME -> clock().axis();
        };
    }

    /** Of the longest run. */
    private RunClock clock() {
        return all.stream()
                .map(Compared::clock)
                .max(Comparator.comparingDouble(RunClock::perUnit))
                .orElseThrow();
    }

    private List<ChartLayer> layers(Compared each, int style) {
        Map<Double, Compared.Mean> means = switch (against) {
            case LENGTH -> each.atBest(metric, direction);
            case GUIDANCE -> each.best(metric, direction, point -> point.guidance());
            case TIME -> each.best(metric, direction, point -> clock().in(point.time()));
        };
        List<ChartLayer.ChartPoint> points = means.entrySet().stream()
                .map(e -> point(e.getKey(), e.getValue().repeats()))
                .toList();
        ChartLayer dots = new ChartLayer(ChartLayer.LayerKind.POINTS, each.name(), style, points);
        Optional<List<ChartLayer.ChartPoint>> curve = curve(each);
        if (curve.isPresent())
            return List.of(
                    new ChartLayer(ChartLayer.LayerKind.LINE, each.name() + ", fitted", style, curve.get()), dots);
        // What a search tried beside each other differs in more than what is drawn.
        if (each.searches()) return List.of(dots);
        return List.of(new ChartLayer(ChartLayer.LayerKind.LINE, each.name() + ", mean", style, points), dots);
    }

    /** What a model says of the metric by length, at the guidance of the best point. */
    private Optional<List<ChartLayer.ChartPoint>> curve(Compared each) {
        if (against != ComparePanel.Against.LENGTH) return Optional.empty();
        return each.optimum(metric)
                .map(Optimum::point)
                .flatMap(best -> each.fit(metric, best).map(fit -> fit.curve(best.guidance(), CURVE_POINTS)))
                .map(curve -> curve.stream()
                        .map(p -> ChartLayer.ChartPoint.between(
                                p.length(),
                                p.value(),
                                p.values().low(),
                                p.values().high()))
                        .toList());
    }

    private static ChartLayer.ChartPoint point(double x, Repeats repeats) {
        return repeats.count() == 1
                ? ChartLayer.ChartPoint.of(x, repeats.mean())
                : new ChartLayer.ChartPoint(
                        x, repeats.mean(), repeats.min(), repeats.max(), null, "mean of " + repeats.count());
    }

    private List<CopyLine> lines() {
        Map<String, SweepSpec> sweeps = new LinkedHashMap<>();
        for (Compared each : all)
            each.id().ifPresent(id -> sweeps.put(id, each.spec().orElseThrow()));
        Stream<List<CopyLine>> ofSweeps = sweeps.size() == 1
                ? sweeps.entrySet().stream().map(each -> SweepLines.of(each.getKey(), each.getValue()))
                : Stream.of(sweeps).filter(several -> !several.isEmpty()).map(SweepLines::of);
        Stream<List<CopyLine>> ofMeasurements = all.stream()
                .filter(each -> each.id().isEmpty())
                .map(Compared::run)
                .distinct()
                .map(run -> CopyLine.csv("/api/v1/runs/" + CopyLine.segment(run) + "/measurements.csv"));
        return Stream.concat(ofSweeps, ofMeasurements).flatMap(List::stream).toList();
    }
}
