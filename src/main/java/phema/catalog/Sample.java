package phema.catalog;

/**
 * Holds hundreds to thousands of a snapshot's weights, at positions that are the same in every snapshot of its run.
 *
 * @param roundingVariance mean of {@code ulp^2 / 12} over the values, by their stored types
 */
@SuppressWarnings("ArrayRecordComponent") // numbers for the solver, never compared
public record Sample(double[] values, double roundingVariance) {}
