package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.profile.Exponential;
import phema.profile.Impulse;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.ProfileSpec;

class DoubtsTest {
    private static final List<StoredAverage> AVERAGES = FixtureRun.averages().stored();

    private static List<Doubt> doubts(List<StoredAverage> stored) {
        return new Solver(stored).report().orElseThrow().doubts();
    }

    private static StoredAverage with(StoredAverage stored, Profile profile) {
        return new StoredAverage(profile, stored.sample(), stored.roundingVariance());
    }

    private static List<String> warnings(List<StoredAverage> stored, double end) {
        return new Solver(stored)
                .solve(Power.ofSigmaRel(0.1, end), SolverKind.BLUP, FilesToRead.FEWEST)
                .warnings();
    }

    private static boolean isWide(StoredAverage stored) {
        return stored.profile().equals(Power.ofSigmaRel(0.1, stored.profile().endTime()));
    }

    @Test
    void hasNoneOfWhatIsTrue() {
        assertThat(doubts(AVERAGES)).isEmpty();
        assertThat(doubts(AVERAGES.subList(24, 32))).isEmpty();
        assertThat(doubts(FixtureRun.checkpoints().stored())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.08, 0.09, 0.095, 0.105, 0.11, 0.12, 0.15, 0.2})
    void namesAWidthThatIsNotWhatIsStated(double stated) {
        List<StoredAverage> stored = AVERAGES.stream()
                .map(s ->
                        isWide(s) ? with(s, Power.ofSigmaRel(stated, s.profile().endTime())) : s)
                .toList();
        assertThat(doubts(stored)).singleElement().satisfies(doubt -> {
            assertThat(doubt.stated()).startsWith("the profile power:");
            assertThat(Double.parseDouble(doubt.supported().substring("power:".length())))
                    .isBetween(0.098, 0.102);
            assertThat(doubt.nats()).isGreaterThan(4);
        });
        assertThat(new Solver(stored)
                        .solve(Power.ofSigmaRel(0.075, FixtureRun.END), SolverKind.BLUP, FilesToRead.FEWEST)
                        .warnings())
                .anyMatch(warning -> warning.startsWith("the files contradict the profile power:"));
    }

    @Test
    void saysNothingOfAverageThatIsAlone() {
        List<StoredAverage> stored = AVERAGES.stream()
                .filter(DoubtsTest::isWide)
                .map(s -> with(s, Power.ofSigmaRel(0.12, s.profile().endTime())))
                .toList();
        assertThat(doubts(stored)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 8, 12})
    void namesAClockThatJumps(int time) {
        List<StoredAverage> stored = new ArrayList<>(AVERAGES);
        for (int i = 2 * time; i < stored.size(); i++) {
            Power power = (Power) stored.get(i).profile();
            stored.set(i, with(stored.get(i), new Power(power.gamma(), power.endTime() + 3 * 16384)));
        }
        assertThat(doubts(stored))
                .anySatisfy(doubt -> assertThat(doubt)
                        .hasToString("Doubt[stated=the clock between %d and %d, supported=a step of about 16000 "
                                        .formatted(time * 16384, (time + 4) * 16384)
                                + "instead of 65536, nats=" + doubt.nats() + "]"));
    }

    @Test
    void namesAnExponentialAverageBesideRawWeights() {
        List<Double> times =
                IntStream.rangeClosed(1, 16).mapToObj(k -> 256.0 * k).toList();
        List<Profile> raw = times.stream().<Profile>map(Impulse::new).toList();
        List<Profile> averages =
                times.stream().<Profile>map(t -> Exponential.ofHalfLife(400, t)).toList();
        List<Profile> all = new ArrayList<>(raw);
        all.addAll(averages);
        SimulatedRun run = SimulatedRun.track(all, 4096);
        List<StoredAverage> stored = run.stored(all);
        assertThat(doubts(stored)).isEmpty();
        List<StoredAverage> wrong = stored.stream()
                .map(s -> s.profile() instanceof Exponential e ? with(s, Exponential.ofHalfLife(480, e.endTime())) : s)
                .toList();
        assertThat(doubts(wrong)).singleElement().satisfies(doubt -> {
            assertThat(doubt.stated()).isEqualTo("the profile exponential:halflife=480");
            assertThat(doubt.supported()).startsWith("exponential:halflife=");
            assertThat(Double.parseDouble(doubt.supported().substring("exponential:halflife=".length())))
                    .isBetween(390.0, 410.0);
        });
        assertThat(warnings(stored, 4096)).isEmpty();
        List<StoredAverage> farOff = stored.stream()
                .map(s -> s.profile() instanceof Exponential e ? with(s, Exponential.ofHalfLife(1200, e.endTime())) : s)
                .toList();
        assertThat(warnings(farOff, 4096))
                .anyMatch(warning ->
                        warning.startsWith("files of averages that are not what is stated are not read: with them"));
    }

