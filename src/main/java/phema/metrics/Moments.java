package phema.metrics;

import phema.problem.Problem;

/**
 * Computes first and second moments of feature vectors in 64 bits, gathered without keeping the vectors. Sums are of
 * differences from the mean of the first batch, so that nothing cancels.
 */
final class Moments {
    private static final int TOGETHER = 4;

    private final Metric metric;
    private double[] origin = new double[0];
    private double[] sum = new double[0];
    /** [D, D], its upper triangle. */
    private double[] products = new double[0];

    private long count;

    Moments(Metric metric) {
        this.metric = metric;
    }

    /** @param features [N][D] */
    void add(float[][] features) {
        if (features.length == 0) return;
        if (count == 0) start(features);
        int d = origin.length;
        double[][] rows = new double[TOGETHER][d];
        for (int first = 0; first < features.length; first += TOGETHER) {
            for (int r = 0; r < TOGETHER; r++) {
                for (int i = 0; i < d; i++) {
                    rows[r][i] = first + r < features.length ? features[first + r][i] - origin[i] : 0;
                    sum[i] += rows[r][i];
                }
            }
            addProducts(rows[0], rows[1], rows[2], rows[3]);
        }
        count += features.length;
    }

    private void start(float[][] features) {
        int d = features[0].length;
        origin = new double[d];
        for (float[] row : features) for (int i = 0; i < d; i++) origin[i] += row[i] / features.length;
        sum = new double[d];
        products = new double[d * d];
    }

    /** Several vectors at once, because the products of 2048 features do not fit into a core's cache. */
    private void addProducts(double[] a, double[] b, double[] c, double[] e) {
        int d = a.length;
        for (int i = 0; i < d; i++) {
            double ai = a[i];
            double bi = b[i];
            double ci = c[i];
            double ei = e[i];
            int row = i * d;
            for (int j = i; j < d; j++) products[row + j] += ai * a[j] + bi * b[j] + ci * c[j] + ei * e[j];
        }
    }

    /** @throws Problem when there are too few vectors for a covariance of full rank */
    Statistics statistics() {
        int d = origin.length;
        if (count <= d)
            throw Problem.invalid(
                    "num",
                    "%d images are too few for the covariance of %d features, %s; it takes at least %d"
                            .formatted(count, d, metric.word(), d + 1));
        double[] mu = new double[d];
        double[] sigma = new double[d * d];
        for (int i = 0; i < d; i++) mu[i] = origin[i] + sum[i] / count;
        for (int i = 0; i < d; i++) {
            for (int j = i; j < d; j++) {
                double covariance = (products[i * d + j] - sum[i] * (sum[j] / count)) / (count - 1);
                sigma[i * d + j] = covariance;
                sigma[j * d + i] = covariance;
            }
        }
        return new Statistics(mu, sigma);
    }
}
