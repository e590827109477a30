package phema.catalog;

import java.util.Arrays;

/**
 * Holds a few thousand elements of a snapshot, at positions that are the same in every snapshot of its run.
 *
 * @param roundingVariances {@code ulp^2 / 12} of each value, by its stored type
 */
@SuppressWarnings("ArrayRecordComponent") // numbers for the solver, never compared
public record Sample(double[] values, double[] roundingVariances) {
    static final Sample EMPTY = new Sample(new double[0], new double[0]);

    /** Mean over the values. */
    public double roundingVariance() {
        return Arrays.stream(roundingVariances).average().orElse(0);
    }

    /** A part of it. */
    Sample at(int[] positions) {
        return new Sample(
                Arrays.stream(positions).mapToDouble(i -> values[i]).toArray(),
                Arrays.stream(positions).mapToDouble(i -> roundingVariances[i]).toArray());
    }
}
