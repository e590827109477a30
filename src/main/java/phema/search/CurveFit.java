package phema.search;

import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Fits a metric as a function of the EMA length, from finished evaluations of any origin: the curve with its
 * uncertainty, and the best point on it.
 */
public final class CurveFit {
    /** The share, of how much better than the median the best value is, by which a curve's best may be better still. */
    private static final double LIKELY = 0.5;

    /** The same in the model's scale, where all values are alike. */
    private static final double NEGLIGIBLE = 0.02;

    private final Belief belief;
    private final List<Observation> observations;

    private CurveFit(Belief belief, List<Observation> observations) {
        this.belief = belief;
        this.observations = observations;
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
        return new CurveFit(Belief.of(Candidates.of(lengths(observations), guidances), observations), observations);
    }

    /** Looks for the best point within bounds that may be wider than what was observed. */
    public static CurveFit within(Interval lengths, Interval guidance, List<Observation> observations) {
        return new CurveFit(Belief.of(Candidates.within(lengths, guidance), observations), observations);
    }

    private static Interval lengths(List<Observation> observations) {
        var lengths = observations.stream().mapToDouble(o -> o.point().length()).summaryStatistics();
        return new Interval(lengths.getMin(), lengths.getMax());
    }

    public Estimate best() {
        return belief.estimate();
    }

    /**
     * Whether the best point can be believed. A single value that is far off, of an evaluation that went wrong or of
     * weights that have diverged, bends the model so that it dips beside it, below all that was measured: a curve with
     * one minimum is not that much better between two of its points.
     */
    public boolean isLikely() {
        return !Surrogate.hasStray(belief.model().candidates(), observations) && !isDip();
    }

    private boolean isDip() {
        SearchPoint best = belief.point();
        if (!lengths(observations).contains(best.length())) return false; // a trend
        Scale scale = belief.model().scale();
        double[] means = Repeats.by(observations, Observation::point, o -> scale.toModel(o.value())).values().stream()
                .mapToDouble(Repeats::mean)
                .sorted()
                .toArray();
        double better = means[0] - belief.model().at(best).mean();
        return better > LIKELY * (means[means.length / 2] - means[0]) + NEGLIGIBLE;
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
