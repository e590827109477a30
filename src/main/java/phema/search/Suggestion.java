package phema.search;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/**
 * Says what to measure next, and where the best length lies, of points that somebody measured with whatever they have:
 * the step of a {@link Search} that holds nothing but these.
 *
 * @param next empty where the best length is known
 * @param optimum by the model of the metric; empty while there are fewer than {@link #LENGTHS} lengths, as the least of
 *     few noisy values is that of the luckiest, and where no smooth curve goes through the values
 */
public record Suggestion(Optional<Double> next, Optional<Estimate> optimum) {
    /** The number of different lengths from which on the model finds the best. */
    public static final int LENGTHS = 4;

    /** The most different lengths, as the model's cost grows with their cube. */
    public static final int MOST_LENGTHS = 200;

    /** The most widths of linear bounds that a point may lie beyond them: farther ones tell nothing of these. */
    public static final int MOST_WIDTHS = 250;

    /** The points beyond those at hand that may still be asked for: as many as there are candidates. */
    private static final int BUDGET = 1000;

    /** The width of a linear range to the model, which is made for logarithms: that of the usual range of sigma_rel. */
    private static final double WIDTH = 2.5;

    private static final int DIGITS = 4;

    /** Says what is as far from one length as another. */
    public enum LengthScale {
        /** Their ratio. */
        LOG,
        /** Their difference. */
        LINEAR
    }

    /**
     * Suggests.
     *
     * @param measured of costs: less is better; guidance is passed over; within {@link #MOST_WIDTHS} of linear bounds
     * @param bounds between which to look, above 0 unless linear
     * @param tolerance the share of the metric by which what is found may be worse than the best
     */
    public static Suggestion of(List<Observation> measured, Interval bounds, LengthScale scale, double tolerance) {
        double width = bounds.high() - bounds.low();
        return switch (scale) {
            case LOG -> of(measured, bounds, tolerance, x -> x, x -> x);
            case LINEAR ->
                of(
                        measured,
                        bounds,
                        tolerance,
                        x -> Math.exp(WIDTH * (x - bounds.low()) / width),
                        x -> Math.clamp(
                                rounded(bounds.low() + width * Math.log(x) / WIDTH, width),
                                bounds.low(),
                                bounds.high()));
        };
    }

    private static Suggestion of(
            List<Observation> measured,
            Interval bounds,
            double tolerance,
            DoubleUnaryOperator to,
            DoubleUnaryOperator back) {
        Interval lengths = new Interval(to.applyAsDouble(bounds.low()), to.applyAsDouble(bounds.high()));
        Interval unguided = new Interval(1, 1);
        // What was suggested before is the candidate that it was, whatever rounding made of it.
        Map<Double, SearchPoint> suggested = new HashMap<>();
        for (SearchPoint point : Candidates.within(lengths, unguided).points())
            suggested.put(back.applyAsDouble(point.length()), point);
        List<Observation> observations = measured.stream()
                .map(o -> {
                    double length = o.point().length();
                    SearchPoint point = suggested.getOrDefault(length, new SearchPoint(to.applyAsDouble(length), 1));
                    return new Observation(point, o.value(), o.standardError());
                })
                .toList();
        long known = observations.stream().map(Observation::point).distinct().count();
        Search.SearchStep step = Search.next(
                new SearchSpec(lengths, unguided, tolerance, BUDGET, 1), observations, List.of(), List.of());
        Optional<Estimate> estimate = known < LENGTHS
                ? Optional.empty()
                : Optional.of(CurveFit.within(lengths, unguided, observations))
                        .filter(CurveFit::isLikely)
                        .map(CurveFit::best);
        return new Suggestion(
                step instanceof Search.SearchStep.Ask ask
                        ? ask.points().stream().findFirst().map(point -> back.applyAsDouble(point.length()))
                        : Optional.empty(),
                estimate.map(e -> new Estimate(
                        new SearchPoint(back.applyAsDouble(e.point().length()), 1),
                        e.value(),
                        e.values(),
                        new Interval(
                                back.applyAsDouble(e.lengths().low()),
                                back.applyAsDouble(e.lengths().high())),
                        e.guidance(),
                        e.loss())));
    }

    /** With as many digits as tell candidates apart. */
    private static double rounded(double length, double width) {
        BigDecimal step = BigDecimal.ONE.movePointLeft(DIGITS - 1 - (int) Math.floor(Math.log10(width)));
        return new BigDecimal(length)
                .divide(step, MathContext.DECIMAL64)
                .setScale(0, RoundingMode.HALF_EVEN)
                .multiply(step)
                .doubleValue();
    }
}
