package phema.synthesis;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import phema.problem.Problem;
import phema.profile.ProfileSpec;
import phema.solver.Fit;
import phema.solver.Solver;
import phema.solver.SolverKind;

/**
 * Holds what one set of weights is computed with, and the name, without extension, of the file that it goes to.
 *
 * @param fit of all tensors that no layer claims
 * @param layers in order: the first whose pattern matches a tensor's name has it
 */
public record FittedTarget(String baseName, Fit fit, List<LayerFit> layers) {
    /** The predicted error from which on weights of large coefficients are none. */
    private static final double LARGEST_ERROR = 0.1;

    public FittedTarget {
        layers = List.copyOf(layers);
    }

    /** Returns the target's fit and those of its layers. */
    public List<Fit> fits() {
        return Stream.concat(Stream.of(fit), layers.stream().map(LayerFit::fit)).toList();
    }

    /** The largest of its fits; NaN where one is unknown. */
    public double predictedRelativeError() {
        return fits().stream().mapToDouble(Fit::predictedRelativeError).max().orElseThrow();
    }

    /** @throws Problem when weights of these would be nothing like what was asked for */
    Coefficients coefficients() {
        fits().forEach(FittedTarget::requireSensible);
        return new Coefficients(
                coefficients(fit),
                layers.stream()
                        .map(layer -> new Coefficients.LayerCoefficients(layer.tensors(), coefficients(layer.fit())))
                        .toList());
    }

    /** Weights that are given are what was asked for, whatever they are like. */
    private static void requireSensible(Fit fit) {
        double error = fit.predictedRelativeError();
        boolean ofErrors = fit.method() == SolverKind.BLUP
                && fit.coefficientNorm() > Solver.LARGEST_NORM
                && error >= LARGEST_ERROR;
        if (fit.method() != SolverKind.GIVEN && (error >= 1 || ofErrors))
            throw Problem.unprocessable(String.format(
                    Locale.ROOT,
                    "These files cannot give %s: its predicted error is %.0e times the weights' size%s. Either it is"
                            + " far from what they hold, or they are not what they are said to be (profiles, sigmaRels,"
                            + " times, all of one run): `phema inspect --fit` shows what speaks against them%s",
                    ProfileSpec.print(fit.target()),
                    error,
                    ofErrors
                            ? String.format(
                                    Locale.ROOT,
                                    ", with coefficients whose absolute values sum to %.0f",
                                    fit.coefficientNorm())
                            : "",
                    ofErrors ? ". Raw weights of the same run beside them tell more" : ""));
    }

    private static float[] coefficients(Fit fit) {
        float[] coefficients = new float[fit.coefficients().size()];
        for (int j = 0; j < coefficients.length; j++)
            coefficients[j] = fit.coefficients().get(j).floatValue();
        return coefficients;
    }
}
