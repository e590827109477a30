package phema.dashboard;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;
import static java.util.stream.Collectors.toSet;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import phema.evaluation.Axes;
import phema.evaluation.Point;
import phema.profile.ProfileFamily;
import phema.search.Repeats;
import phema.sweep.ForeignMeasurement;
import phema.sweep.Optimum;
import phema.sweep.Sweep;
import phema.sweep.SweepFit;
import phema.sweep.Trial;

/** Makes what the page of a sweep draws, of the trials that are done. */
final class SweepCharts {
    private static final int CURVE_POINTS = 49;
    static final String METRIC_FORMAT = ",.4~r";

    /** The most series that differ in colour, dash and symbol at a glance. */
    private static final int MOST_STYLES = 8;

    private static final int NAMED = 5;

    private final Sweep sweep;
    private final String metric;
    private final List<Trial> done;
    private final List<SweepFit> fits;
    private final ChartSlice slice;
    private final RunClock clock;
    private final ProfileFamily family;

    SweepCharts(Sweep sweep, List<Trial> trials, List<SweepFit> fits, ChartSlice slice, RunClock clock) {
        this(sweep, sweep.spec().metric(), trials, fits, slice, clock);
    }

    /**
     * Draws a metric beside the one that is optimised.
     *
     * @param fits of this metric; none where nobody modelled it
     */
    SweepCharts(Sweep sweep, String metric, List<Trial> trials, List<SweepFit> fits, ChartSlice slice, RunClock clock) {
        this.sweep = sweep;
        this.metric = metric;
        this.done = trials.stream()
                .filter(trial -> trial.metrics().containsKey(metric) && slice.contains(trial.point()))
                .toList();
        this.fits = fits;
        this.slice = slice;
        this.clock = clock;
        family = sweep.spec().axes().family();
    }

    /**
     * Draws a metric against the length.
     *
     * @param measured elsewhere, by what is said of it
     * @param references whether published optima are marked
     */
    Chart metric(String id, Map<String, List<ForeignMeasurement>> measured, boolean references) {
        List<ChartLayer> layers = new ArrayList<>();
        boolean first = metric.equals(sweep.spec().metric());
        Optional<Optimum> optimum = sweep.optimum().filter(o -> first && slice.contains(o.point()));
        optimum.filter(o -> o.low() < o.high()).ifPresent(o -> layers.add(span(o)));
        Map<String, List<Trial>> series = series();
        boolean shaded = isShaded(series.size());
        Set<Integer> named = named(series.size());
        int style = 0;
        ChartLayer best = null;
        for (Map.Entry<String, List<Trial>> one : series.entrySet()) {
            List<Trial> trials = one.getValue();
            Point point = slice.continuous()
                    ? optimum.map(Optimum::point).orElse(trials.getFirst().point())
                    : trials.getFirst().point();
            boolean holdsBest =
                    optimum.filter(o -> by(o.point()).equals(by(point))).isPresent();
            boolean isNamed = named.contains(style) || holdsBest;
            style++;
            List<ChartLayer> both =
                    List.of(curve(one.getKey(), style, point, trials), points(one.getKey(), style, trials));
            for (ChartLayer layer : both) layers.add(shaded ? layer.shaded(number(point), isNamed) : layer);
            if (holdsBest) best = layers.getLast();
        }
        for (Map.Entry<String, List<ForeignMeasurement>> source : measured.entrySet()) {
            List<ChartLayer.ChartPoint> points = source.getValue().stream()
                    .filter(m -> m.metrics().containsKey(metric) && slice.contains(m.point()))
                    .map(m -> ChartLayer.ChartPoint.of(
                            m.point().length(), m.metrics().getOrDefault(metric, Double.NaN), source.getKey()))
                    .toList();
            if (!points.isEmpty())
                layers.add(new ChartLayer(ChartLayer.LayerKind.POINTS, source.getKey(), ++style, points));
        }
        if (optimum.isPresent()) {
            ChartLayer mark = mark(optimum.get(), best == null ? 1 : best.style());
            layers.add(best == null || best.shade() == null ? mark : mark.shaded(best.shade(), true));
        }
        if (references && first && family.isPower()) references(layers);
        Chart chart = new Chart(id, lengths(), ChartAxis.linear(metric, METRIC_FORMAT), layers);
        return shaded ? chart.colouredBy(ChartAxis.linear(slice.by().label(), ".3~r")) : chart;
    }

