package phema.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.bytedeco.openblas.global.openblas.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas.CblasRowMajor;
import static org.bytedeco.openblas.global.openblas.CblasTrans;
import static org.bytedeco.openblas.global.openblas.cblas_dgemm;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.problem.Problem;

class FrechetTest {
    /** Statistics by formula, and distances by scipy.linalg.sqrtm: fixtures/metrics/frechet.py. */
    @ParameterizedTest
    @CsvSource({"3, 0.13308746269382143", "64, 8.021935999119872", "2048, 332.4526442317936"})
    void agreesWithTheMatrixSquareRoot(int d, double distance) {
        assertThat(Frechet.distance(statistics(1, d, 2 * d), statistics(3, d, 2 * d)))
                .isCloseTo(distance, withinPercentage(1e-7));
    }

    private static Statistics statistics(long seed, int d, int rank) {
        double[] a = uniform(seed, d * rank);
        for (int i = 0; i < a.length; i++) a[i] /= 1 + i % rank / 100.0;
        double[] sigma = new double[d * d];
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, d, d, rank, 1.0 / rank, a, rank, a, rank, 0, sigma, d);
        return new Statistics(uniform(seed + 1, d), sigma);
    }

    /** SplitMix64. */
    static double[] uniform(long seed, int n) {
        double[] numbers = new double[n];
        for (int i = 0; i < n; i++) {
            long z = (i + 1) * 0x9E3779B97F4A7C15L + seed;
            z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
            z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
            numbers[i] = ((z ^ z >>> 31) >>> 11) * 0x1p-53 - 0.5;
        }
        return numbers;
    }

    @Test
    void ofOneFeatureIsThatOfMeansAndDeviations() {
        assertThat(Frechet.distance(
                        new Statistics(new double[] {1}, new double[] {4}),
                        new Statistics(new double[] {-2}, new double[] {25})))
                .isCloseTo(3 * 3 + (5 - 2) * (5 - 2), within(1e-12));
    }

    /** For covariances u u^T and v v^T the trace of the root is |u v|. */
    @Test
    void ofSingularCovariancesIsExact() {
        int d = 100;
        double[] u = uniform(1, d);
        double[] v = uniform(2, d);
        double expected = 0;
        double uv = 0;
        for (int i = 0; i < d; i++) {
            expected += u[i] * u[i] + v[i] * v[i];
            uv += u[i] * v[i];
        }
        expected -= 2 * Math.abs(uv);
        assertThat(Frechet.distance(rankOne(u), rankOne(v))).isCloseTo(expected, withinPercentage(1e-4));
    }

    private static Statistics rankOne(double[] u) {
        double[] sigma = new double[u.length * u.length];
        for (int i = 0; i < sigma.length; i++) sigma[i] = u[i / u.length] * u[i % u.length];
        return new Statistics(new double[u.length], sigma);
    }

    @Test
    void ofEqualStatisticsIsZero() {
        Statistics singular = statistics(1, 50, 10);
        assertThat(Frechet.distance(singular, singular)).isCloseTo(0, within(1e-12));
    }

    @Test
    void refusesStatisticsOfDifferentNetworks() {
        assertThatThrownBy(() -> Frechet.distance(statistics(1, 3, 3), statistics(1, 4, 4)))
                .isInstanceOf(Problem.class)
                .hasMessage(
                        "statistics of 3 features cannot be compared with those of 4; they come from different networks");
    }

    @Test
    void refusesWhatIsNoCovariance() {
        Statistics indefinite = new Statistics(new double[2], new double[] {1, 2, 2, 1});
        assertThatThrownBy(() -> Frechet.distance(indefinite, indefinite))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("none can be below zero");
    }
}
