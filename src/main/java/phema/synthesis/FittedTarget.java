package phema.synthesis;

import java.util.List;
import java.util.stream.Stream;
import phema.solver.Fit;

/**
 * Holds what one set of weights is computed with, and the name, without extension, of the file that it goes to.
 *
 * @param fit of all tensors that no layer claims
 * @param layers in order: the first whose pattern matches a tensor's name has it
 */
public record FittedTarget(String baseName, Fit fit, List<LayerFit> layers) {
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

    Coefficients coefficients() {
        return new Coefficients(
                coefficients(fit),
                layers.stream()
                        .map(layer -> new Coefficients.LayerCoefficients(layer.tensors(), coefficients(layer.fit())))
                        .toList());
    }

    private static float[] coefficients(Fit fit) {
        float[] coefficients = new float[fit.coefficients().size()];
        for (int j = 0; j < coefficients.length; j++)
            coefficients[j] = fit.coefficients().get(j).floatValue();
        return coefficients;
    }
}
