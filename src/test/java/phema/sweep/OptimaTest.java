package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.commons.math3.random.Well19937c;
import org.junit.jupiter.api.Test;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.Point;
import phema.evaluation.Seeds;
import phema.fleet.WorkState;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;

/**
 * Grids over EMA lengths and guidance. The metric has the published optima of EDM2-S (arXiv 2312.02696), FID 2.56 at
 * 0.130 without guidance and 2.23 at 0.025 with a guidance of 1.4: in between, the best length is geometrically
 * interpolated and the best FID quadratically. Evaluations have normal errors of 1 %.
 */
class OptimaTest {
    private static final List<Double> LENGTHS = List.of(0.01, 0.015, 0.025, 0.04, 0.06, 0.09, 0.13, 0.2);
    private static final List<Double> GUIDANCES = List.of(1.0, 1.2, 1.4, 1.6);
    private static final double NEWEST = 2e9;

    private static double bestLength(double guidance) {
        return 0.130 * Math.pow(0.025 / 0.130, (guidance - 1) / 0.4);
    }

    private static double fid(double sigmaRel, double guidance) {
        double x = Math.log(sigmaRel / bestLength(guidance));
        return (2.23 + 0.33 * Math.pow((guidance - 1.4) / 0.4, 2)) * Math.exp(0.3 * x * x);
    }

    private static SweepSpec spec(List<Double> times) {
        return spec(SweepSpec.SweepMode.GRID, LENGTHS, times, GUIDANCES);
    }

    private static SweepSpec spec(
            SweepSpec.SweepMode mode, List<Double> lengths, List<Double> times, List<Double> guidances) {
        return new SweepSpec(
                "s",
                mode,
                AxisValues.NONE
                        .with(Axes.LENGTH, lengths)
                        .with(Axes.TIME, times)
                        .with(Axes.GUIDANCE, guidances)
                        .with(Axes.SEEDS, List.of(new Seeds(0, 49_999))),
                "e",
                "fid",
                SolverKind.BLUP,
                FilesToRead.FEWEST,
                0.02,
                0);
    }

    /** @param worse by how much FID is higher at earlier times */
    private static List<Trial> trials(SweepSpec spec, double worse, int seed) {
        var random = new Well19937c(seed);
        List<Trial> trials = new ArrayList<>();
        for (Point point : spec.axes().grid()) {
            double fid = fid(point.length(), point.guidance())
                    * (point.time() < NEWEST ? worse : 1)
                    * (1 + 0.01 * random.nextGaussian());
            trials.add(done(trials.size(), point, fid));
        }
        return trials;
    }

    private static Trial done(int number, Point point, double fid) {
        return new Trial(
                "id",
                number,
                point,
                WorkState.DONE,
                1,
                Optional.empty(),
                Map.of("fid", fid),
                false,
                Optional.empty(),
                Optional.of(Instant.EPOCH),
                Optional.of(Instant.EPOCH),
                1);
    }

    @Test
    void theBestOfSeveralGuidancesIsFoundWithItsLength() {
        double least = GUIDANCES.stream()
                .flatMap(g -> LENGTHS.stream().map(s -> fid(s, g)))
                .min(Double::compare)
                .orElseThrow();
        List<Optimum> optima = IntStream.range(0, 20)
                .mapToObj(seed -> Optima.of(spec(List.of(NEWEST)), trials(spec(List.of(NEWEST)), 1, seed))
                        .orElseThrow())
                .toList();
        assertThat(optima)
                .filteredOn(o -> fid(o.point().length(), o.point().guidance()) <= 1.02 * least)
                .hasSizeGreaterThanOrEqualTo(19);
        assertThat(optima)
                .allSatisfy(o -> assertThat(GUIDANCES).contains(o.point().guidance()));
        assertThat(optima)
                .filteredOn(o -> o.low() <= bestLength(o.point().guidance())
                        && bestLength(o.point().guidance()) <= o.high())
                .hasSizeGreaterThanOrEqualTo(16);
        assertThat(optima)
                .allSatisfy(o -> assertThat(Math.abs(
                                o.metric() - fid(o.point().length(), o.point().guidance())))
                        .isLessThan(4 * o.standardError().orElseThrow()));
    }

