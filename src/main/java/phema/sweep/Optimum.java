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
 * @param low holds, together with {@code high}, the best EMA length with a probability of 90 %; of few EMA lengths they
 *     are its neighbours
 */
public record Optimum(Point point, double metric, Optional<Double> standardError, double low, double high) {}
