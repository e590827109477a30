package phema.search;

import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Fits a metric as a function of the EMA length, from finished evaluations of any origin: the curve with its
 * uncertainty, and the best point on it.
 */
public final class CurveFit {
    private final Belief belief;

    private CurveFit(Belief belief) {
        this.belief = belief;
    }

    /**
     * A point of the curve.
     *
     * @param values hold the metric there, noise taken away, with a probability of 90 %
     */
    public record CurvePoint(double length, double value, Interval values) {}

    /**
     * Looks for the best point within the EMA lengths observed, at the guidances observed.
     *
     * @param observations at least one, of points that differ in nothing but EMA length, guidance and seeds
     */
    public static CurveFit of(List<Observation> observations) {
        List<Double> guidances = observations.stream()
                .map(o -> o.point().guidance())
                .distinct()
                .sorted()
                .toList();
        return new CurveFit(Belief.of(Candidates.of(lengths(observations), guidances), observations));
    }

    /** Looks for the best point within bounds that may be wider than what was observed. */
    public static CurveFit within(Interval lengths, Interval guidance, List<Observation> observations) {
        return new CurveFit(Belief.of(Candidates.within(lengths, guidance), observations));
    }

    private static Interval lengths(List<Observation> observations) {
        var lengths = observations.stream().mapToDouble(o -> o.point().length()).summaryStatistics();
        return new Interval(lengths.getMin(), lengths.getMax());
    }

    public Estimate best() {
        return belief.estimate();
    }

    /** The curve at one guidance, at EMA lengths of equal ratios. */
    public List<CurvePoint> curve(double guidance, int points) {
        Interval range = belief.model().candidates().lengths();
        DoubleStream lengths = range.high() == range.low()
                ? DoubleStream.of(range.low())
                : IntStream.range(0, points)
                        .mapToDouble(i -> range.low() * Math.pow(range.high() / range.low(), i / (points - 1.0)));
        return lengths.mapToObj(length -> at(new SearchPoint(length, guidance))).toList();
    }

    private CurvePoint at(SearchPoint point) {
        return new CurvePoint(point.length(), belief.value(point), belief.values(point));
    }
}
