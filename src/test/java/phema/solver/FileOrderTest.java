package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import phema.profile.Impulse;
import phema.profile.Power;
import phema.text.Labels;

/** Files of the sample run whose names were exchanged at random. */
class FileOrderTest {
    private static final List<StoredAverage> AVERAGES = FixtureRun.averages().stored();
    private static final List<StoredAverage> CHECKPOINTS =
            FixtureRun.checkpoints().stored();
    private static final String MIXED_UP = "the order of their times, as if their names had been mixed up";

    /** @param order of the files whose weights each name gets */
    private static List<StoredAverage> named(List<StoredAverage> files, List<Integer> order) {
        return IntStream.range(0, files.size())
                .mapToObj(i -> {
                    StoredAverage weights = files.get(order.get(i));
                    return new StoredAverage(files.get(i).profile(), weights.sample(), weights.roundingVariance());
                })
                .toList();
    }

    private static List<Integer> shuffled(int files, long seed) {
        List<Integer> order = new ArrayList<>(IntStream.range(0, files).boxed().toList());
        Collections.shuffle(order, new Random(seed));
        return order;
    }

    private static List<StoredAverage> shuffled(List<StoredAverage> files, long seed) {
        return named(files, shuffled(files.size(), seed));
    }

    private static RunReport report(List<StoredAverage> files) {
        return new Solver(files).report().orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void isToldOfCheckpoints(long seed) {
        List<Integer> order = shuffled(CHECKPOINTS.size(), seed);
        RunReport report = report(named(CHECKPOINTS, order));
        assertThat(report.oddFiles()).isEmpty();
        List<String> names = IntStream.range(0, CHECKPOINTS.size())
                .mapToObj(order::indexOf)
                .map(i -> Labels.plain(CHECKPOINTS.get(i).profile().endTime()))
                .toList();
        assertThat(report.doubts()).singleElement().satisfies(doubt -> {
            assertThat(doubt.stated()).isEqualTo(MIXED_UP);
            assertThat(doubt.supported())
                    .isIn(Stream.of(names, names.reversed())
                            .map(all -> all.stream().limit(8).collect(Collectors.joining(", ", "that of ", ", ...")))
                            .map(told -> told + " or its reverse")
                            .toList());
            assertThat(doubt.nats()).isGreaterThan(10);
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void isToldOfAveragesWhoseWidthsAreMixedUpAsWell(long seed) {
        RunReport report = report(shuffled(AVERAGES, seed));
        assertThat(report.oddFiles()).isEmpty();
        assertThat(report.doubts()).extracting(Doubt::stated).containsExactly(MIXED_UP);
    }

    /** As where both wrote into one folder, and the names of one count from elsewhere. */
    @Test
    void isThatOfTwoRunsWhereTheirFilesTakeTurns() {
        var random = new Random(1);
        double[] one = random.doubles(1000, -1, 1).toArray();
        double[] other = one.clone();
        List<StoredAverage> files = new ArrayList<>();
        for (int time = 100; time <= 1600; time += 100) {
            for (int k = 0; k < one.length; k++) {
                one[k] += 0.1 * random.nextGaussian();
                other[k] += 0.1 * random.nextGaussian();
            }
            files.add(new StoredAverage(new Impulse(time), (time % 200 == 0 ? one : other).clone(), 0));
        }
        assertThat(report(files).doubts())
                .extracting(Doubt::inWords)
                .singleElement()
                .asString()
                .startsWith("files contradict that they are of one run: another run for the files of time 100, 300,"
                        + " 500, 700, 900, 1100, 1300, 1500 is likelier, by ");
    }

    @Test
    void isSaidWithTheFit() {
        List<StoredAverage> wide = IntStream.range(0, AVERAGES.size())
                .filter(i -> i % 2 == 1)
                .mapToObj(AVERAGES::get)
                .toList();
        Fit fit = new Solver(shuffled(wide, 5))
                .solve(Power.ofSigmaRel(0.075, FixtureRun.END), SolverKind.BLUP, FilesToRead.ALL);
        assertThat(fit.warnings())
                .anySatisfy(warning -> assertThat(warning)
                        .startsWith("the files contradict " + MIXED_UP + ": that of ")
                        .contains(" is likelier, by "));
    }

    @Test
    void isWhatTheTimesSayInGoodRunsAndWhereTwoFilesAreExchanged() {
        List<Integer> two =
                new ArrayList<>(IntStream.range(0, CHECKPOINTS.size()).boxed().toList());
        Collections.swap(two, 4, 12);
        Stream.of(AVERAGES, CHECKPOINTS, named(CHECKPOINTS, two), CHECKPOINTS.subList(0, 5))
                .forEach(files -> assertThat(FileOrder.doubt(files)).isEmpty());
    }

    /** Weights that only jitter are as far from each other in any order. */
    @Test
    void isNotDoubtedWhereWeightsDoNotMove() {
        double[] values = CHECKPOINTS.getFirst().sample();
        List<StoredAverage> still = IntStream.range(0, CHECKPOINTS.size())
                .mapToObj(i -> {
                    var random = new Random(i);
                    double[] jittered = values.clone();
                    for (int k = 0; k < jittered.length; k++) jittered[k] += 0.1 * random.nextGaussian();
                    return new StoredAverage(CHECKPOINTS.get(i).profile(), jittered, 1e-8);
                })
                .toList();
        assertThat(FileOrder.doubt(still)).isEmpty();
    }
}
