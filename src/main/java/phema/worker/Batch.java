package phema.worker;

/**
 * Noisy images to denoise.
 *
 * @param x [N, C, H, W]
 * @param sigma [N]
 * @param labels [N, classes], mostly one-hot; a row of zeros means no label
 */
@SuppressWarnings("ArrayRecordComponent")
record Batch(float[] x, double[] sigma, float[] labels) {
    int size() {
        return sigma.length;
    }
}
