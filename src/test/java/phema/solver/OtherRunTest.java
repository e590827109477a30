package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.profile.Impulse;
import phema.profile.Power;
import phema.profile.Profile;

/** Folders in which the first files are of a run that was begun anew, and the others of an older one. */
class OtherRunTest {
    private static final int WEIGHTS = 600;
    private static final double END = 800;
    private static final Profile TARGET = Power.ofSigmaRel(0.15, END);

    /** Rates of runs that are one. */
    private enum Course {
        CONSTANT(t -> 1),
        COSINE(t -> 0.5 + 0.5 * Math.cos(Math.PI * t / END)),
        FALLING(t -> 1 / t),
        DROPPED(t -> t < 475 ? 1 : 0.01),
        RAISED(t -> t < 475 ? 0.1 : 1),
        RESTARTED(t -> 0.5 + 0.5 * Math.cos(Math.PI * (t % 200) / 200)),
        RESTARTED_OFTEN(t -> 0.5 + 0.5 * Math.cos(Math.PI * (t % 100) / 100));

        private final DoubleUnaryOperator rate;

        Course(DoubleUnaryOperator rate) {
            this.rate = rate;
        }
    }

    /** A walk from where all begin. @param head weights that are drawn anew at step 410 */
    private static Map<Profile, double[]> walk(Course course, int head, long seed, List<Profile> profiles) {
        Random random = new Random(7);
        double[] weights = random.doubles(WEIGHTS, -1, 1).toArray();
        random.setSeed(seed);
        Map<Profile, double[]> averages = new HashMap<>();
        Stream.concat(profiles.stream(), Stream.of(TARGET)).forEach(profile -> averages.put(profile, weights.clone()));
        for (int step = 1; step <= END; step++) {
            double size = 0.05 * Math.sqrt(course.rate.applyAsDouble(step));
            for (int k = 0; k < WEIGHTS; k++) weights[k] += size * random.nextGaussian();
            for (int k = 0; k < head && step == 410; k++) weights[k] = 10 * random.nextGaussian();
            double now = step;
            averages.forEach((profile, average) -> {
                if (now > profile.endTime()) return;
                double kept = profile instanceof Power p ? Math.pow(1 - 1 / now, p.gamma() + 1) : 0;
                for (int k = 0; k < WEIGHTS; k++) average[k] = kept * average[k] + (1 - kept) * weights[k];
            });
        }
        return averages;
    }

    private static List<Profile> profiles(boolean raw, double... times) {
        return DoubleStream.of(times)
                .boxed()
                .flatMap(time -> raw
                        ? Stream.<Profile>of(new Impulse(time))
                        : Stream.<Profile>of(Power.ofSigmaRel(0.05, time), Power.ofSigmaRel(0.1, time)))
                .toList();
    }

    private static double[] every50() {
        return DoubleStream.iterate(50, time -> time <= END, time -> time + 50).toArray();
    }

    private static StoredAverage stored(Profile profile, Map<Profile, double[]> run) {
        return new StoredAverage(profile, Objects.requireNonNull(run.get(profile)), 0);
    }

    @ParameterizedTest
    @CsvSource({"true, 450", "true, 600", "false, 450", "false, 600"})
    void isToldAndCounts(boolean raw, double begin) {
        List<Profile> profiles = profiles(raw, every50());
        Map<Profile, double[]> older = walk(Course.CONSTANT, 0, 1, profiles);
        Map<Profile, double[]> anew = walk(Course.CONSTANT, 0, 2, profiles);
        Solver solver = new Solver(profiles.stream()
                .map(profile -> stored(profile, profile.endTime() < begin ? anew : older))
                .toList());

        assertThat(solver.report().orElseThrow().doubts())
                .extracting(Doubt::inWords)
                .singleElement()
                .asString()
                .startsWith("files contradict that they are of one run: another run from time " + (int) begin
                        + " on is likelier");
        assertThat(solver.report().orElseThrow().oddFiles()).isEmpty();
        Fit fit = solver.solve(TARGET, SolverKind.BLUP, FilesToRead.ALL);
        assertThat(fit.warnings()).anyMatch(warning -> warning.startsWith("no average of both runs is one of either"));
        double[] truth = Objects.requireNonNull(older.get(TARGET));
        double error = 0;
        double size = 0;
        for (int k = 0; k < WEIGHTS; k++) {
            double made = 0;
            for (int i = 0; i < profiles.size(); i++) {
                Map<Profile, double[]> run = profiles.get(i).endTime() < begin ? anew : older;
                made += fit.coefficients().get(i) * stored(profiles.get(i), run).sample()[k];
            }
            error += (made - truth[k]) * (made - truth[k]);
            size += truth[k] * truth[k];
        }
        assertThat(Math.sqrt(error / size) / fit.predictedRelativeError()).isBetween(0.6, 1.5);
    }

    @ParameterizedTest
    @EnumSource
    void isNotToldOfOneRun(Course course) {
        for (boolean raw : new boolean[] {true, false})
            assertThat(found(course, 0, profiles(raw, every50()))).isEmpty();
    }

    /** Where files are missing, and where a few weights begin anew. */
    @Test
    void isNotToldOfAGapOrAFewWeights() {
        for (boolean raw : new boolean[] {true, false}) {
            double[] gap = {40, 50, 60, 70, 80, 90, 100, 110, 700, 710, 720, 730, 800};
            assertThat(found(Course.CONSTANT, 0, profiles(raw, gap))).isEmpty();
            assertThat(found(Course.CONSTANT, WEIGHTS / 50, profiles(raw, every50())))
                    .isEmpty();
        }
    }

    /** Averages tell a clock that jumps from a run that is another. */
    @ParameterizedTest
    @ValueSource(ints = {10, 30})
    void isNotToldOfAClockThatJumps(int intervals) {
        double jump = 10 * (intervals - 1);
        double[] times = DoubleStream.iterate(10, time -> time <= END, time -> time + (time == 200 ? jump + 10 : 10))
                .limit(40)
                .toArray();
        Map<Profile, double[]> run = walk(Course.CONSTANT, 0, 1, profiles(false, times));
        List<StoredAverage> stored = run.entrySet().stream()
                .filter(file -> file.getKey() != TARGET)
                .map(file -> stored(ending(file.getKey(), jump), Map.of(ending(file.getKey(), jump), file.getValue())))
                .toList();
        assertThat(new Solver(stored).report().orElseThrow().doubts())
                .extracting(Doubt::stated)
                .first()
                .isEqualTo("the clock between 200 and 210");
    }

    private static Profile ending(Profile profile, double jump) {
        return Restatement.endingAt(profile, profile.endTime() > 200 ? profile.endTime() - jump : profile.endTime());
    }

    private static List<Doubt> found(Course course, int head, List<Profile> profiles) {
        Map<Profile, double[]> run = walk(course, head, 1, profiles);
        return OtherRun.among(
                        profiles.stream().map(profile -> stored(profile, run)).toList())
                .stream()
                .map(OtherRun::doubt)
                .toList();
    }
}
