package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import phema.profile.Impulse;
import phema.profile.Power;

/** Files of the sample run, two at each time, of which some are not what they are said to be. */
class OddFilesTest {
    private static final List<StoredAverage> AVERAGES = FixtureRun.averages().stored();
    private static final List<StoredAverage> CHECKPOINTS =
            FixtureRun.checkpoints().stored();

    private final List<StoredAverage> stored = new ArrayList<>(AVERAGES);

    private RunReport report() {
        return new Solver(stored).report().orElseThrow();
    }

    private void put(int file, double[] values) {
        StoredAverage own = stored.get(file);
        stored.set(file, new StoredAverage(own.profile(), values, own.roundingVariance()));
    }

    private double[] disturbed(int file, double size) {
        double[] values = stored.get(file).sample().clone();
        double rms = Math.sqrt(Arrays.stream(values).map(v -> v * v).average().orElseThrow());
        var random = new Random(file);
        for (int k = 0; k < values.length; k++) values[k] += size * rms * random.nextGaussian();
        return values;
    }

    @Test
    void belongTogetherInAGoodRun() {
        assertThat(report().oddFiles()).isEmpty();
        assertThat(report().withoutOddFiles()).isEmpty();
        assertThat(new Solver(CHECKPOINTS).report().orElseThrow().oddFiles()).isEmpty();
    }

    /** What is smooth about rates makes the last file before a fall of the rate seem odd. */
    @Test
    void areNoneWhereTheRateFalls() {
        var random = new Random(1);
        double[] weights = random.doubles(1000, -1, 1).toArray();
        List<StoredAverage> walk = new ArrayList<>();
        for (int time = 1; time <= 1600; time++) {
            double step = time < 1350 ? 0.05 : 0.0005;
            for (int k = 0; k < weights.length; k++) weights[k] += step * random.nextGaussian();
            if (time % 100 == 0) walk.add(new StoredAverage(new Impulse(time), weights.clone(), 0));
        }
        assertThat(new Solver(walk).report().orElseThrow().oddFiles()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 24, 30})
    void knowsACopyOfAnOlderFile(int file) {
        put(file, stored.get(file - 6).sample());
        assertThat(report().oddFiles()).singleElement().satisfies(odd -> {
            assertThat(odd.file()).isEqualTo(file);
            assertThat(odd.surprise()).isGreaterThan(100);
            assertThat(odd.likeness())
                    .isEqualTo("holds the same weights as "
                            + OddFiles.name(stored.get(file - 6).profile()));
        });
        assertThat(report().withoutOddFiles().orElseThrow()).isBetween(0.99, 1.01);
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 24, 30})
    void knowsADisturbedFileAndHowMuch(int file) {
        put(file, disturbed(file, 0.02));
        assertThat(report().oddFiles()).singleElement().satisfies(odd -> {
            assertThat(odd.file()).isEqualTo(file);
            assertThat(odd.apart()).isBetween(0.019, 0.022);
            assertThat(odd.likeness()).startsWith("differs from what the others let expect by 2.0e-02");
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {9, 17, 25, 31})
    void knowsWeightsOfAnotherRun(int file) {
        double[] values = stored.get(file).sample().clone();
        for (int k = 0; k < values.length; k++) values[k] = stored.get(0).sample()[(7 * k + 13) % values.length];
        put(file, values);
        assertThat(report().oddFiles()).singleElement().satisfies(odd -> {
            assertThat(odd.file()).isEqualTo(file);
            assertThat(odd.likeness()).endsWith("are these weights of another run?");
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 24})
    void knowsExchangedWidths(int file) {
        double[] values = stored.get(file).sample();
        put(file, stored.get(file + 1).sample());
        put(file + 1, values);
        assertThat(report().oddFiles())
                .isNotEmpty()
                .allSatisfy(odd -> assertThat(odd.likeness())
                        .isEqualTo("is what "
                                + OddFiles.name(stored.get(odd.file() == file ? file + 1 : file)
                                        .profile())
                                + " should be: were they exchanged?"));
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 24})
    void knowsExchangedTimes(int file) {
        double[] values = stored.get(file).sample();
        put(file, stored.get(file - 4).sample());
        put(file - 4, values);
        assertThat(report().oddFiles())
                .hasSize(2)
                .allSatisfy(odd -> assertThat(odd.likeness())
                        .isEqualTo("is what "
                                + OddFiles.name(stored.get(odd.file() == file ? file - 4 : file)
                                        .profile())
                                + " should be: were they exchanged?"));
    }

    @Test
    void knowsARawCheckpointThatDoesNotBelong() {
        stored.clear();
        stored.addAll(CHECKPOINTS);
        put(8, stored.get(4).sample());
        assertThat(report().oddFiles())
                .singleElement()
                .satisfies(
                        odd -> assertThat(odd.likeness()).isEqualTo("holds the same weights as impulse at time 81920"));
    }

    @Test
    void saysWithTheFitWhatHappensWithoutIt() {
        put(24, stored.get(18).sample());
        Fit fit = new Solver(stored).solve(Power.ofSigmaRel(0.075, FixtureRun.END), SolverKind.BLUP, FilesToRead.ALL);
        double good = new Solver(AVERAGES)
                .solve(Power.ofSigmaRel(0.075, FixtureRun.END), SolverKind.BLUP, FilesToRead.ALL)
                .predictedRelativeError();
        assertThat(fit.predictedRelativeError()).isGreaterThan(good);
        assertThat(fit.warnings())
                .anySatisfy(warning -> assertThat(warning)
                        .startsWith("the file power:0.05 at time 212992 does not belong to the others")
                        .contains("it holds the same weights as power:0.05 at time 163840")
                        .endsWith("; without it the predicted error is 1.9e-04"));
    }

    private static List<String> warnings(List<StoredAverage> stored, int target) {
        return new Solver(stored)
                .solve(stored.get(target).profile(), SolverKind.BLUP, FilesToRead.FEWEST)
                .warnings();
    }

    @Test
    void isSaidInOneLineWhereAnAnswerDoesNotReadThem() {
        assertThat(warnings(stored, 30)).isEmpty();
        put(8, stored.get(2).sample());
        assertThat(warnings(stored, 30))
                .containsExactly(
                        "1 of 32 files does not belong to the others, and is not read here: power:0.05 at time "
                                + "81920; what is stated of the run may be wrong, and phema inspect --fit tells more");
        for (int file : new int[] {4, 13, 16}) put(file, disturbed(file, 0.05));
        assertThat(warnings(stored, 30))
                .containsExactly("4 of 32 files do not belong to the others, and are not read here: power:0.05 at time "
                        + "49152, power:0.05 at time 81920, power:0.1 at time 114688 and 1 more; what is stated of the "
                        + "run may be wrong, and phema inspect --fit tells more");
        assertThat(warnings(stored, 8))
                .hasSize(2)
                .anyMatch(warning -> warning.startsWith("the file power:0.05 at time 81920 does not belong"))
                .anyMatch(warning -> warning.startsWith("3 of 32 files do not belong to the others, and are not read"));
    }

    @Test
    void isSaidOfCoefficientsThatAreGiven() {
        put(8, stored.get(2).sample());
        List<Double> newest = new ArrayList<>(Collections.nCopies(32, 0.0));
        newest.set(31, 1.0);
        assertThat(new Solver(stored)
                        .given(newest, stored.get(31).profile(), Optional.empty())
                        .warnings())
                .singleElement()
                .asString()
                .startsWith("1 of 32 files does not belong to the others, and is not read here");
    }
}
