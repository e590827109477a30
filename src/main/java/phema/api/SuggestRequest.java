package phema.api;

import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import phema.evaluation.MetricGoal.MetricDirection;
import phema.problem.Problem;
import phema.search.Interval;
import phema.search.Observation;
import phema.search.SearchPoint;
import phema.search.Suggestion;
import phema.search.Suggestion.LengthScale;
import phema.text.Labels;

/**
 * Asks which length to measure next, of points that were measured anywhere.
 *
 * @param points measured ones; the same length several times tells the noise
 * @param bounds the least and the greatest length to try; those of the points without them
 * @param scale of lengths: log where their ratios matter, linear where their differences do
 * @param direction min where less of the metric is better, max where more is
 * @param tolerance the share of the metric by which what is found may be worse than the best
 */
public record SuggestRequest(
        @ArraySchema(schema = @Schema(implementation = MeasuredRequest.class), maxItems = MOST) @Nullable
        List<@Nullable MeasuredRequest> points,

        @ArraySchema(
                schema = @Schema(minimum = "-1e15", maximum = "1e15"),
                minItems = 2,
                maxItems = 2,
                uniqueItems = true,
                arraySchema = @Schema(example = "[0.02, 0.25]"))
        @Nullable
        List<@Nullable Double> bounds,

        @Schema(
                allowableValues = {"log", "linear"},
                defaultValue = "log")
        @Nullable
        String scale,

        @Schema(
                allowableValues = {"min", "max"},
                defaultValue = "min")
        @Nullable
        String direction,

        @Schema(exclusiveMaximumValue = 1) @Nullable Double tolerance) {
    private static final int MOST = 10_000;

    /** The tolerance where none is given. */
    public static final double TOLERANCE = 0.02;

    /** The least length of a logarithmic scale, and the least distance of bounds. */
    public static final double LEAST = SearchPoint.LEAST_LENGTH;

    /** The greatest length, value and error. */
    public static final double GREATEST = Observation.GREATEST;

    /**
     * A point.
     *
     * @param value of the metric
     * @param standardError of the value, where it is known
     */
    public record MeasuredRequest(
            @Schema(requiredMode = Schema.RequiredMode.REQUIRED, example = "0.1", minimum = "-1e15", maximum = "1e15")
            @Nullable
            Double length,

            @Schema(requiredMode = Schema.RequiredMode.REQUIRED, example = "2.6", minimum = "-1e15", maximum = "1e15")
            @Nullable
            Double value,

            @Schema(example = "0.02", minimum = "0", maximum = "1e15") @Nullable
            Double standardError) {
        private Observation observation(String field, LengthScale scale, MetricDirection direction) {
            double at = number(field + ".length", length);
            requireUsual(field + ".length", at, scale);
            double metric = metric(field + ".value", value);
            if (standardError == null) return new Observation(new SearchPoint(at, 1), direction.cost(metric));
            double error = metric(field + ".standardError", standardError);
            if (error < 0)
                throw Problem.invalid(
                        field + ".standardError", field + ".standardError must not be negative, as " + error + " is");
            return new Observation(new SearchPoint(at, 1), direction.cost(metric), OptionalDouble.of(error));
        }
    }

    /** Steps between lengths, or their ratios, are no numbers far beyond those of any clock. */
    private static void requireUsual(String field, double length, LengthScale scale) {
        switch (scale) {
            case LOG -> requireWithin(field, length, LEAST, " on a logarithmic scale");
            case LINEAR -> requireWithin(field, length, -GREATEST, "");
        }
    }

    private static double metric(String field, @Nullable Double given) {
        double value = number(field, given);
        requireWithin(field, value, -GREATEST, "");
        return value;
    }

    private static void requireWithin(String field, double value, double least, String where) {
        if (value < least || value > GREATEST)
            throw Problem.invalid(
                    field, field + " must lie in " + least + ".." + GREATEST + where + ", not be " + value);
    }

    private static double number(String field, @Nullable Double given) {
        if (given == null || !Double.isFinite(given))
            throw Problem.invalid(field, field + " must be a finite number, not " + given);
        return given;
    }

    /** @throws Problem naming the field that cannot be read */
    public SuggestView suggestion() {
        List<@Nullable MeasuredRequest> given = Objects.requireNonNullElse(points, List.of());
        if (given.size() > MOST)
            throw Problem.invalid("points", "points: there are " + given.size() + ", and " + MOST + " are the most");
        LengthScale lengths = scale == null ? LengthScale.LOG : Labels.parse("scale", scale, LengthScale.values());
        MetricDirection better = direction == null
                ? MetricDirection.MIN
                : Labels.parse("direction", direction, MetricDirection.values());
        List<Observation> observations = new ArrayList<>();
        for (int i = 0; i < given.size(); i++) {
            String field = "points[" + i + "]";
            @Nullable MeasuredRequest point = given.get(i);
            if (point == null) throw Problem.invalid(field, field + " must be an object");
            observations.add(point.observation(field, lengths, better));
        }
        long distinct = observations.stream().map(Observation::point).distinct().count();
        if (distinct > Suggestion.MOST_LENGTHS)
            throw Problem.invalid(
                    "points",
                    "points: there are " + distinct + " different lengths, and " + Suggestion.MOST_LENGTHS
                            + " are the most; leave out those far from the best");
        double share = tolerance == null ? TOLERANCE : tolerance;
        if (!(share > 0 && share < 1))
            throw Problem.invalid("tolerance", "tolerance must lie between 0 and 1, not be " + share);
        Interval between = between(observations, lengths);
        requireNear(observations, between, lengths);
        return SuggestView.of(Suggestion.of(observations, between, lengths, share), better);
    }

    private static void requireNear(List<Observation> observations, Interval bounds, LengthScale scale) {
        if (scale == LengthScale.LOG) return;
        double most = Suggestion.MOST_WIDTHS * (bounds.high() - bounds.low());
        for (int i = 0; i < observations.size(); i++) {
            double length = observations.get(i).point().length();
            if (length < bounds.low() - most || length > bounds.high() + most)
                throw Problem.invalid(
                        "points[" + i + "].length",
                        "points[" + i + "].length: " + length + " lies more than " + Suggestion.MOST_WIDTHS
                                + " times the width of the bounds beyond them, " + bounds.low() + " and "
                                + bounds.high() + ", and tells nothing of lengths there: leave it out");
        }
    }

    private Interval between(List<Observation> observations, LengthScale lengths) {
        if (bounds != null && bounds.size() != 2)
            throw Problem.invalid("bounds", "bounds must be the least and the greatest length, as in [0.02, 0.25]");
        if (bounds == null && observations.isEmpty())
            throw Problem.invalid("bounds", "bounds are missing, and there are no points whose they could be");
        List<Double> all = bounds == null
                ? observations.stream().map(o -> o.point().length()).toList()
                : List.of(number("bounds", bounds.getFirst()), number("bounds", bounds.getLast()));
        all.forEach(bound -> requireUsual("bounds", bound, lengths));
        Interval between = Interval.of(all);
        if (between.high() - between.low() < LEAST * Math.max(1, Math.abs(between.high())))
            throw Problem.invalid(
                    "bounds", "bounds must be two different lengths, not " + all.getFirst() + " and " + all.getLast());
        return between;
    }
}
