package phema.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.apache.commons.math3.random.Well19937c;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Counts, for each family of curves, 100 runs with the seeds 0 to 99. Run {@code i} has the published optimum number
 * {@code i mod 15} (EMA length and metric of the sweeps in arXiv 2312.02696 and 2406.02507), the family's shape around
 * it, and evaluations with independent normal errors of 1 % of the metric. It starts from nothing, evaluates one point
 * at a time, and may do so 9 times. A run succeeds when the true metric at the length found, which the search never
 * sees, is at most 1.02 times the least true metric of the grid 0.010, 0.020, ..., 0.250. The intervals are judged by
 * the same runs.
 */
class SearchTest {
    private static final Interval LENGTHS = new Interval(0.010, 0.250);
    private static final Interval UNGUIDED = new Interval(1, 1);
    private static final SearchSpec SPEC = new SearchSpec(LENGTHS, UNGUIDED, 0.02, 9, 1);

    private static final double NOISE = 0.01;

    private record Published(double sigmaRel, double metric) {}

    private static final List<Published> PUBLISHED = List.of(
            // ImageNet-512 without guidance: FID of XS to XXL, FD-DINOv2 of XS, S and XXL.
            new Published(0.135, 3.53),
            new Published(0.130, 2.56),
            new Published(0.100, 2.25),
            new Published(0.085, 2.06),
            new Published(0.070, 1.91),
            new Published(0.200, 103.39),
            new Published(0.190, 68.64),
            new Published(0.150, 42.84),
            // With guidance.
            new Published(0.045, 2.91),
            new Published(0.025, 2.23),
            new Published(0.030, 2.01),
            new Published(0.015, 1.81),
            // With autoguidance, and ImageNet-64.
            new Published(0.070, 1.34),
            new Published(0.075, 1.25),
            new Published(0.040, 1.33));

    /** Metric relative to its least value, as a function of {@code x = ln(sigmaRel / optimum)}. */
    enum Curve {
        QUADRATIC(x -> Math.exp(0.5 * x * x)),
        STEEPER_WHEN_SHORTER(x -> Math.exp((x < 0 ? 1.2 : 0.3) * x * x)),
        STEEPER_WHEN_LONGER(x -> Math.exp((x < 0 ? 0.3 : 1.2) * x * x)),
        FLAT_BOTTOM(x -> 1 + 0.5 * Math.pow(x, 4)),
        HINGE(x -> 1 + hinge(x, 0.4, 1.5, 0.15)),
        // Noise of the weights falls as a power of the length, their lag behind the optimum grows as another.
        POWERS(x -> 1 + 0.25 * (Math.exp(-2 * x) / 2 + Math.exp(x) - 1.5)),
        LINEAR_EXPONENTIAL(x -> 1 + 0.3 * (Math.exp(1.5 * x) - 1.5 * x - 1));

        private final DoubleUnaryOperator shape;

        Curve(DoubleUnaryOperator shape) {
            this.shape = shape;
        }

        /** Two straight lines with a bend of the given width between them, moved to have its minimum at 0. */
        private static double hinge(double x, double left, double right, double width) {
            double skew = (left - right) / (left + right);
            double bottom = width * skew / Math.sqrt(1 - skew * skew);
            return bend(x + bottom, left, right, width) - bend(bottom, left, right, width);
        }

        private static double bend(double x, double left, double right, double width) {
            double root = Math.hypot(x, width);
            return (left * (root - x) + right * (root + x)) / 2;
        }
    }

    private static final Map<Curve, List<Run>> RUNS = new EnumMap<>(Curve.class);

    @BeforeAll
    static void run() {
        for (Curve curve : Curve.values()) RUNS.put(curve, hundredRuns(curve));
    }

    private record Run(Estimate estimate, int evaluations, double ratio, boolean lengthCovered, boolean valueCovered) {}

    private static Run run(Curve curve, int seed) {
        Published published = PUBLISHED.get(seed % PUBLISHED.size());
        DoubleUnaryOperator metric =
                sigmaRel -> published.metric() * curve.shape.applyAsDouble(Math.log(sigmaRel / published.sigmaRel()));
        var random = new Well19937c(seed);
        List<Observation> observations = new ArrayList<>();
        while (true) {
            switch (Search.next(SPEC, observations, List.of(), List.of())) {
                case Search.SearchStep.Ask ask -> {
                    assertThat(ask.points()).isNotEmpty().hasSizeLessThanOrEqualTo(SPEC.parallelism());
                    for (SearchPoint point : ask.points())
                        observations.add(new Observation(
                                point, metric.applyAsDouble(point.length()) * (1 + NOISE * random.nextGaussian())));
                }
                case Search.SearchStep.SearchFound found -> {
                    Estimate estimate = found.estimate();
                    double there = metric.applyAsDouble(estimate.point().length());
                    double grid = IntStream.rangeClosed(1, 25)
                            .mapToDouble(i -> metric.applyAsDouble(0.010 * i))
                            .min()
                            .orElseThrow();
                    return new Run(
                            estimate,
                            observations.size(),
                            there / grid,
                            estimate.lengths().contains(published.sigmaRel()),
                            estimate.values().contains(there));
                }
                case Search.SearchStep.SearchFailed nothing -> throw new AssertionError(nothing);
            }
        }
    }

    private static List<Run> hundredRuns(Curve curve) {
        return IntStream.range(0, 100)
                .parallel()
                .mapToObj(seed -> run(curve, seed))
                .toList();
    }

    @ParameterizedTest
    @EnumSource
    void isWithinTwoPercentOfTheGridInNineEvaluations(Curve curve) {
        assertThat(RUNS.get(curve)).allMatch(run -> run.evaluations() <= 9);
        assertThat(RUNS.get(curve)).filteredOn(run -> run.ratio() <= 1.02).hasSizeGreaterThanOrEqualTo(95);
    }

    @ParameterizedTest
    @EnumSource
    void itsNinetyPercentIntervalsHoldTheTruthAboutAsOften(Curve curve) {
        assertThat(RUNS.get(curve)).filteredOn(Run::lengthCovered).hasSizeGreaterThanOrEqualTo(80);
        assertThat(RUNS.get(curve)).filteredOn(Run::valueCovered).hasSizeGreaterThanOrEqualTo(80);
    }

    @ParameterizedTest
    @EnumSource
    void losesNoMoreThanItSays(Curve curve) {
        assertThat(RUNS.get(curve))
                .filteredOn(run -> run.ratio() <= 1 + run.estimate().loss())
                .hasSizeGreaterThanOrEqualTo(95);
    }
}
