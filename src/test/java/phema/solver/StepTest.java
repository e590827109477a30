package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.profile.ExponentialDecay;
import phema.profile.PowerDecay;
import phema.profile.ScheduledDecay;
import phema.profile.Uniform;
import phema.profile.Warmup;

/** Against integrals in closed form. */
class StepTest {
    @ParameterizedTest
    @CsvSource({"100, 1000, 3", "100, 1000, 400", "990, 1000, 30"})
    void itsNoiseIsTheIntegralOfWhatArrives(double from, double to, double exponent) {
        var decay = new PowerDecay(exponent);
        double kept = Math.pow(from / to, exponent);
        Step step = new Step(from, to, List.of(Uptake.of(decay, to)), new double[] {kept}, List.of());
        double share = integral(exponent, from, to);
        double squared = integral(2 * exponent, from, to);
        double length = to - from;
        assertThat(product(step.walk, 1, 1)).isCloseTo(length, within(1e-13 * length));
        assertThat(product(step.walk, 1, 2)).isCloseTo(length - share, within(1e-13 * length));
        assertThat(product(step.walk, 2, 2)).isCloseTo(length - 2 * share + squared, within(1e-13 * length));
        double white = exponent * exponent / (to * to) * integral(2 * exponent - 2, from, to);
        assertThat(product(step.white, 2, 2)).isCloseTo(white, within(1e-12 * white));
        assertThat(step.drift[2]).isCloseTo(length - share, within(1e-13 * length));
        assertThat(step.take[2]).isCloseTo(1 - kept, within(1e-15));
    }

    /** Of {@code (t / to)^e}. */
    private static double integral(double e, double from, double to) {
        return to * -Math.expm1((e + 1) * Math.log(from / to)) / (e + 1);
    }

    @Test
    void targetsThatEndWithinAStepStopThere() {
        var decay = new ExponentialDecay(0.5);
        var window = Uptake.of(new Uniform(20, 60));
        Step step = new Step(10, 100, List.of(Uptake.of(decay, 100)), new double[] {Math.exp(-45)}, List.of(window));
        // 1 until 40, then falling to 0 at 60
        assertThat(step.drift[3]).isCloseTo(30 + 10, within(1e-10));
        double square = product(step.walk, 3, 3) + step.walkRest[3];
        assertThat(square).isCloseTo(30 + 20 / 3.0, within(1e-10));
        assertThat(product(step.white, 3, 3) + step.whiteRest[3]).isCloseTo(1 / 20.0, within(1e-12));
        // all of it has arrived in the average, but for e^-20
        assertThat(product(step.walk, 2, 3)).isCloseTo(40, within(1e-6));
    }

    @Test
    void averagesThatBeginWithinAStepAreCopiesUntilThen() {
        var decay = new ScheduledDecay(new Warmup.NoWarmup(), Math.exp(-0.05), 40, 1, 1);
        Step step = new Step(10, 100, List.of(Uptake.of(decay, 100)), new double[] {0}, List.of());
        // 1 until 40, then 1 - e^(-(100 - s) / 20)
        double rest = 20 * -Math.expm1(-3);
        assertThat(step.take[2]).isEqualTo(1);
        assertThat(step.drift[2]).isCloseTo(90 - rest, within(1e-10));
        assertThat(product(step.walk, 2, 2)).isCloseTo(90 - 2 * rest + 10 * -Math.expm1(-6), within(1e-10));
        assertThat(product(step.white, 2, 2)).isCloseTo(-Math.expm1(-6) / 40, within(1e-12));
    }

    @Test
    void differencesOfAveragesKeepTheirDigitsOverShortSteps() {
        double from = 1e6;
        double to = from + 1;
        List<Uptake> averages = List.of(Uptake.of(new PowerDecay(8), to), Uptake.of(new PowerDecay(16), to));
        Step step =
                new Step(from, to, averages, new double[] {Math.pow(from / to, 8), Math.pow(from / to, 16)}, List.of());
        // what is in the second average and neither in the weights nor in the first: 8 g (g - 8) / 2 u^2 with u = (to -
        // s) / to, less its projection on 1 and u
        double coefficient = 16 * (16 - 8) / 2.0 / (to * to);
        double expected = coefficient * Math.sqrt(1 / 180.0);
        assertThat(Math.abs(step.walk[2][3])).isCloseTo(expected, within(1e-3 * expected));
    }

    private static double product(double[][] rows, int i, int j) {
        double sum = 0;
        for (double[] row : rows) sum += row[i] * row[j];
        return sum;
    }
}
