package phema.metrics;

import java.util.Random;

/**
 * Computes features with a convolutional network of fixed random weights: three levels of 3x3 convolutions and
 * rectifiers, each at half the resolution of the one before; its features are the means of all channels over the image.
 * Such features respond to colours, edges, texture and noise at three scales, but to nothing that takes learning. They
 * are the same on every platform: weights come from {@link Random}, whose numbers its specification fixes, and
 * arithmetic is in order.
 */
public final class RandomNetwork implements FeatureNetwork {
    private static final int[] WIDTHS = {16, 24, 24};
    private static final int KERNEL = 3;
    private static final long SEED = 20231204;

    /** [level][out][in][k * k] */
    private final float[][][][] weights = new float[WIDTHS.length][][][];

    private final float[][] biases = new float[WIDTHS.length][];

    /** The number of features. */
    public static final int FEATURES = 64;

    public RandomNetwork() {
        Random random = new Random(SEED);
        int in = 3;
        for (int level = 0; level < WIDTHS.length; level++) {
            weights[level] = new float[WIDTHS[level]][in][KERNEL * KERNEL];
            biases[level] = new float[WIDTHS[level]];
            // Keeps the scale of activations under rectifiers (arXiv 1502.01852); a uniform number of [-1, 1) has
            // variance 1/3.
            float scale = (float) Math.sqrt(3 * 2.0 / (in * KERNEL * KERNEL));
            for (int out = 0; out < WIDTHS[level]; out++) {
                for (float[] kernel : weights[level][out])
                    for (int k = 0; k < kernel.length; k++) kernel[k] = scale * uniform(random);
                biases[level][out] = uniform(random) / 4;
            }
            in = WIDTHS[level];
        }
    }

    private static float uniform(Random random) {
        return (random.nextInt() >> 8) / (float) (1 << 23);
    }

    @Override
    public Metric metric() {
        return Metric.FD_RANDOM;
    }

    @Override
    public float[][] features(Images images) {
        float[][] features = new float[images.count()][];
        for (int n = 0; n < features.length; n++) features[n] = features(images, n);
        return features;
    }

    private float[] features(Images images, int n) {
        int size = images.resolution();
        float[][] planes = new float[3][size * size];
        for (int c = 0; c < 3; c++)
            for (int i = 0; i < size * size; i++)
                planes[c][i] = (images.rgb()[(n * 3 + c) * size * size + i] & 0xff) / 127.5f - 1;
        float[] features = new float[FEATURES];
        int done = 0;
        for (int level = 0; level < WIDTHS.length; level++) {
            if (level > 0 && size > 1) {
                planes = halved(planes, size);
                size /= 2;
            }
            planes = convolved(planes, size, level);
            for (float[] plane : planes) features[done++] = mean(plane);
        }
        return features;
    }

    private static float mean(float[] plane) {
        double sum = 0;
        for (float value : plane) sum += value;
        return (float) (sum / plane.length);
    }

    private float[][] convolved(float[][] planes, int size, int level) {
        float[][] result = new float[WIDTHS[level]][size * size];
        for (int out = 0; out < result.length; out++) {
            float[] to = result[out];
            java.util.Arrays.fill(to, biases[level][out]);
            for (int in = 0; in < planes.length; in++)
                for (int k = 0; k < KERNEL * KERNEL; k++)
                    addShifted(to, planes[in], size, k / KERNEL - 1, k % KERNEL - 1, weights[level][out][in][k]);
            for (int i = 0; i < to.length; i++) to[i] = Math.max(to[i], 0);
        }
        return result;
    }

    /** Adds {@code weight * from[y + dy][x + dx]}, with zeros beyond the edges. */
    private static void addShifted(float[] to, float[] from, int size, int dy, int dx, float weight) {
        int left = Math.max(0, -dx);
        int right = Math.min(size, size - dx);
        for (int y = Math.max(0, -dy); y < Math.min(size, size - dy); y++) {
            int row = y * size;
            int source = (y + dy) * size + dx;
            for (int x = left; x < right; x++) to[row + x] += weight * from[source + x];
        }
    }

    /** Means of 2x2 values; a last odd row or column is left out. */
    private static float[][] halved(float[][] planes, int size) {
        int half = size / 2;
        float[][] result = new float[planes.length][half * half];
        for (int c = 0; c < planes.length; c++)
            for (int y = 0; y < half; y++)
                for (int x = 0; x < half; x++) {
                    int i = 2 * y * size + 2 * x;
                    float[] from = planes[c];
                    result[c][y * half + x] = (from[i] + from[i + 1] + from[i + size] + from[i + size + 1]) / 4;
                }
        return result;
    }

    @Override
    public void close() {}
}
