package phema.metrics;

/**
 * Holds mean and unbiased covariance of feature vectors.
 *
 * @param mu [D]
 * @param sigma [D, D], row-major
 */
@SuppressWarnings("ArrayRecordComponent")
public record Statistics(double[] mu, double[] sigma) {
    public Statistics {
        if (sigma.length != (long) mu.length * mu.length)
            throw new IllegalArgumentException(
                    "a covariance of " + sigma.length + " values for " + mu.length + " means");
    }

    /** Number of features, D. */
    public int features() {
        return mu.length;
    }
}
