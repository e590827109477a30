package phema.api;

import org.jspecify.annotations.Nullable;
import phema.evaluation.Point;
import phema.sweep.Optimum;

/**
 * The best point of a sweep.
 *
 * @param value of the metric that is expected there
 * @param standardError of the value, where it is known
 * @param sigmaRelLow holds, together with sigmaRelHigh, the best EMA length with a probability of 90 %
 */
public record OptimumView(
        double sigmaRel,
        double time,
        double guidance,
        Point.@Nullable Guide guide,
        String metric,
        double value,
        @Nullable Double standardError,
        double sigmaRelLow,
        double sigmaRelHigh) {
    public static OptimumView of(String metric, Optimum optimum) {
        return new OptimumView(
                optimum.point().sigmaRel(),
                optimum.point().time(),
                optimum.point().guidance(),
                optimum.point().guide().orElse(null),
                metric,
                optimum.metric(),
                optimum.standardError().orElse(null),
                optimum.low(),
                optimum.high());
    }
}
