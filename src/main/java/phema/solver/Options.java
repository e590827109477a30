package phema.solver;

/**
 * How to solve for a target.
 *
 * @param files for {@link Method#BLUP}; the paper's solver always reads all files up to the target's end
 * @param laterFiles whether {@link Method#BLUP} may read files later than the target's end
 * @param normalise whether the paper's coefficients are divided by their sum, as EDM2 does and ema-pytorch does not
 * @param outputVariance mean squared rounding error of the element type in which the result will be stored, 0 for none. {@link Files#FEWEST} does not read
 *     files for an accuracy that this rounding hides; predicted errors do not contain it.
 */
public record Options(Method method, Files files, boolean laterFiles, boolean normalise, double outputVariance) {
    public static Options of(Method method, Files files) {
        return new Options(method, files, false, true, 0);
    }

    public Options withLaterFiles() {
        return new Options(method, files, true, normalise, outputVariance);
    }

    public Options withoutNormalising() {
        return new Options(method, files, laterFiles, false, outputVariance);
    }

    public Options withOutputVariance(double variance) {
        return new Options(method, files, laterFiles, normalise, variance);
    }
}
