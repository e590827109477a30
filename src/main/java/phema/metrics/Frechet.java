package phema.metrics;

import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.LAPACKE_dgesdd;
import static org.bytedeco.openblas.global.openblas.LAPACKE_dsyevd;
import static org.bytedeco.openblas.global.openblas.LAPACK_ROW_MAJOR;
import static org.bytedeco.openblas.global.openblas.cblas_dgemm;

import java.util.Arrays;
import phema.problem.Problem;

/**
 * Computes the squared Frechet distance between normal distributions (Dowson and Landau, 1982):
 *
 * <pre>|mu1 - mu2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))</pre>
 *
 * <p>With factors {@code S = F F^T} the last trace is the sum of the singular values of {@code F1^T F2}. These come out
 * with an absolute error of the order of rounding, also when covariances are singular, where the square root of the
 * eigenvalues of a product would keep half of the digits.
 */
public final class Frechet {
    /**
     * The distance below zero, relative to the largest, to which rounding may bring an eigenvalue: statistics are also
     * stored in 32 bits.
     */
    private static final double NEGATIVE = 1e-3;

    private Frechet() {}

    /** @throws Problem when the statistics are of different networks, or one has no covariance */
    public static double distance(Statistics a, Statistics b) {
        if (a.features() != b.features())
            throw Problem.invalid(
                    "ref",
                    "statistics of " + a.features() + " features cannot be compared with those of " + b.features()
                            + "; they come from different networks");
        int d = a.features();
        double distance = 0;
        for (int i = 0; i < d; i++) {
            double difference = a.mu()[i] - b.mu()[i];
            distance += difference * difference + a.sigma()[i * d + i] + b.sigma()[i * d + i];
        }
        double distance2 = distance
                - 2
                        * Arrays.stream(singularValues(product(factor(a), factor(b), d), d))
                                .sum();
        // Rounding can bring equal statistics below zero.
        return Math.max(distance2, 0);
    }

    /** {@code F = V sqrt(L)} for the covariance {@code V L V^T}. */
    private static double[] factor(Statistics statistics) {
        int d = statistics.features();
        double[] vectors = statistics.sigma().clone();
        double[] values = new double[d];
        succeed(LAPACKE_dsyevd(LAPACK_ROW_MAJOR, (byte) 'V', (byte) 'U', d, vectors, d, values));
        if (values[0] < -NEGATIVE * values[d - 1])
            throw Problem.invalid("ref", "a covariance has the eigenvalue " + values[0] + "; none can be below zero");
        for (int i = 0; i < d * d; i++) vectors[i] *= Math.sqrt(Math.max(values[i % d], 0));
        return vectors;
    }

    private static double[] product(double[] a, double[] b, int d) {
        double[] product = new double[d * d];
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, d, d, d, 1, a, d, b, d, 0, product, d);
        return product;
    }

    private static double[] singularValues(double[] matrix, int d) {
        double[] values = new double[d];
        double[] none = new double[1];
        succeed(LAPACKE_dgesdd(LAPACK_ROW_MAJOR, (byte) 'N', d, d, matrix, d, values, none, d, none, d));
        return values;
    }

    private static void succeed(int info) {
        if (info != 0) throw new IllegalStateException("LAPACK gave up with status " + info);
    }
}
