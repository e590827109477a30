package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.profile.Impulse;
import phema.profile.ProfileSpec;
import phema.profile.Scheduled;
import phema.profile.ScheduledDecay;
import phema.profile.SigmaRel;

/** Averages that are tracked step by step beside the weights of a random walk whose steps shrink, and stored in fp32. */
class DecaySearchTest {
    private static final int STEPS = 3200;
    private static final int FILES = 32;
    private static final int WEIGHTS = 400;

    private final List<StoredAverage> raw = new ArrayList<>();
    private final List<StoredAverage> averages = new ArrayList<>();

    /** @param decay by step, from 1 on; 1 where the average is left as it is */
    private void track(IntToDoubleFunction decay) {
        var random = new Random(5);
        double[] theta = random.doubles(WEIGHTS, -2, 2).toArray();
        double[] average = theta.clone();
        for (int step = 1; step <= STEPS; step++) {
            double keep = decay.applyAsDouble(step);
            for (int k = 0; k < WEIGHTS; k++) {
                theta[k] += 0.02 * random.nextGaussian() / Math.sqrt(1 + step / 400.0);
                average[k] = keep * average[k] + (1 - keep) * theta[k];
            }
            if (step % (STEPS / FILES) != 0) continue;
            raw.add(stored(step, theta));
            averages.add(stored(step, average));
        }
    }

    /** @param time of a checkpoint, which says nothing of what was averaged */
    private static StoredAverage stored(double time, double[] values) {
        double[] sample = values.clone();
        double variance = 0;
        for (int k = 0; k < WEIGHTS; k++) {
            sample[k] = (float) sample[k];
            variance += Math.pow(Math.ulp((float) sample[k]), 2) / 12 / WEIGHTS;
        }
        return new StoredAverage(new Impulse(time), sample, variance);
    }

