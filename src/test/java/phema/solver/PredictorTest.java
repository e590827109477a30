package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.profile.Exponential;
import phema.profile.Impulse;
import phema.profile.Mixture;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.Uniform;

class PredictorTest {
    private static final Fitted AVERAGES = Fitted.to(FixtureRun.averages());
    private static final Fitted CHECKPOINTS = Fitted.to(FixtureRun.checkpoints());

    private record Fitted(FixtureRun run, Predictor predictor) {
        static Fitted to(FixtureRun run) {
            List<StoredAverage> stored = run.stored();
            var space =
                    new StateSpace(stored.stream().map(StoredAverage::profile).toList());
            double[][] values = stored.stream().map(StoredAverage::sample).toArray(double[][]::new);
            double[] noise = RoundingNoise.of(
                    space,
                    stored.stream().mapToDouble(StoredAverage::roundingVariance).toArray(),
                    values);
            return new Fitted(
                    run,
                    new Predictor(space, MovementFit.of(space, noise, values).movement(), noise));
        }

        BitSet until(double time) {
            BitSet files = new BitSet();
            for (int i = 0; i < run.stored().size(); i++)
                files.set(i, run.stored().get(i).profile().endTime() <= time);
            return files;
        }

        double error(Prediction prediction, double[] truth) {
            double[] difference = truth.clone();
            for (int i = 0; i < run.stored().size(); i++)
                for (int k = 0; k < truth.length; k++)
                    difference[k] -=
                            prediction.coefficients()[i] * run.stored().get(i).sample()[k];
            return FixtureRun.norm(difference) / FixtureRun.norm(truth);
        }
    }

    /**
     * {@code pairs} is the error of the predictor that this one replaced, which knew the trajectory by distances
     * between pairs of files.
     */
    @ParameterizedTest
    @CsvSource({
        "262144, 0.02,  2.183e-3",
        "262144, 0.03,  9.146e-4",
        "262144, 0.075, 1.850e-4",
        "262144, 0.15,  1.841e-4",
        "262144, 0.20,  1.823e-4",
        "262144, 0.25,  6.954e-4",
        "131072, 0.02,  4.531e-3",
        "131072, 0.03,  1.661e-3",
        "131072, 0.075, 2.207e-4",
        "131072, 0.15,  3.387e-4",
        "131072, 0.20,  6.576e-4",
        "131072, 0.25,  2.243e-3",
    })
    void isNearTheTruthAndKnowsHowNear(double time, double sigmaRel, double pairs) {
        double[] truth = FixtureRun.truth(sigmaRel, time);
        Prediction prediction = AVERAGES.predictor().best(AVERAGES.until(time), Power.ofSigmaRel(sigmaRel, time));
        double error = AVERAGES.error(prediction, truth);
        double norm = FixtureRun.norm(truth) / Math.sqrt(truth.length);
        assertThat(error).isLessThan(1.01 * pairs);
        assertThat(Math.sqrt(prediction.variance()) / norm / error).isBetween(0.95, 1.05);
    }

    /**
     * The narrowest average is over two and a half steps of the run, which the model takes for a continuous movement:
     * 1.23 of 1.22.
     */
    @ParameterizedTest
    @CsvSource({
        "262144, 0.02,  1.448e-2, 1.10",
        "262144, 0.075, 1.047e-2, 1.03",
        "262144, 0.25,  6.277e-3, 1.03",
        "131072, 0.02,  1.682e-2, 1.23",
        "131072, 0.075, 1.932e-2, 1.05",
        "131072, 0.25,  1.251e-2, 1.03",
    })
    void averagesRawCheckpoints(double time, double sigmaRel, double pairs, double careful) {
        double[] truth = FixtureRun.truth(sigmaRel, time);
        Prediction prediction = CHECKPOINTS.predictor().best(CHECKPOINTS.until(time), Power.ofSigmaRel(sigmaRel, time));
        double error = CHECKPOINTS.error(prediction, truth);
        double norm = FixtureRun.norm(truth) / Math.sqrt(truth.length);
        assertThat(error).isLessThan(1.01 * pairs);
        assertThat(Math.sqrt(prediction.variance()) / norm / error).isBetween(0.95, careful);
    }

    @ParameterizedTest
    @CsvSource({"262144, 0.02, 5", "262144, 0.075, 11", "262144, 0.2, 30", "131072, 0.02, 4", "131072, 0.2, 15"})
    void aFewFilesGiveNearlyTheAccuracyOfAll(double time, double sigmaRel, int enough) {
        var target = Power.ofSigmaRel(sigmaRel, time);
        BitSet files = AVERAGES.until(time);
        Prediction all = AVERAGES.predictor().best(files, target);
        Prediction few = AVERAGES.predictor().fewest(files, target, 0.05, 0, Double.POSITIVE_INFINITY);
        assertThat(Arrays.stream(few.coefficients()).filter(c -> c != 0).count())
                .isLessThanOrEqualTo(enough);
        assertThat(few.variance()).isLessThanOrEqualTo(1.05 * 1.05 * all.variance());
        double[] truth = FixtureRun.truth(sigmaRel, time);
        assertThat(AVERAGES.error(few, truth)).isLessThan(1.1 * AVERAGES.error(all, truth));

        Prediction capped = AVERAGES.predictor().fewest(files, target, 0.05, 0, 1.001 * all.variance());
        assertThat(capped.variance()).isLessThanOrEqualTo(1.001 * all.variance());
    }