    /** Whether there are more series than eyes tell apart, and their values are numbers, for a scale of colours. */
    private boolean isShaded(int series) {
        return series > MOST_STYLES
                && slice.by().isNumber()
                && !slice.valuesOf(slice.by()).contains(PagePrinter.NONE);
    }

    /** Which of the series are named where a scale shows the others: the first, the last, and some between. */
    private static Set<Integer> named(int series) {
        return IntStream.range(0, NAMED)
                .mapToObj(i -> Math.round((series - 1) * i / (NAMED - 1f)))
                .collect(toSet());
    }

    /** The value that makes a point's series, where it is a number. */
    private double number(Point point) {
        if (slice.by().axis() == Axes.TIME) return clock.in(point.time());
        return Double.parseDouble(by(point));
    }

    private ChartAxis lengths() {
        return lengths(family);
    }

    static ChartAxis lengths(ProfileFamily family) {
        return ChartAxis.log(family.label(), family.isPower() ? ".3f" : METRIC_FORMAT);
    }

    /** The series of this metric, to be drawn beside those of another one. */
    List<ChartLayer> beside(Chart chart) {
        return metric(chart.id(), Map.of(), false).layers().stream()
                .map(layer -> layer.name().startsWith(metric) ? layer : layer.renamed(layer.name() + ", " + metric))
                .toList();
    }

    /** Trials by the name of their series. */
    private Map<String, List<Trial>> series() {
        boolean one = slice.continuous() || !slice.varies(slice.by());
        List<String> order = slice.valuesOf(slice.by());
        Map<String, List<Trial>> byValue = done.stream()
                .collect(groupingBy(
                        trial -> one ? "" : by(trial.point()),
                        () -> new TreeMap<>(Comparator.comparingInt(order::indexOf)),
                        toList()));
        Map<String, List<Trial>> named = new LinkedHashMap<>();
        byValue.forEach((value, trials) -> named.put(one ? metric : name(value), trials));
        return named;
    }

    private String name(String value) {
        return slice.by().shownAs() + " " + slice.shown(slice.by(), value, clock);
    }

    private String by(Point point) {
        return ChartSlice.plain(slice.by(), point);
    }

    /** What a model says of the metric or, of few EMA lengths, the mean values in a row. */
    private ChartLayer curve(String name, int style, Point point, List<Trial> trials) {
        Optional<SweepFit> fit = fits.stream().filter(f -> f.covers(point)).findFirst();
        String suffix = slice.continuous() ? ", fitted at guidance " + Show.number(point.guidance()) : ", fitted";
        return fit.map(f -> new ChartLayer(
                        ChartLayer.LayerKind.LINE,
                        name + suffix,
                        style,
                        f.curve(point.guidance(), CURVE_POINTS).stream()
                                .map(p -> ChartLayer.ChartPoint.between(
                                        p.length(),
                                        p.value(),
                                        p.values().low(),
                                        p.values().high()))
                                .toList()))
                .orElseGet(() -> new ChartLayer(
                        ChartLayer.LayerKind.LINE,
                        name + ", mean",
                        style,
                        means(trials).entrySet().stream()
                                .map(e -> repeated(e.getKey(), e.getValue()))
                                .toList()));
    }

    private ChartLayer points(String name, int style, List<Trial> trials) {
        if (slice.continuous())
            return new ChartLayer(
                    ChartLayer.LayerKind.POINTS,
                    name,
                    style,
                    trials.stream()
                            .map(trial -> ChartLayer.ChartPoint.of(
                                    trial.point().length(),
                                    value(trial),
                                    "guidance " + Show.number(trial.point().guidance())))
                            .toList());
        return new ChartLayer(
                ChartLayer.LayerKind.POINTS,
                name,
                style,
                means(trials).entrySet().stream()
                        .map(e -> repeated(e.getKey(), e.getValue()))
                        .toList());
    }

