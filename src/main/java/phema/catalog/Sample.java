package phema.catalog;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds hundreds to thousands of a snapshot's weights, at positions that are the same in every snapshot of its run. Of
 * runs in a catalog they are read when they are asked for, each time.
 */
public final class Sample {
    private final @Nullable Supplier<Sample> later;
    private final double[] values;
    private final double roundingVariance;

    /** @param roundingVariance mean of {@code ulp^2 / 12} over the values, by their stored types */
    public Sample(double[] values, double roundingVariance) {
        this(values, roundingVariance, null);
    }

    private Sample(double[] values, double roundingVariance, @Nullable Supplier<Sample> later) {
        this.values = values;
        this.roundingVariance = roundingVariance;
        this.later = later;
    }

    static Sample later(Supplier<Sample> reading) {
        return new Sample(new double[0], 0, reading);
    }

    /** The same with its numbers in memory. @throws phema.problem.Problem when they cannot be read any more */
    public Sample read() {
        return later == null ? this : later.get();
    }

    /** Reads them, where they are not in memory. */
    public double[] values() {
        return read().values;
    }

    /** Reads them, where they are not in memory. */
    public double roundingVariance() {
        return read().roundingVariance;
    }
}
