package phema.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import phema.problem.Problem;

class MomentsTest {
    /**
     * The numbers 0 to n-1 have the mean (n-1)/2 and the unbiased variance n(n+1)/12, wherever they start and however
     * they are cut into batches.
     */
    @Test
    void areThoseOfTheWholeSetEvenFarFromZero() {
        int n = 101;
        float start = 1 << 20;
        Moments moments = new Moments(Metric.FID);
        for (int first = 0; first < n; first += 7) {
            float[][] batch = new float[Math.min(7, n - first)][];
            for (int i = 0; i < batch.length; i++) batch[i] = new float[] {start + first + i, -2 * (first + i)};
            moments.add(batch);
        }
        Statistics statistics = moments.statistics();
        double variance = n * (n + 1) / 12.0;
        assertThat(statistics.mu()).containsExactly(new double[] {start + 50, -100}, within(1e-9));
        assertThat(statistics.sigma())
                .containsExactly(new double[] {variance, -2 * variance, -2 * variance, 4 * variance}, within(1e-9));
    }

    @Test
    void ofTooFewImagesAreRefused() {
        Moments moments = new Moments(Metric.FD_DINOV2);
        moments.add(new float[][] {{1, 2}, {3, 4}});
        assertThatThrownBy(moments::statistics)
                .isInstanceOf(Problem.class)
                .hasMessage("2 images are too few for the covariance of 2 features, fd_dinov2; it takes at least 3");
    }
}