    @Test
    void fewOfManyFilesAreFoundAroundTheTarget() {
        List<Profile> files = new ArrayList<>();
        for (int t = 1; t <= 1000; t++)
            for (double width : new double[] {0.05, 0.1}) files.add(Power.ofSigmaRel(width, t));
        double[] noise = new double[files.size()];
        Arrays.fill(noise, 1e-8);
        var space = new StateSpace(files);
        var predictor =
                new Predictor(space, new Movement(new Rates(new double[0], new double[] {1e-4}), 0, 1e-9), noise);
        var target = Power.ofSigmaRel(0.075, 1000);
        Prediction all = predictor.best(space.all(), target);
        double hidden = 1e-7; // as of the output's own rounding
        Prediction few = predictor.fewest(space.all(), target, 0.05, hidden, Double.POSITIVE_INFINITY);
        assertThat(few.variance() + hidden).isLessThanOrEqualTo(1.05 * 1.05 * (all.variance() + hidden));
        assertThat(Arrays.stream(few.coefficients()).filter(c -> c != 0).count())
                .isLessThan(20);
    }

    @Test
    void knowsTheErrorOfAnyCombination() {
        var target = Power.ofSigmaRel(0.12, 140_000); // between two times of the run
        BitSet files = AVERAGES.predictor().space().all();
        Prediction best = AVERAGES.predictor().best(files, target);
        assertThat(AVERAGES.predictor().variance(best.coefficients(), target))
                .isCloseTo(best.variance(), within(1e-9 * best.variance()));
        double[] other = best.coefficients().clone();
        other[3] += 0.01;
        other[7] -= 0.01;
        assertThat(AVERAGES.predictor().variance(other, target)).isGreaterThan(best.variance());
    }

    @Test
    void theLossOfAFileCostsWhatTheSmootherSays() {
        var target = Power.ofSigmaRel(0.15, FixtureRun.END);
        StateSpace space = AVERAGES.predictor().space();
        boolean[] observed = new boolean[space.files()];
        Arrays.fill(observed, true);
        Movement movement = AVERAGES.predictor().movement();
        List<Moment> moments = space.moments(space.all(), movement.rates(), List.of(target), space.times());
        Filtered filtered =
                Filter.run(space, moments, movement, AVERAGES.predictor().noise(), observed);
        double[] c = filtered.coefficients(0);
        double[] precisions = filtered.precisions();
        for (int file : new int[] {0, 1, 5, 17, 30, 31}) {
            BitSet others = space.all();
            others.clear(file);
            double without = AVERAGES.predictor().best(others, target).variance();
            double expected = filtered.targetVariances[0] + c[file] * c[file] / precisions[file];
            assertThat(without).isCloseTo(expected, within(1e-7 * expected));
        }
    }

    @Test
    void laterFilesHelpWhereTheyMayBeRead() {
        var target = Power.ofSigmaRel(0.1, 140_000);
        Prediction earlier = AVERAGES.predictor().best(AVERAGES.until(140_000), target);
        Prediction any = AVERAGES.predictor().best(AVERAGES.predictor().space().all(), target);
        for (int i = 16; i < 32; i++) assertThat(earlier.coefficients()[i]).isZero();
        assertThat(any.variance()).isLessThan(0.25 * earlier.variance());
    }

    /** Recursions, windows and mixtures, stored and wanted, all of one simulated run. */
    @Test
    void takesEveryKindOfProfile() {
        List<Profile> files = new ArrayList<>();
        for (int t = 64; t <= 1024; t += 64) {
            files.add(new Uniform(96, t < 96 ? 96 : t)); // two are under way at a time
            files.add(Exponential.ofHalfLife(30, t));
            files.add(new Mixture(List.of(
                    new Mixture.MixturePart(0.5, Power.ofSigmaRel(0.1, t)),
                    new Mixture.MixturePart(0.5, new Impulse(t)))));
        }
        List<Profile> targets = List.of(
                Power.ofSigmaRel(0.12, 1024),
                new Exponential(0.01, 1024),
                new Uniform(300, 900),
                new Impulse(960),
                files.getLast());
        int weights = 300;
        var random = new Random(4);
        double[][] path = new double[1025][weights];
        for (int t = 1; t <= 1024; t++)
            for (int k = 0; k < weights; k++) path[t][k] = path[t - 1][k] + 0.02 * random.nextGaussian();
        double[][] values = files.stream().map(p -> average(p, path)).toArray(double[][]::new);
        double[] noise = new double[files.size()];
        Arrays.fill(noise, 1e-12);
        var space = new StateSpace(files);
        var predictor =
                new Predictor(space, MovementFit.of(space, noise, values).movement(), noise);
        for (Profile target : targets) {
            Prediction prediction = predictor.best(space.all(), target);
            double[] error = average(target, path);
            for (int i = 0; i < values.length; i++)
                for (int k = 0; k < weights; k++) error[k] -= prediction.coefficients()[i] * values[i][k];
            double actual = FixtureRun.norm(error) / Math.sqrt(weights);
            assertThat(Arrays.stream(prediction.coefficients()).sum()).isCloseTo(1, within(1e-9));
            if (files.contains(target)) assertThat(prediction.variance()).isLessThan(2e-12);
            else
                assertThat(Math.sqrt(prediction.variance()) / actual)
                        .as(target.toString())
                        .isBetween(0.8, 1.25);
        }
    }

    /** Exact for jumps at the beginning of each step, as {@code P(t - 1)} is what came before. */
    private static double[] average(Profile profile, double[][] path) {
        double[] average = new double[path[0].length];
        for (int t = 1; t < path.length; t++) {
            double arrives = 1 - profile.cumulative(t - 1);
            for (int k = 0; k < average.length; k++) average[k] += arrives * (path[t][k] - path[t - 1][k]);
        }
        return average;
    }
}