    private static ChartLayer.ChartPoint repeated(double length, Repeats values) {
        return values.count() == 1
                ? ChartLayer.ChartPoint.of(length, values.mean())
                : new ChartLayer.ChartPoint(
                        length, values.mean(), values.min(), values.max(), null, "mean of " + values.count());
    }

    private Map<Double, Repeats> means(List<Trial> trials) {
        return new TreeMap<>(Repeats.by(trials, trial -> trial.point().length(), this::value));
    }

    private double value(Trial trial) {
        return trial.metrics().getOrDefault(metric, Double.NaN);
    }

    private static ChartLayer span(Optimum optimum) {
        return new ChartLayer(
                ChartLayer.LayerKind.SPAN,
                optimum.isModelled() ? "optimum, 90 %" : "neighbours of the least",
                6,
                List.of(
                        ChartLayer.ChartPoint.of(optimum.low(), optimum.metric(), "least"),
                        ChartLayer.ChartPoint.of(optimum.high(), optimum.metric(), "greatest")));
    }

    private static ChartLayer mark(Optimum optimum, int style) {
        double reach = 1.645 * optimum.standardError().orElse(0.0);
        return new ChartLayer(
                ChartLayer.LayerKind.MARKER,
                "optimum",
                style,
                List.of(
                        reach > 0
                                ? ChartLayer.ChartPoint.between(
                                        optimum.point().length(),
                                        optimum.metric(),
                                        optimum.metric() - reach,
                                        optimum.metric() + reach)
                                : ChartLayer.ChartPoint.of(optimum.point().length(), optimum.metric())));
    }

    /** Within the range that is drawn anyway. */
    private void references(List<ChartLayer> layers) {
        DoubleSummaryStatistics range =
                done.stream().mapToDouble(trial -> trial.point().length()).summaryStatistics();
        List<ChartLayer.ChartPoint> points = PublishedOptimum.of(metric).stream()
                .filter(o -> o.sigmaRel() >= range.getMin() && o.sigmaRel() <= range.getMax())
                .sorted(Comparator.comparingDouble(PublishedOptimum::sigmaRel))
                .map(o -> ChartLayer.ChartPoint.of(o.sigmaRel(), o.value(), o.description()))
                .toList();
        if (!points.isEmpty()) layers.add(new ChartLayer(ChartLayer.LayerKind.REFERENCES, "published", 6, points));
    }

    /** The mean metric by EMA length and whatever makes the series. */
    Chart heat(String id) {
        ChartAxis colour = ChartAxis.linear(metric, METRIC_FORMAT);
        if (slice.continuous())
            return new Chart(
                            id,
                            lengths(),
                            ChartAxis.linear(slice.by().label(), ".3~r"),
                            List.of(heat(point -> point.length(), point -> point.guidance())))
                    .colouredBy(colour);
        List<String> lengths = done.stream()
                .map(trial -> trial.point().length())
                .distinct()
                .sorted()
                .map(family::print)
                .toList();
        List<String> values = slice.valuesOf(slice.by()).reversed();
        return new Chart(
                        id,
                        ChartAxis.of(family.label(), lengths),
                        ChartAxis.of(
                                slice.by().label(),
                                values.stream()
                                        .map(value -> slice.shown(slice.by(), value, clock))
                                        .toList()),
                        List.of(heat(point -> (double) lengths.indexOf(family.print(point.length())), point ->
                                (double) values.indexOf(by(point)))))
                .colouredBy(colour);
    }

    private ChartLayer heat(Function<Point, Double> x, Function<Point, Double> y) {
        Map<List<Double>, Repeats> cells =
                Repeats.by(done, trial -> List.of(x.apply(trial.point()), y.apply(trial.point())), this::value);
        return new ChartLayer(
                ChartLayer.LayerKind.HEAT,
                metric,
                1,
                cells.entrySet().stream()
                        .map(e -> new ChartLayer.ChartPoint(
                                e.getKey().getFirst(),
                                e.getKey().getLast(),
                                null,
                                null,
                                e.getValue().mean(),
                                null))
                        .toList());
    }
}
