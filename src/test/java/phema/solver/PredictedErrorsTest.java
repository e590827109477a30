package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import phema.profile.Exponential;
import phema.profile.Impulse;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.Uniform;
import phema.tensor.DType;

/**
 * Predicted against actual errors on runs that are simulated step by step: all kinds of rates, of stored averages and
 * of element types, from four files on.
 */
class PredictedErrorsTest {
    private static final double[] WIDTHS = {0.05, 0.1, 0.2};
    private static final double NEAR = Math.log(1.15);

    /**
     * As much more or less with rates that are constant on each stretch: then files do not say how the rate runs where
     * it matters to the target.
     */
    private static final double DOUBTFUL = Math.log(1.1);

    /** Rates as shares of the greatest, by the part of the run that is over. */
    private enum Rate {
        CONSTANT(x -> 1),
        DECAYING(x -> 1 / Math.sqrt(Math.max(16 * x, 1))),
        CYCLIC(x -> 0.525 + 0.475 * Math.cos(Math.PI * (4 * x % 1))),
        COSINE(x -> 0.51 + 0.49 * Math.cos(Math.PI * x)),
        TO_ZERO(x -> 1 - x);

        private final DoubleUnaryOperator at;

        Rate(DoubleUnaryOperator at) {
            this.at = at;
        }
    }

    /**
     * @param logRatios of predicted to actual error, by target. @param doubtful by target, whether the predictor says
     *     that it may be off
     */
    private record Outcome(List<Double> logRatios, List<Boolean> doubtful) {}

    @Test
    void areWithinFifteenPercentNineTimesInTenUnlessSaidOtherwise() {
        List<Double> sure = new ArrayList<>();
        int doubtful = 0;
        for (int seed = 0; seed < 70; seed++) {
            var random = new Random(7919L * seed + 13);
            int averages = random.nextInt(4);
            int times = (int) Math.round(Math.exp(Math.log(2) + random.nextDouble() * Math.log(60)));
            Rate rate = Rate.values()[random.nextInt(5)];
            if (times * Math.max(1, averages) < 4) continue;
            if (rate == Rate.CYCLIC && times < 16) continue; // less than four files in a cycle do not show it
            Outcome outcome = simulate(
                    rate,
                    averages,
                    List.of(DType.F16, DType.BF16, DType.F32).get(random.nextInt(3)),
                    times,
                    256,
                    random);
            for (int i = 0; i < outcome.logRatios().size(); i++) {
                if (outcome.doubtful().get(i)) doubtful++;
                else sure.add(outcome.logRatios().get(i));
            }
        }
        long near = sure.stream().filter(r -> Math.abs(r) < NEAR).count();
        assertThat(near / (double) sure.size()).isGreaterThan(0.9);
        assertThat(doubtful).isLessThan(sure.size() / 6);
    }

    /** Where coefficients are large, what is wrong in them grows: nothing tells whether .999 is .9999 there. */
    @Test
    void countThatAnAverageAloneMayBeStatedWrong() {
        List<Profile> slow = new ArrayList<>();
        List<Profile> fast = new ArrayList<>();
        for (int time = 200; time <= 3200; time += 200) {
            slow.add(Exponential.ofDecay(0.9999, time));
            fast.add(Exponential.ofDecay(0.999, time));
        }
        List<Profile> all = new ArrayList<>(slow);
        all.addAll(fast);
        all.add(new Impulse(3200));
        SimulatedRun run = SimulatedRun.track(all, 3200);
        List<StoredAverage> wrong = new ArrayList<>();
        for (StoredAverage one : run.stored(fast))
            wrong.add(new StoredAverage(
                    Exponential.ofDecay(0.9999, one.profile().endTime()), one.sample(), one.roundingVariance()));

        Fit alone = fit(run.stored(slow));
        assertThat(alone.coefficientNorm()).isGreaterThan(Solver.LARGEST_NORM);
        assertThat(alone.warnings()).anyMatch(warning -> warning.contains("which nothing here confirms"));
        Fit misstated = fit(wrong);
        assertThat(misstated.coefficientNorm()).isGreaterThan(Solver.LARGEST_NORM);
        assertThat(misstated.predictedRelativeError())
                .isGreaterThan(5 * alone.predictedRelativeError())
                .isGreaterThan(0.1);
        List<StoredAverage> beside = new ArrayList<>(run.stored(slow));
        beside.addAll(run.stored(List.of(new Impulse(3200))));
        assertThat(fit(beside).warnings()).noneMatch(warning -> warning.contains("which nothing here confirms"));
        assertThat(fit(beside).predictedRelativeError()).isLessThan(alone.predictedRelativeError() / 5);
    }

