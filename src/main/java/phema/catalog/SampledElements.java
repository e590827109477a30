package phema.catalog;

import java.util.Arrays;

/**
 * Holds what was read of a file by a {@link SamplePlan}.
 *
 * @param roundingVariances {@code ulp^2 / 12} of each value, by its stored type
 */
@SuppressWarnings("ArrayRecordComponent") // numbers, never compared
record SampledElements(double[] values, double[] roundingVariances) {
    static final SampledElements NONE = new SampledElements(new double[0], new double[0]);

    /** @param positions in ascending order */
    Sample at(int[] positions) {
        double variance = Arrays.stream(positions)
                .mapToDouble(i -> roundingVariances[i])
                .average()
                .orElse(0);
        boolean all = positions.length == values.length;
        return new Sample(
                all
                        ? values
                        : Arrays.stream(positions).mapToDouble(i -> values[i]).toArray(),
                variance);
    }
}
