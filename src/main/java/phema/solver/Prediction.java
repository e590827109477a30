package phema.solver;

/**
 * Says how to combine files for a target.
 *
 * @param coefficients by file, 0 where it is not read; they sum to one
 * @param variance of the combination's error, per weight
 */
@SuppressWarnings("ArrayRecordComponent") // numbers for the solver, never compared
record Prediction(double[] coefficients, double variance) {}