    private RecognisedDecay search() {
        return DecaySearch.search(raw, averages, true, List.of(), Optional.empty())
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({"0.99", "0.995", "0.998", "0.999", "0.9995"})
    void findsAConstantDecay(double decay) {
        track(step -> decay);
        RecognisedDecay found = search();
        assertThat(found.spec()).isEqualTo("exponential:decay=" + decay);
        assertThat(found.certain()).isTrue();
        assertThat(found.nats()).isGreaterThan(3);
        assertThat(found.innovation()).isBetween(0.8, 1.2);
    }

    @ParameterizedTest
    @CsvSource({"0.05", "0.1", "0.15"})
    void findsThePowerAverageOfThePaper(double sigmaRel) {
        double gamma = SigmaRel.toGamma(sigmaRel);
        track(step -> Math.pow(1 - 1.0 / step, gamma + 1));
        RecognisedDecay found = search();
        assertThat(found.spec()).startsWith("power:");
        assertThat(Double.parseDouble(found.spec().substring(6))).isBetween(0.97 * sigmaRel, 1.03 * sigmaRel);
        assertThat(found.certain()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"10", "2/3", "3/4"})
    void findsADecayThatWarmsUp(String warmup) {
        track(
                warmup.equals("10")
                        ? step -> Math.min(0.9999, (1.0 + step) / (10 + step))
                        : step -> 1 - Math.pow(1 + step, warmup.equals("2/3") ? -2.0 / 3 : -0.75));
        var found = ProfileSpec.parse(search().spec(), STEPS);
        var truth = ProfileSpec.parse("ema:0.9999,warmup=" + warmup, STEPS);
        for (int t = 100; t < STEPS; t += 100)
            assertThat(found.cumulative(t)).isBetween(truth.cumulative(t) - 0.02, truth.cumulative(t) + 0.02);
        assertThat(search().certain()).as(search().toString()).isTrue();
    }

    @Test
    void findsThePlainMean() {
        track(step -> 1 - 1.0 / step);
        assertThat(search().spec()).isEqualTo("swa");
        assertThat(search().certain()).isTrue();
    }

    @Test
    void findsAnAverageBesideOneThatIsKnown() {
        track(step -> 0.998);
        List<StoredAverage> known = averages.stream()
                .map(s -> new StoredAverage(
                        ProfileSpec.parse("exponential:decay=0.998", s.profile().endTime()),
                        s.sample(),
                        s.roundingVariance()))
                .toList();
        List<StoredAverage> first = new ArrayList<>(known);
        averages.clear();
        raw.clear();
        track(step -> 0.99);
        RecognisedDecay found = DecaySearch.search(first, averages, true, List.of(), Optional.empty())
                .orElseThrow();
        assertThat(found.spec()).isEqualTo("exponential:decay=0.99");
        assertThat(found.certain()).isTrue();
    }

    @Test
    void isNotCertainOfWhatNoFamilyHas() {
        track(step -> step < STEPS / 2 ? 0.98 : 0.9995);
        assertThat(search().certain()).isFalse();
    }

    @Test
    void isNotCertainOfWeightsThatAreNoAverageOfThese() {
        track(step -> 0.99);
        List<StoredAverage> other = new ArrayList<>();
        var random = new Random(9);
        double[] theta = random.doubles(WEIGHTS, -2, 2).toArray();
        for (StoredAverage average : averages) {
            for (int k = 0; k < WEIGHTS; k++) theta[k] += 0.1 * random.nextGaussian();
            other.add(stored(average.profile().endTime(), theta));
        }
        assertThat(DecaySearch.search(raw, other, true, List.of(), Optional.empty())
                        .orElseThrow()
                        .certain())
                .isFalse();
    }

    /** Runs of which the likeliest reading is wrong: narrow averages, and decays that changed, early and late. */
    @ParameterizedTest
    @ValueSource(longs = {3000005, 3000055, 3000136, 3000190, 4000008, 4000198})
    void isNotCertainWherePartsOfTheFilesSayOtherwise(long seed) {
        var run = new UnrecordedRun(seed);
        RecognisedDecay found = DecaySearch.search(run.raw(), run.averages(), true, List.of(), Optional.empty())
                .orElseThrow();
        assertThat(run.error(found.spec())).isGreaterThan(RecognitionFigures.WRONG);
        assertThat(found.nats()).isGreaterThan(1.5);
        assertThat(found.innovation()).isBetween(0.6, 1.6);
        assertThat(found.certain()).isFalse();
    }

    /** A few of the runs of {@link RecognitionFigures}. */
    @Test
    void isNeverCertainOfWhatIsWrong() {
        int certain = 0;
        for (int seed = 0; seed < 12; seed++) {
            var run = new UnrecordedRun(seed);
            RecognisedDecay found = DecaySearch.search(run.raw(), run.averages(), true, List.of(), Optional.empty())
                    .orElseThrow();
            if (!found.certain()) continue;
            certain++;
            assertThat(run.error(found.spec()))
                    .as(seed + ": " + run.kind() + ", " + found)
                    .isLessThan(RecognitionFigures.WRONG);
        }
        assertThat(certain).isGreaterThan(2);
    }

    @ParameterizedTest
    @CsvSource({"0.95, 50", "0.9, 50", "0.9, 100", "0.5, 100", "0.99, 100"})
    void findsUpdatesThatAreStepsApart(double decay, int every) {
        track(step -> step % every == 0 ? decay : 1);
        RecognisedDecay found = search();
        assertThat(found.spec()).isEqualTo("ema:" + decay + ",warmup=none,every=" + every);
        assertThat(found.certain()).as(found.toString()).isTrue();
        assertThat(found.innovation()).isBetween(0.8, 1.2);
    }

    @ParameterizedTest
    @CsvSource({"0, swa:every=100", "800, 'swa:after=800,every=100'"})
    void findsTheMeanOfTheWeightsAtFilesTimes(int after, String spec) {
        track(step -> step <= after ? 0 : step % 100 == 0 ? 1 - 100.0 / (step - after) : 1);
        RecognisedDecay found = search();
        assertThat(found.spec()).isEqualTo(spec);
        assertThat(found.certain()).as(found.toString()).isTrue();
        assertThat(found.innovation()).isBetween(0.6, 1.2); // copies surprise less than they might
    }

    /** As where epochs are counted, and averages updated after each. */
    @Test
    void findsUpdatesAtEachStepOfAClockThatCountsNoSteps() {
        track(step -> step % 100 == 0 ? 0.8 : 1);
        RecognisedDecay found = DecaySearch.search(
                        inEpochs(raw), inEpochs(averages), false, List.of(), Optional.empty())
                .orElseThrow();
        assertThat(found.spec()).isEqualTo("ema:0.8,warmup=none,every=1");
        assertThat(found.certain()).as(found.toString()).isTrue();
    }

    private static List<StoredAverage> inEpochs(List<StoredAverage> files) {
        return files.stream()
                .map(file -> new StoredAverage(
                        new Impulse(file.profile().endTime() / 100), file.sample(), file.roundingVariance()))
                .toList();
    }

    /** Before that it is a copy of the weights, or stands still, or is not kept. */
    @ParameterizedTest
    @CsvSource({
        "0.998, 1600, copies",
        "0.99, 1250, copies",
        "0.998, 1601, still",
        "0.999, 1000, absent",
        "0.995, 1430, absent"
    })
    void findsWhenAnAverageBegan(double decay, int begin, String before) {
        track(step -> step > begin ? decay : step == begin || before.equals("copies") ? 0 : 1);
        Optional<Beginning> told = Optional.empty();
        if (before.equals("absent")) {
            averages.removeIf(file -> file.profile().endTime() <= begin);
            double first = averages.getFirst().profile().endTime();
            told = Optional.of(new Beginning(first - 100, first, 1, false, false));
        }
        RecognisedDecay found =
                DecaySearch.search(raw, averages, true, List.of(), told).orElseThrow();
        assertThat(found.certain()).as(found.toString()).isTrue();
        assertThat(found.innovation()).isBetween(0.8, 1.2);
        var profile = ProfileSpec.parse(found.spec(), STEPS);
        assertThat(profile).isInstanceOf(Scheduled.class);
        ScheduledDecay schedule = ((Scheduled) profile).decay();
        assertThat(schedule.decay()).isEqualTo(decay);
        assertThat(schedule.begin()).isBetween(begin - 8.0, begin + 8.0);
        assertThat(schedule.begin() % 1).isZero();
    }

    /** Of updates that are counted, only the decay has to be found; the first of them is a copy. */
    @Test
    void findsTheMeanOfUpdatesThatAreCounted() {
        track(step -> step < 1640 || step % 20 != 0 ? 1 : 1 - 1.0 / ((step - 1640) / 20 + 1));
        RecognisedDecay found = DecaySearch.search(
                        raw, averages, true, List.of(), Optional.of(new Beginning(1621, 1640, 20, true, true)))
                .orElseThrow();
        assertThat(found.spec()).isEqualTo("swa:after=1620,every=20");
        assertThat(found.certain()).as(found.toString()).isTrue();
    }

    /** Some innovations of which are far too small. */
    @Test
    void isNotCertainOfABeginningWhereWeightsMovedLessThanTheModelHasIt() {
        var run = new UnrecordedRun(5000211, true);
        RecognisedDecay found = DecaySearch.search(run.raw(), run.averages(), true, List.of(), run.told())
                .orElseThrow();
        assertThat(run.apart(found.spec())).isGreaterThan(RecognitionFigures.APART);
        assertThat(found.nats()).isGreaterThan(1.5);
        assertThat(found.certain()).isFalse();
    }

    /** Nothing says so but the numbers: there is one file from before, or the first one is from soon after. */
    @ParameterizedTest
    @ValueSource(ints = {150, 90})
    void isNotCertainOfWhatMayHaveBegunLater(int begin) {
        track(step -> step > begin ? 0.9995 : step == begin ? 0 : 1);
        RecognisedDecay found = search();
        assertThat(found.certain()).as(found.toString()).isFalse();
    }

    @Test
    void isNotCertainOfUpdatesThatAreStepsApartWhereNoProfileSaysSo() {
        track(step -> step % 20 == 0 ? Math.min(0.999, (1 + step / 20) / (10.0 + step / 20)) : 1);
        assertThat(search().certain()).as(search().toString()).isFalse();
    }

    /** It copies at the same steps, up to that after which it averages. */
    @Test
    void findsTheUpdatesOfEmaPytorchWhichCountsThemFromZero() {
        track(step -> step % 10 != 1 ? 1 : step <= 101 ? 0 : Math.min(0.995, 1 - Math.pow(1 + (step - 101), -2.0 / 3)));
        RecognisedDecay found = DecaySearch.search(
                        raw,
                        averages,
                        true,
                        List.of("ema:0.995,warmup=2/3,after=100,every=10", "ema:0.995,warmup=2/3,after=101,every=10"),
                        Optional.empty())
                .orElseThrow();
        assertThat(found.spec()).isEqualTo("ema:0.995,warmup=2/3,after=101,every=10");
        assertThat(found.certain()).as(found.toString()).isTrue();
    }

    /** Within what is predicted, where an average of every step would be wrong a hundred times as far. */
    @Test
    void whatUpdatesThatAreStepsApartDoNotSeeIsPredicted() {
        track(step -> step % 50 == 0 ? 0.9 : 1);
        double[] truth = average(step -> 0.998);
        List<StoredAverage> stored = new ArrayList<>(raw);
        for (StoredAverage average : averages)
            stored.add(new StoredAverage(
                    ProfileSpec.parse(
                            "ema:0.9,warmup=none,every=50", average.profile().endTime()),
                    average.sample(),
                    average.roundingVariance()));
        var solver = new Solver(stored);
        Fit fit = solver.solve(ProfileSpec.parse("exponential:decay=0.998", STEPS), SolverKind.BLUP, FilesToRead.ALL);
        double[] found = new double[WEIGHTS];
        for (int i = 0; i < stored.size(); i++)
            for (int k = 0; k < WEIGHTS; k++)
                found[k] += fit.coefficients().get(i) * stored.get(i).sample()[k];
        double error = 0;
        double square = 0;
        for (int k = 0; k < WEIGHTS; k++) {
            error += (found[k] - truth[k]) * (found[k] - truth[k]);
            square += truth[k] * truth[k];
        }
        assertThat(Math.sqrt(error / square))
                .isBetween(0.8 * fit.predictedRelativeError(), 1.25 * fit.predictedRelativeError());
        assertThat(solver.report().orElseThrow().doubts()).isEmpty();
    }

    /** Of the same walk at its end. */
    private static double[] average(IntToDoubleFunction decay) {
        var other = new DecaySearchTest();
        other.track(decay);
        return other.averages.getLast().sample();
    }

    @Test
    void saysNothingOfAFewFiles() {
        track(step -> 0.99);
        assertThat(DecaySearch.search(raw, averages.subList(0, 4), true, List.of(), Optional.empty()))
                .isEmpty();
    }
}