    private static Fit fit(List<StoredAverage> stored) {
        return new Solver(stored).solve(Power.ofSigmaRel(0.1, 3200), SolverKind.BLUP, FilesToRead.FEWEST);
    }

    @Test
    void holdForFiveThousandFiles() {
        Outcome outcome = simulate(Rate.COSINE, 2, DType.F16, 2500, 256, new Random(5));
        for (double ratio : outcome.logRatios()) assertThat(Math.abs(ratio)).isLessThan(NEAR);
    }

    /**
     * Steps in proportion to the file's distance, at least 2000, each a jump of all weights; averages by the update
     * rules of training jobs.
     */
    private static Outcome simulate(Rate rate, int averages, DType type, int times, int weights, Random random) {
        int every = Math.max(16, 2000 / times);
        int steps = every * times;
        List<Profile> tracked = new ArrayList<>();
        int only = random.nextInt(WIDTHS.length);
        for (int i = 0; i < averages; i++) tracked.add(Power.ofSigmaRel(WIDTHS[averages == 1 ? only : i], steps));
        List<Profile> targets = List.of(
                Power.ofSigmaRel(0.03, steps),
                Power.ofSigmaRel(0.075, steps),
                Power.ofSigmaRel(0.15, steps),
                Power.ofSigmaRel(0.25, steps),
                new Uniform(steps / 4.0, steps));
        List<Profile> all = new ArrayList<>(tracked);
        all.addAll(targets);
        double length = 0.3 / Math.sqrt(steps) * Math.exp(random.nextGaussian());
        double[] now = random.doubles(weights, -2, 2).toArray();
        double[][] held = new double[all.size()][];
        Arrays.setAll(held, i -> now.clone());
        List<Profile> files = new ArrayList<>();
        List<double[]> values = new ArrayList<>();
        for (int step = 1; step <= steps; step++) {
            double jump = length * rate.at.applyAsDouble((step - 0.5) / steps);
            for (int k = 0; k < weights; k++) now[k] += jump * random.nextGaussian();
            for (int i = 0; i < held.length; i++) {
                double keep = keep(all.get(i), step);
                for (int k = 0; k < weights; k++) held[i][k] = keep * held[i][k] + (1 - keep) * now[k];
            }
            if (step % every != 0) continue;
            if (averages == 0) files.add(new Impulse(step));
            if (averages == 0) values.add(rounded(now, type));
            for (int i = 0; i < averages; i++) {
                files.add(new Power(((Power) tracked.get(i)).gamma(), step));
                values.add(rounded(held[i], type));
            }
        }
        var space = new StateSpace(files);
        double[][] sample = values.toArray(double[][]::new);
        double[] rounding = values.stream()
                .mapToDouble(v -> Arrays.stream(v)
                        .map(x -> type.ulp(x) * type.ulp(x) / 12)
                        .average()
                        .orElseThrow())
                .toArray();
        double[] noise = RoundingNoise.of(space, rounding, sample);
        MovementFit fit = MovementFit.of(space, noise, sample);
        List<Double> logRatios = new ArrayList<>();
        List<Boolean> doubtful = new ArrayList<>();
        for (int i = 0; i < targets.size(); i++) {
            Prediction prediction = new Predictor(space, fit.movement(), noise).best(space.all(), targets.get(i));
            double otherwise =
                    new Predictor(space, fit.blunt(), noise).variance(prediction.coefficients(), targets.get(i));
            double[] error = held[averages + i].clone();
            for (int f = 0; f < sample.length; f++)
                for (int k = 0; k < weights; k++) error[k] -= prediction.coefficients()[f] * sample[f][k];
            double actual = Arrays.stream(error).map(e -> e * e).average().orElseThrow();
            logRatios.add(Math.log(prediction.variance() / actual) / 2);
            doubtful.add(Math.abs(Math.log(otherwise / prediction.variance())) / 2 > DOUBTFUL);
        }
        return new Outcome(logRatios, doubtful);
    }

    private static double keep(Profile profile, double t) {
        return switch (profile) {
            case Power p -> Math.pow(1 - 1 / t, p.gamma() + 1);
            case Uniform u -> {
                double into = t - (u.endTime() - u.window());
                yield into <= 0 ? 0 : 1 - 1 / into;
            }
            default -> throw new IllegalArgumentException("not tracked: " + profile);
        };
    }

    private static double[] rounded(double[] values, DType type) {
        return Arrays.stream(values)
                .map(v -> Math.rint(v / type.ulp(v)) * type.ulp(v))
                .toArray();
    }
}
