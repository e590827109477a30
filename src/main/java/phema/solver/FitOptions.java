package phema.solver;

/**
 * Says how to solve for a target.
 *
 * @param files for {@link SolverKind#BLUP}; the paper's solver always reads all files up to the target's end
 * @param laterFiles whether {@link SolverKind#BLUP} may read files later than the target's end
 * @param normalise whether the paper's coefficients are divided by their sum, as EDM2 does and ema-pytorch does not
 * @param outputVariance mean squared rounding error of the element type in which the result will be stored, 0 for none.
 *     {@link FilesToRead#FEWEST} does not read files for an accuracy that this rounding hides; predicted errors do not
 *     contain it.
 */
public record FitOptions(
        SolverKind method, FilesToRead files, boolean laterFiles, boolean normalise, double outputVariance) {
    public static FitOptions of(SolverKind method, FilesToRead files) {
        return new FitOptions(method, files, false, true, 0);
    }

    public FitOptions withLaterFiles() {
        return new FitOptions(method, files, true, normalise, outputVariance);
    }

    public FitOptions withoutNormalising() {
        return new FitOptions(method, files, laterFiles, false, outputVariance);
    }

    public FitOptions withOutputVariance(double variance) {
        return new FitOptions(method, files, laterFiles, normalise, variance);
    }
}
