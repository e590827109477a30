package phema.solver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Prints the table of docs/solver.md that says how often averages are recognised, and how often wrongly:
 * {@code ./mvnw -q test -Dtest=RecognitionFigures}, which takes a quarter of an hour on two cores.
 */
class RecognitionFigures {
    private static final int RUNS = 500;

    private static final int LATE_RUNS = 100;

    /** The greatest error of what is not wrong. */
    static final double WRONG = 0.05;

    /** The greatest one of late averages. */
    static final double APART = 0.2;

    /** A run, and what was found. */
    private record Found(UnrecordedRun run, Optional<RecognisedDecay> decay) {
        boolean certain() {
            return decay.filter(RecognisedDecay::certain).isPresent();
        }

        boolean wrong() {
            if (!certain()) return false;
            String spec = decay.orElseThrow().spec();
            return run.isLate() ? run.apart(spec) > APART : run.error(spec) > WRONG;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1_000_000, 2_000_000})
    void ofSimulatedRuns(long seed) {
        assertThat(wrong(seed, false, RUNS)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {5_000_000, 6_000_000})
    void ofSimulatedRunsWhoseAveragesBeginLate(long seed) {
        assertThat(wrong(seed, true, LATE_RUNS)).hasSizeLessThan(2);
    }

    /** What was wrong. @param late whether averages begin late */
    private static List<String> wrong(long seed, boolean late, int runs) {
        Map<String, List<Found>> byKind = new TreeMap<>();
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < runs; i++) {
            var run = new UnrecordedRun(seed + i, late);
            var found = new Found(run, DecaySearch.search(run.raw(), run.averages(), true, List.of(), run.told()));
            byKind.computeIfAbsent(run.kind(), kind -> new ArrayList<>()).add(found);
            if (found.wrong()) wrong.add("seed " + (seed + i) + ", " + run.kind() + ": " + found.decay());
        }
        print("%n| what the job did, seeds from %d | runs | certain | of these wrong |%n|---|---|---|---|%n", seed);
        byKind.forEach(RecognitionFigures::row);
        row("all", byKind.values().stream().flatMap(List::stream).toList());
        return wrong;
    }

    private static void row(String kind, List<Found> found) {
        print(
                "| %s | %d | %d | %d |%n",
                kind,
                found.size(),
                found.stream().filter(Found::certain).count(),
                found.stream().filter(Found::wrong).count());
    }

    private static void print(String format, Object... values) {
        System.out.printf(Locale.ROOT, format, values);
    }
}
