package phema.search;

import java.util.OptionalDouble;

/**
 * Records one evaluation of a metric, which is better when it is less. Repeats with other seeds are observations of
 * their own: what they differ by tells the noise.
 *
 * @param value finite; who takes metrics takes none beyond {@link #GREATEST}
 * @param standardError of the value, where the evaluator knows it
 */
public record Observation(SearchPoint point, double value, OptionalDouble standardError) {
    /** The greatest magnitude of a metric: models square it, and beyond, whole numbers are no longer told apart. */
    public static final double GREATEST = 1e15;

    public Observation {
        if (!Double.isFinite(value)) throw new IllegalArgumentException("a metric of " + value);
    }

    public Observation(SearchPoint point, double value) {
        this(point, value, OptionalDouble.empty());
    }
}
