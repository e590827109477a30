package phema.solver;

import phema.profile.Profile;

/**
 * Describes a stored file as the solvers see it.
 *
 * @param sample values at the same positions in every file of a run; empty where no error need be predicted
 * @param roundingVariance mean over the sample of the squared rounding error of the file's own element type,
 *     {@code ulp^2 / 12}
 */
public record StoredAverage(Profile profile, double[] sample, double roundingVariance) {}
