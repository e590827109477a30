package phema.sweep;

import java.util.Optional;

/**
 * The best point of a sweep.
 *
 * @param point evaluated or, of a search, where the model has its minimum; its seeds are the first of the sweep
 * @param metric there: the mean over seeds
 * @param standardError of the metric, where several seeds or a model tell it
 * @param low where the best EMA length lies at least
 * @param high and at most
 */
public record Optimum(Point point, double metric, Optional<Double> standardError, double low, double high) {}
