package phema.edm2;

import java.util.LinkedHashMap;
import java.util.SequencedMap;
import phema.tensor.Shape;

/**
 * Holds the root mean squares of what a network computes and of what it consists of (arXiv 2312.02696, Eq. 2), by name.
 *
 * @param nimg images seen
 * @param activations of the outputs of layers and blocks
 * @param weights of the layers' stored weights; EDM2 normalizes them once more before it uses them
 */
record Magnitudes(long nimg, SequencedMap<String, Double> activations, SequencedMap<String, Double> weights) {
    static SequencedMap<String, Double> of(NetworkWeights weights) {
        SequencedMap<String, Double> magnitudes = new LinkedHashMap<>();
        for (String name : weights.trained()) {
            Shape shape = weights.shape(name);
            if (shape.rank() >= 2) magnitudes.put(name, rootMeanSquare(weights.get(name)));
        }
        return magnitudes;
    }

    private static double rootMeanSquare(float[] values) {
        double squares = 0;
        for (float value : values) squares += (double) value * value;
        return Math.sqrt(squares / values.length);
    }
}
