package phema.api;

import org.jspecify.annotations.Nullable;
import phema.evaluation.MetricGoal.MetricDirection;
import phema.search.Estimate;
import phema.search.Suggestion;

/**
 * Says what to measure next, and where the best length lies.
 *
 * @param next the length whose measurement promises the most; none when the best is known to the tolerance
 * @param optimum by a model of the metric; none while fewer than four lengths were measured, or where no smooth curve
 *     goes through the values
 */
public record SuggestView(@Nullable Double next, @Nullable SuggestedOptimumView optimum) {
    /** The half of an interval that holds 90 % of a normal distribution, in standard deviations. */
    private static final double NINETY_PERCENT = 1.645;

    /**
     * The best length.
     *
     * @param value of the metric that is expected there, with its standardError
     * @param lengthLow holds, together with lengthHigh, the best length with a probability of 90 %
     * @param loss the share of the metric by which the length is worse than the best; with a probability of 95 % it is
     *     not more
     */
    public record SuggestedOptimumView(
            double length, double value, double standardError, double lengthLow, double lengthHigh, double loss) {
        static SuggestedOptimumView of(Estimate best, MetricDirection direction) {
            return new SuggestedOptimumView(
                    best.point().length(),
                    direction.cost(best.value()),
                    (best.values().high() - best.values().low()) / 2 / NINETY_PERCENT,
                    best.lengths().low(),
                    best.lengths().high(),
                    best.loss());
        }
    }

    static SuggestView of(Suggestion suggestion, MetricDirection direction) {
        return new SuggestView(
                suggestion.next().orElse(null),
                suggestion
                        .optimum()
                        .map(best -> SuggestedOptimumView.of(best, direction))
                        .orElse(null));
    }
}
