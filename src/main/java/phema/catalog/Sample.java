package phema.catalog;

/**
 * A few thousand elements of a snapshot, at positions that are the same in every snapshot of its run.
 *
 * @param roundingVariance mean of {@code ulp^2 / 12} over the values, by each value's stored type
 */
@SuppressWarnings("ArrayRecordComponent") // numbers for the solver, never compared
public record Sample(double[] values, double roundingVariance) {}
