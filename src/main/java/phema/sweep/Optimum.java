package phema.sweep;

import java.util.Optional;
import phema.evaluation.Point;

/**
 * Describes the best point of a sweep.
 *
 * @param point where a model of the metric has its minimum or, of few EMA lengths, the one evaluated as best; its seeds
 *     are the first of the sweep
 * @param metric there, noise taken away; of few EMA lengths the mean over seeds
 * @param standardError of the metric, where several seeds or a model tell it
 * @param low holds, together with {@code high}, the best EMA length with a probability of 90 % where it is {@code
 *     modelled}; else they are its neighbours among those evaluated
 * @param modelled whether a model of the metric found it; empty where an older version did, which kept no word of that
 */
public record Optimum(
        Point point,
        double metric,
        Optional<Double> standardError,
        double low,
        double high,
        Optional<Boolean> modelled) {
    public Optimum(Point point, double metric, Optional<Double> standardError, double low, double high) {
        this(point, metric, standardError, low, high, Optional.empty());
    }

    /** Whether the interval holds the best length with a probability of 90 %. */
    public boolean isModelled() {
        return modelled.orElse(false);
    }
}