    /** Where there are raw weights, averages that are not what is stated are better left out. */
    @ParameterizedTest
    @CsvSource({
        "impulse, files of averages that are not what is stated",
        "exponential:halflife=60, predicted errors are"
    })
    void predictsErrorsOfWhatIsLikelier(String beside, String warned) {
        List<Profile> all = new ArrayList<>();
        for (int k = 1; k <= 16; k++) {
            all.add(ProfileSpec.parse(beside, 256.0 * k));
            all.add(Exponential.ofHalfLife(400, 256.0 * k));
        }
        Profile target = Power.ofSigmaRel(0.1, 4096);
        all.add(target);
        SimulatedRun run = SimulatedRun.track(all, 4096);
        List<StoredAverage> wrong = run.stored(all.subList(0, all.size() - 1)).stream()
                .map(s -> s.profile()
                                .equals(Exponential.ofHalfLife(400, s.profile().endTime()))
                        ? with(s, Exponential.ofHalfLife(800, s.profile().endTime()))
                        : s)
                .toList();
        for (FilesToRead files : FilesToRead.values()) {
            Fit fit = new Solver(wrong).solve(target, SolverKind.BLUP, files);
            double actual = run.relativeError(fit, wrong);
            assertThat(fit.predictedRelativeError()).isBetween(actual / 2, 2 * actual);
            assertThat(fit.warnings()).anyMatch(warning -> warning.startsWith(warned));
        }
    }

    /** As after each epoch; what is stated is the decay of all trainers' own words, which says nothing of it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ema:0.8,warmup=none,every=1 | ema:0.8,warmup=none | exponential:decay=0.8
            ema:0.8,warmup=10,every=1   | ema:0.8,warmup=10   | ema:0.8,warmup=10
            swa:every=1                 | swa                 | power:gamma=0.0
            """)
    void namesUpdatesThatAreFewBetweenFiles(String truth, String stated, String printed) {
        List<Profile> all = new ArrayList<>();
        List<Profile> wrong = new ArrayList<>();
        for (int k = 1; k <= 32; k++) {
            all.add(new Impulse(k));
            all.add(ProfileSpec.parse(truth, k));
            wrong.add(new Impulse(k));
            wrong.add(ProfileSpec.parse(stated, k));
        }
        List<StoredAverage> stored = SimulatedRun.track(all, 32).stored(all);
        assertThat(doubts(stored)).isEmpty();
        List<StoredAverage> otherwise = IntStream.range(0, stored.size())
                .mapToObj(i -> with(stored.get(i), wrong.get(i)))
                .toList();
        assertThat(doubts(otherwise)).first().satisfies(doubt -> {
            assertThat(doubt.stated()).isEqualTo("the profile " + printed);
            assertThat(doubt.supported()).isEqualTo(truth);
            assertThat(doubt.nats()).isGreaterThan(10);
        });
    }

    /** As where a job goes on with an average, of which it saves the weights under the names of the raw ones. */
    @ParameterizedTest
    @CsvSource({"100, 2048", "1000, 2048", "10000, 2048", "1000, 3072"})
    void namesRawWeightsThatAreAnAverageFromSomeTimeOn(double age, int begin) {
        List<Profile> truth = new ArrayList<>();
        List<Profile> stated = new ArrayList<>();
        for (int time = 128; time <= 4096; time += 128) {
            stated.add(new Impulse(time));
            truth.add(
                    time <= begin
                            ? new Impulse(time)
                            : ProfileSpec.parse("ema:" + Math.exp(-1 / age) + ",warmup=none,after=" + begin, time));
        }
        Profile target = Power.ofSigmaRel(0.1, 4096);
        List<Profile> all = new ArrayList<>(truth);
        all.add(target);
        SimulatedRun run = SimulatedRun.track(all, 4096);
        List<StoredAverage> files = run.stored(truth);
        List<StoredAverage> raw = IntStream.range(0, files.size())
                .mapToObj(i -> with(files.get(i), stated.get(i)))
                .toList();
        assertThat(doubts(raw)).first().satisfies(doubt -> {
            assertThat(doubt.stated()).isEqualTo("that files after time " + begin + " hold raw weights");
            assertThat(doubt.supported()).startsWith("an average whose weights are about ");
        });
        Fit fit = new Solver(raw).solve(target, SolverKind.BLUP, FilesToRead.FEWEST);
        double actual = run.relativeError(fit, raw);
        assertThat(fit.predictedRelativeError()).isBetween(actual / 3, 3 * actual);
    }

    @Test
    void saysNothingOfRawWeightsThatAreRaw() {
        for (int seed = 0; seed < 24; seed++)
            assertThat(new Solver(new UnrecordedRun(seed).raw())
                            .report().stream()
                                    .flatMap(report -> report.doubts().stream())
                                    .toList())
                    .as(seed + "")
                    .isEmpty();
    }
}
