package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class QuasiNewtonTest {
    @Test
    void walksDownRosenbrocksValley() {
        QuasiNewton.Minimum minimum = QuasiNewton.minimise(
                (x, gradient) -> {
                    double bend = x[1] - x[0] * x[0];
                    gradient[0] = -400 * bend * x[0] - 2 * (1 - x[0]);
                    gradient[1] = 200 * bend;
                    return 100 * bend * bend + (1 - x[0]) * (1 - x[0]);
                },
                new double[] {-1.2, 1},
                1,
                1e-14,
                200);
        assertThat(minimum.value()).isLessThan(1e-10);
        assertThat(minimum.x()).containsExactly(new double[] {1, 1}, within(1e-4));
    }

    @Test
    void staysWhereThereIsNoValueBeyond() {
        QuasiNewton.Minimum minimum = QuasiNewton.minimise(
                (x, gradient) -> {
                    gradient[0] = -1;
                    return x[0] < 2 ? -x[0] : Double.NaN;
                },
                new double[] {0},
                1,
                1e-9,
                50);
        assertThat(minimum.x()[0]).isBetween(0.9, 2.0);
    }

    @Test
    void learnsFromTheOthersWhereAVariableIsTheLogarithmOfNothing() {
        QuasiNewton.Minimum minimum = QuasiNewton.minimise(
                (x, gradient) -> {
                    double bend = x[1] - x[0] * x[0];
                    gradient[0] = -400 * bend * x[0] - 2 * (1 - x[0]);
                    gradient[1] = 200 * bend;
                    return 100 * bend * bend + (1 - x[0]) * (1 - x[0]) + Math.exp(x[2]);
                },
                new double[] {-1.2, 1, Double.NEGATIVE_INFINITY},
                1,
                1e-14,
                200);
        assertThat(minimum.value()).isLessThan(1e-10);
        assertThat(minimum.x()[2]).isEqualTo(Double.NEGATIVE_INFINITY);
    }

    @Test
    void findsItsWayBackWithWhatItLearned() {
        int[] evaluations = new int[1];
        QuasiNewton.Smooth ellipse = (x, gradient) -> {
            evaluations[0]++;
            gradient[0] = 200 * x[0] + 90 * x[1];
            gradient[1] = 2e4 * x[1] + 90 * x[0];
            return 100 * x[0] * x[0] + 1e4 * x[1] * x[1] + 90 * x[0] * x[1];
        };
        double[] start = {-1, 0.3};
        QuasiNewton.Minimum first = QuasiNewton.minimise(ellipse, start, 1, 1e-12, 100);
        int learning = evaluations[0];
        QuasiNewton.Minimum again =
                QuasiNewton.minimise(ellipse, new QuasiNewton.Minimum(start, Double.NaN, first.inverse()), 1e-12, 100);
        assertThat(again.value()).isLessThan(1e-10);
        assertThat(evaluations[0] - learning).isLessThan(learning);
    }
}
