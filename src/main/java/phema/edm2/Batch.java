package phema.edm2;

import java.util.Map;

/**
 * Holds noisy images to denoise.
 *
 * @param x [N, C, H, W]
 * @param sigma [N]
 * @param labels [N, classes], mostly one-hot; a row of zeros means no label
 * @param masks of dropout, by block: what its activations before {@code conv_res1}, [N, C, H, W], are multiplied with;
 *     empty without dropout
 */
@SuppressWarnings("ArrayRecordComponent")
record Batch(float[] x, double[] sigma, float[] labels, Map<String, float[]> masks) {
    Batch(float[] x, double[] sigma, float[] labels) {
        this(x, sigma, labels, Map.of());
    }

    int size() {
        return sigma.length;
    }
}
