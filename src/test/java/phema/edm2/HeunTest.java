package phema.edm2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import phema.problem.Problem;

/** Data of normal distribution have a denoiser and an end of every path in closed form. */
class HeunTest {
    private static final double SD = 0.5;

    private static final Heun.Denoise NORMAL_DATA = (x, sigma) -> {
        float[] denoised = new float[x.length];
        for (int i = 0; i < x.length; i++) denoised[i] = (float) (x[i] * SD * SD / (sigma * sigma + SD * SD));
        return denoised;
    };

    @Test
    void levelsFallFromTheHighestToZero() {
        double[] levels = options(32, 0).levels();
        assertThat(levels).hasSize(33);
        assertThat(levels[0]).isCloseTo(80, within(1e-9));
        assertThat(levels[31]).isCloseTo(0.002, within(1e-12));
        assertThat(levels[32]).isZero();
        // (80^(1/7) + 15/31 (0.002^(1/7) - 80^(1/7)))^7
        assertThat(levels[15]).isCloseTo(2.901530185, within(1e-8));
    }

    @Test
    void arrivesWhereTheEquationEnds() {
        float[] noise = {-2, -0.5f, 0.1f, 1};
        float[] images = Heun.sample(NORMAL_DATA, noise, options(256, 0), List.of(Randoms.of(0, 0)));
        for (int i = 0; i < noise.length; i++) assertThat((double) images[i]).isCloseTo(end(noise[i]), within(1e-3));
    }

    @Test
    void isOfSecondOrder() {
        float[] noise = {1};
        double coarse =
                Math.abs(Heun.sample(NORMAL_DATA, noise, options(20, 0), List.of(Randoms.of(0, 0)))[0] - end(1));
        double fine = Math.abs(Heun.sample(NORMAL_DATA, noise, options(40, 0), List.of(Randoms.of(0, 0)))[0] - end(1));
        assertThat(coarse / fine).isBetween(3.0, 6.0);
    }

    @Test
    void freshNoiseKeepsTheDistribution() {
        int n = 20_000;
        float[] noise = new float[n];
        RandomGenerator random = Randoms.of(1, 1);
        for (int i = 0; i < n; i++) noise[i] = (float) random.nextGaussian();
        float[] images = Heun.sample(NORMAL_DATA, noise, options(64, 40), List.of(Randoms.of(2, 2)));
        double squares = 0;
        double product = 0;
        for (int i = 0; i < n; i++) {
            squares += images[i] * images[i];
            product += images[i] * noise[i];
        }
        assertThat(Math.sqrt(squares / n)).isCloseTo(SD, within(0.02));
        assertThat(product / n / SD).as("correlation with the first noise").isLessThan(0.5);
    }

    @Test
    void refusesLevelsInTheWrongOrder() {
        assertThatThrownBy(() -> new SamplerOptions(32, 80, 0.002, 7, 1, 0, 0, 1, 1))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("0 < sigma_min < sigma_max");
    }

    private static double end(double noise) {
        return noise * 80 * SD / Math.sqrt(80 * 80 + SD * SD);
    }

    private static SamplerOptions options(int steps, double churn) {
        return new SamplerOptions(steps, 0.002, 80, 7, 1, churn, 0, Double.POSITIVE_INFINITY, 1);
    }
}
