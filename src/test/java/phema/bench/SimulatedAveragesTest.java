package phema.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import phema.profile.Power;

class SimulatedAveragesTest {
    private static final double[] LENGTHS = {0.05, 0.1};
    private static final double[] TIMES = {3, 4, 8, 9};
    private static final int COUNT = 200_000;

    /**
     * Averages of a walk with weights p and q have the covariance of the integral of (1 - P)(1 - Q), whatever the steps
     * between them were; P and Q are the shares of weight up to a time.
     */
    @Test
    void averagesVaryTogetherAsThoseOfARandomWalk() {
        SimulatedAverages averages = new SimulatedAverages(LENGTHS, TIMES);
        SimulatedAverages.Walk walk = averages.new Walk(COUNT, 7);
        double[][] seen = new double[TIMES.length * LENGTHS.length][];
        Power[] profiles = new Power[seen.length];
        float[] begin = walk.average(0).clone();
        for (int k = 0; k < TIMES.length; k++) {
            walk.advance();
            for (int j = 0; j < LENGTHS.length; j++) {
                double[] moved = new double[COUNT];
                for (int i = 0; i < COUNT; i++) moved[i] = walk.average(j)[i] - begin[i];
                seen[k * LENGTHS.length + j] = moved;
                profiles[k * LENGTHS.length + j] = Power.ofSigmaRel(LENGTHS[j], TIMES[k]);
            }
        }
        double unit = 0.25 / TIMES[TIMES.length - 1];
        for (int a = 0; a < seen.length; a++) {
            for (int b = 0; b <= a; b++) {
                double expected = unit * integral(profiles[a], profiles[b]);
                double mean = 0;
                for (int i = 0; i < COUNT; i++) mean += seen[a][i] * seen[b][i] / COUNT;
                assertThat(mean)
                        .as(profiles[a] + " and " + profiles[b])
                        .isCloseTo(expected, within(0.02 * unit * TIMES[TIMES.length - 1] * 0.5));
            }
        }
    }

    private static double integral(Power a, Power b) {
        double end = Math.min(a.endTime(), b.endTime());
        int steps = 100_000;
        double sum = 0;
        for (int i = 0; i < steps; i++) {
            double t = (i + 0.5) * end / steps;
            sum += (1 - a.cumulative(t)) * (1 - b.cumulative(t)) * end / steps;
        }
        return sum;
    }

    @Test
    void walksOfAnotherSeedAreOthers() {
        SimulatedAverages averages = new SimulatedAverages(LENGTHS, TIMES);
        SimulatedAverages.Walk a = averages.new Walk(1000, 1);
        SimulatedAverages.Walk b = averages.new Walk(1000, 2L << 32);
        a.advance();
        b.advance();
        double product = 0;
        for (int i = 0; i < 1000; i++) product += a.average(0)[i] * b.average(0)[i] / 1000;
        assertThat(product).isCloseTo(0, within(0.2));
    }
}
