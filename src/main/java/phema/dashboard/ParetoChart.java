package phema.dashboard;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import phema.evaluation.Axes;
import phema.evaluation.Facet;
import phema.evaluation.MetricGoal;
import phema.evaluation.MetricGoal.MetricDirection;
import phema.evaluation.Point;
import phema.evaluation.Seeds;
import phema.search.Repeats;
import phema.sweep.Trial;

/** Draws two metrics of a sweep against each other: which points no other one beats in both, and the others. */
final class ParetoChart {
    private static final Seeds ANY = new Seeds(0, 0);

    private final MetricGoal first;
    private final MetricGoal second;
    private final PagePrinter printer;
    private final List<Facet> told;

    private ParetoChart(MetricGoal first, MetricGoal second, List<Point> points, RunClock clock) {
        this.first = first;
        this.second = second;
        printer = new PagePrinter(clock);
        told = Axes.curves(points).stream()
                .filter(facet -> facet.varies(points))
                .toList();
    }

    /** The mean values of a point over its seeds. */
    private record Measured(Point point, double x, double y) {}

    /** Draws all trials that have both metrics, means over their seeds. */
    static Chart of(String id, MetricGoal first, MetricGoal second, List<Trial> trials, RunClock clock) {
        List<Trial> done = trials.stream()
                .filter(trial -> trial.metrics().keySet().containsAll(List.of(first.name(), second.name())))
                .toList();
        return new ParetoChart(first, second, done.stream().map(Trial::point).toList(), clock).draw(id, done);
    }

    private Chart draw(String id, List<Trial> done) {
        Map<Point, Repeats> ys = means(done, second);
        List<Measured> all = means(done, first).entrySet().stream()
                .map(e -> new Measured(
                        e.getKey(),
                        e.getValue().mean(),
                        ys.getOrDefault(e.getKey(), e.getValue()).mean()))
                .sorted(Comparator.comparingDouble(Measured::x))
                .toList();
        List<Measured> front = front(all);
        ChartLayer.LayerKind steps = first.direction() == MetricDirection.MIN
                ? ChartLayer.LayerKind.STEPS_AFTER
                : ChartLayer.LayerKind.STEPS_BEFORE;
        List<Measured> beaten =
                all.stream().filter(each -> !front.contains(each)).toList();
        return new Chart(
                id,
                ChartAxis.linear(label(first), SweepCharts.METRIC_FORMAT),
                ChartAxis.linear(label(second), SweepCharts.METRIC_FORMAT),
                List.of(
                        new ChartLayer(ChartLayer.LayerKind.POINTS, "beaten in both", 6, points(beaten)).asFaint(),
                        new ChartLayer(steps, "beaten by none", 1, points(front))));
    }

    /** The same for all points that differ in nothing but seeds. */
    static Point seedless(Point point) {
        return point.with(Axes.SEEDS, ANY);
    }

    private static Map<Point, Repeats> means(List<Trial> done, MetricGoal goal) {
        return Repeats.by(
                done, trial -> seedless(trial.point()), trial -> trial.metrics().getOrDefault(goal.name(), Double.NaN));
    }

    /** Those for which no other is as good in both and better in one, by the first metric. */
    private List<Measured> front(List<Measured> all) {
        List<Measured> best = new ArrayList<>(all);
        best.sort(
                Comparator.comparingDouble((Measured each) -> first.direction().cost(each.x))
                        .thenComparingDouble(each -> second.direction().cost(each.y)));
        List<Measured> front = new ArrayList<>();
        double least = Double.POSITIVE_INFINITY;
        double at = Double.NaN;
        for (Measured each : best) {
            double cost = second.direction().cost(each.y);
            boolean equal = !front.isEmpty() && cost == least && each.x == at;
            if (cost >= least && !equal) continue;
            least = cost;
            at = each.x;
            front.add(each);
        }
        front.sort(Comparator.comparingDouble(Measured::x));
        return front;
    }

    private List<ChartLayer.ChartPoint> points(List<Measured> measured) {
        return measured.stream()
                .map(each -> ChartLayer.ChartPoint.of(each.x, each.y, note(each.point)))
                .toList();
    }

    private String note(Point point) {
        String rest = told.stream()
                .map(facet -> facet.shownAs() + " " + facet.text(point, printer))
                .collect(Collectors.joining(", "));
        return point.family().kind().noun() + " " + point.family().print(point.length())
                + (rest.isEmpty() ? "" : ", " + rest);
    }

    private static String label(MetricGoal goal) {
        return goal.name() + (goal.direction() == MetricDirection.MIN ? " (less is better)" : " (more is better)");
    }
}
