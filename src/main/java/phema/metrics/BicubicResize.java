package phema.metrics;

/**
 * Resizes square images as PyTorch's {@code interpolate(mode="bicubic", antialias=True, align_corners=False)} does:
 * Keys's cubic convolution (1981) with a = -1/2, made wider by the ratio of sizes when images become smaller, with
 * weights that sum to one at the edges too.
 */
final class BicubicResize {
    private static final double A = -0.5;
    private static final double SUPPORT = 2;

    private final int from;
    private final int to;
    private final int[] first;
    private final float[][] weights;

    BicubicResize(int from, int to) {
        this.from = from;
        this.to = to;
        this.first = new int[to];
        this.weights = new float[to][];
        double scale = (double) from / to;
        double stretch = Math.max(scale, 1);
        for (int i = 0; i < to; i++) {
            double center = scale * (i + 0.5);
            first[i] = Math.max((int) (center - SUPPORT * stretch + 0.5), 0);
            int end = Math.min((int) (center + SUPPORT * stretch + 0.5), from);
            double[] exact = new double[end - first[i]];
            double sum = 0;
            for (int j = 0; j < exact.length; j++) {
                exact[j] = kernel((first[i] + j - center + 0.5) / stretch);
                sum += exact[j];
            }
            weights[i] = new float[exact.length];
            for (int j = 0; j < exact.length; j++) weights[i][j] = (float) (exact[j] / sum);
        }
    }

    private static double kernel(double x) {
        double t = Math.abs(x);
        if (t < 1) return ((A + 2) * t - (A + 3)) * t * t + 1;
        if (t < 2) return (((t - 5) * t + 8) * t - 4) * A;
        return 0;
    }

    /** Resizes one channel: rows first, then columns. */
    void plane(float[] source, int sourceOffset, float[] target, int targetOffset) {
        float[] wide = new float[from * to];
        for (int y = 0; y < from; y++)
            for (int x = 0; x < to; x++)
                wide[y * to + x] = dot(weights[x], source, sourceOffset + y * from + first[x], 1);
        for (int y = 0; y < to; y++)
            for (int x = 0; x < to; x++)
                target[targetOffset + y * to + x] = dot(weights[y], wide, first[y] * to + x, to);
    }

    private static float dot(float[] weights, float[] values, int at, int stride) {
        float sum = 0;
        for (int j = 0; j < weights.length; j++) sum += weights[j] * values[at + j * stride];
        return sum;
    }
}
