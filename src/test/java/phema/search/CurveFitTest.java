package phema.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.apache.commons.math3.random.Well19937c;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CurveFitTest {
    /** FID of EDM2-S with its published optimum. */
    private static double fid(double sigmaRel) {
        double x = Math.log(sigmaRel / 0.130);
        return 2.56 * Math.exp(0.5 * x * x);
    }

    private static List<Observation> grid(double noise, int repeats, int seed) {
        var random = new Well19937c(seed);
        List<Observation> observations = new ArrayList<>();
        for (int i = 1; i <= 25; i++)
            for (int repeat = 0; repeat < repeats; repeat++)
                observations.add(new Observation(
                        new SearchPoint(0.01 * i, 1), fid(0.01 * i) * (1 + noise * random.nextGaussian())));
        return observations;
    }

    private static double width(CurveFit fit) {
        Interval values = fit.best().values();
        return values.high() - values.low();
    }

    @Test
    void goesThroughTheValuesWhenThereIsNoNoise() {
        CurveFit fit = CurveFit.of(grid(0, 1, 0));

        for (CurveFit.CurvePoint point : fit.curve(1, 50))
            assertThat(point.value()).isCloseTo(fid(point.length()), within(0.01 * fid(point.length())));
        assertThat(fit.best().point().length()).isBetween(0.125, 0.135);
    }

    @Test
    void itsBandHoldsTheCurveAboutAsOftenAsItSays() {
        long held = 0;
        for (int seed = 0; seed < 20; seed++)
            held += CurveFit.of(grid(0.02, 1, seed)).curve(1, 20).stream()
                    .filter(point -> point.values().contains(fid(point.length())))
                    .count();

        assertThat(held).isBetween(320L, 400L);
    }

    /** Of an evaluation that went wrong, or of weights that have diverged. */
    @ParameterizedTest
    @CsvSource({"0.10, 300", "0.20, 100000"})
    void isNotBelievedWhereOneValueBendsIt(double length, double value) {
        List<Observation> observations = new ArrayList<>();
        for (double each : new double[] {0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.10, 0.14, 0.20})
            observations.add(new Observation(new SearchPoint(each, 1), each == length ? value : fid(each)));

        CurveFit fit = CurveFit.of(observations);
        assertThat(fit.best().value()).isLessThan(2.3);
        assertThat(fit.isLikely()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.01, 0.03})
    void isBelievedWhereItIsSmooth(double noise) {
        for (int seed = 0; seed < 20; seed++) {
            List<Observation> grid = grid(noise, 1, seed);
            assertThat(CurveFit.of(grid).isLikely()).isTrue();
            assertThat(CurveFit.of(List.of(grid.get(0), grid.get(4), grid.get(9), grid.get(19)))
                            .isLikely())
                    .isTrue();
        }
    }

    @Test
    void isNotMisledByALuckyValueOfGreatError() {
        List<Observation> grid = grid(0.02, 3, 1);
        grid.add(new Observation(new SearchPoint(0.040, 1), 2.0, OptionalDouble.of(1.5)));

        assertThat(CurveFit.of(grid).best().point().length()).isBetween(0.11, 0.15);
    }

    @Test
    void learnsTheNoiseFromRepeats() {
        assertThat(width(CurveFit.of(grid(0.04, 3, 2)))).isGreaterThan(2 * width(CurveFit.of(grid(0.005, 3, 2))));
        assertThat(width(CurveFit.of(grid(0.03, 8, 3)))).isLessThan(width(CurveFit.of(grid(0.03, 2, 3))));
    }

    @Test
    void choosesAmongTheGuidancesObserved() {
        // Optima of EDM2-S: 0.130 without guidance, 0.025 with guidance 1.4.
        List<Observation> observations = new ArrayList<>();
        for (double guidance : new double[] {1, 1.2, 1.4, 1.6})
            IntStream.rangeClosed(1, 12).forEach(i -> {
                double length = 0.02 * i;
                double best = 0.130 * Math.pow(0.025 / 0.130, (guidance - 1) / 0.4);
                double x = Math.log(length / best);
                double off = guidance - 1.4;
                observations.add(new Observation(
                        new SearchPoint(length, guidance), 2.23 * Math.exp(0.3 * x * x + 0.86 * off * off)));
            });

        Estimate best = CurveFit.of(observations).best();

        assertThat(best.point().guidance()).isEqualTo(1.4);
        assertThat(best.point().length()).isBetween(0.020, 0.031);
    }

    /** Their prior variance leaves nothing of the others' noise. */
    @Test
    void findsTheBestLengthBesidesOnesFarAway() {
        List<Observation> grid = grid(0.01, 1, 4);
        grid.add(new Observation(new SearchPoint(1e-12, 1), 300));
        grid.add(new Observation(new SearchPoint(1e15, 1), 900));

        Estimate best = CurveFit.of(grid).best();

        assertThat(best.value()).isBetween(1.0, 4.0);
        assertThat(best.point().length()).isBetween(0.01, 1.0);
        assertThat(best.loss()).isFinite();
    }

    @Test
    void findsTheBestOfShortLengths() {
        List<Observation> lengths = IntStream.rangeClosed(1, 9)
                .mapToObj(i -> new Observation(new SearchPoint(i * 1e-12, 1), fid(0.02 * i)))
                .toList();

        assertThat(CurveFit.of(lengths).best().point().length()).isBetween(5e-12, 8e-12);
    }

    @Test
    void makesDoWithASingleTrial() {
        CurveFit fit = CurveFit.of(List.of(new Observation(new SearchPoint(0.1, 1), 2.5)));

        assertThat(fit.best().point()).isEqualTo(new SearchPoint(0.1, 1));
        assertThat(fit.curve(1, 50)).hasSize(1);
    }
}
