package phema.synthesis;

import java.util.List;
import java.util.stream.Stream;
import phema.catalog.NamePattern;

/**
 * Says what the tensors of an output are combined with.
 *
 * @param usual one per input, for tensors that no layer claims
 * @param layers in order: the first whose pattern matches a tensor's name has it
 */
@SuppressWarnings("ArrayRecordComponent") // nobody changes it
record Coefficients(float[] usual, List<LayerCoefficients> layers) {
    /** @param coefficients one per input */
    @SuppressWarnings("ArrayRecordComponent")
    record LayerCoefficients(NamePattern tensors, float[] coefficients) {}

    Coefficients {
        layers = List.copyOf(layers);
    }

    /** The same array for all tensors of a layer. */
    float[] of(String tensor) {
        for (LayerCoefficients layer : layers) if (layer.tensors.matches(tensor)) return layer.coefficients;
        return usual;
    }

    /** Returns all arrays that {@link #of} may return. */
    List<float[]> all() {
        return Stream.concat(Stream.of(usual), layers.stream().map(LayerCoefficients::coefficients))
                .toList();
    }
}