    @Test
    void aValueThatIsFarOffInventsNoBestOne() {
        SweepSpec spec = spec(SweepSpec.SweepMode.GRID, LENGTHS, List.of(NEWEST), List.of(1.0));
        List<Trial> trials = new ArrayList<>();
        for (Point point : spec.axes().grid())
            trials.add(done(trials.size(), point, point.length() == 0.09 ? 300 : fid(point.length(), 1)));
        Optimum optimum = Optima.of(spec, trials).orElseThrow();
        assertThat(optimum.isModelled()).isFalse();
        assertThat(optimum.point().length()).isEqualTo(0.13);
        assertThat(optimum.metric()).isEqualTo(fid(0.13, 1));
        assertThat(Optima.comparable(spec, trials).getFirst().sweepFit()).isEmpty();
        assertThat(Evidence.of(spec, trials, optimum)
                        .cautions(spec.axes().family().kind()))
                .containsExactly(
                        "no smooth curve goes through its values, so that it is the best one measured; the worst"
                                + " is 300 at 0.090, of an evaluation that may have gone wrong");

        trials.set(5, done(5, trials.get(5).point(), fid(0.09, 1)));
        Optimum mended = Optima.of(spec, trials).orElseThrow();
        assertThat(mended.isModelled()).isTrue();
        assertThat(Evidence.of(spec, trials, mended).uneven()).isEmpty();
    }

    /** Older versions took such lengths. */
    @Test
    void lengthsThatNoCurveGoesThroughDoNotHideTheLeastValue() {
        SweepSpec spec =
                spec(SweepSpec.SweepMode.GRID, List.of(1e-301, 0.05, 0.09, 0.13, 0.2), List.of(NEWEST), List.of(1.0));
        List<Trial> trials = new ArrayList<>();
        for (Point point : spec.axes().grid())
            trials.add(done(trials.size(), point, point.length() < 0.01 ? 400 : fid(point.length(), 1)));

        Optimum best = Optima.of(spec, trials).orElseThrow();

        assertThat(best.point().length()).isEqualTo(0.13);
        assertThat(best.modelled()).contains(false);
    }

    @Test
    void ofSeveralTimesTheBestCounts() {
        SweepSpec spec = spec(List.of(1e9, NEWEST));
        Optimum optimum = Optima.of(spec, trials(spec, 1.1, 0)).orElseThrow();
        assertThat(optimum.point().time()).isEqualTo(NEWEST);
        assertThat(optimum.point().guidance()).isBetween(1.2, 1.6);
    }

    /** Where the metric is the length, the least is at the bound, which a search need not have evaluated. */
    @Test
    void aSearchIsBoundedByWhatItWasGivenNotByWhatItEvaluated() {
        SweepSpec spec = spec(SweepSpec.SweepMode.SEARCH, List.of(0.1, 0.2), List.of(NEWEST), List.of(1.0));
        List<Trial> trials = new ArrayList<>();
        for (double length : List.of(0.109, 0.130, 0.154, 0.183)) {
            Point point = spec.axes().with(Axes.LENGTH, List.of(length)).grid().getFirst();
            trials.add(done(trials.size(), point, length));
        }
        Optimum optimum = Optima.of(spec, trials).orElseThrow();
        assertThat(optimum.point().length()).isEqualTo(0.1);
        assertThat(optimum.metric()).isCloseTo(0.1, within(0.002));
    }

    /** The same curves the other way up: what was least is the most. */
    @Test
    void theMostIsFoundWhereMoreIsBetter() {
        for (SweepSpec.SweepMode mode : SweepSpec.SweepMode.values()) {
            SweepSpec least = spec(mode, LENGTHS, List.of(NEWEST), List.of(1.0));
            SweepSpec most = new SweepSpec(
                    least.run(),
                    mode,
                    least.axes(),
                    least.evaluator(),
                    "score:max",
                    least.solver(),
                    least.files(),
                    least.tolerance(),
                    0);
            List<Trial> trials = trials(least, 1, 3);
            List<Trial> scores = trials.stream()
                    .map(t -> new Trial(
                            t.sweep(),
                            t.number(),
                            t.point(),
                            t.state(),
                            t.attempts(),
                            t.worker(),
                            Map.of("score", 10 - t.metrics().getOrDefault("fid", Double.NaN)),
                            false,
                            t.error(),
                            t.started(),
                            t.ended(),
                            1))
                    .toList();
            Optimum best = Optima.of(most, scores).orElseThrow();
            assertThat(best.point().length()).isBetween(0.1, 0.17);
            assertThat(best.metric()).isCloseTo(10 - 2.56, within(0.1));
            assertThat(best.low()).isLessThanOrEqualTo(best.point().length());
            SweepFit fit = Optima.comparable(most, scores).getFirst().sweepFit().orElseThrow();
            assertThat(fit.curve(1, 5)).allSatisfy(point -> {
                assertThat(point.values().contains(point.value())).isTrue();
                assertThat(point.value()).isBetween(-10.0, 8.0);
            });
            // Of three lengths nobody models anything.
            assertThat(Optima.of(most, scores.subList(0, 3)).orElseThrow().metric())
                    .isEqualTo(scores.stream()
                            .limit(3)
                            .mapToDouble(t -> t.metrics().getOrDefault("score", 0.0))
                            .max()
                            .orElseThrow());
        }
    }
}
