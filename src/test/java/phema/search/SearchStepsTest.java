package phema.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SearchStepsTest {
    private static final Interval LENGTHS = new Interval(0.010, 0.250);
    private static final Interval UNGUIDED = new Interval(1, 1);

    /** FID of EDM2-S with its published optimum. */
    private static double fid(SearchPoint point) {
        double x = Math.log(point.length() / 0.130);
        return 2.56 * Math.exp(0.5 * x * x);
    }

    private static Observation observed(SearchPoint point) {
        return new Observation(point, fid(point));
    }

    private static SearchSpec spec(int budget, int parallelism) {
        return new SearchSpec(LENGTHS, UNGUIDED, 0.02, budget, parallelism);
    }

    private static List<SearchPoint> asked(Search.SearchStep step) {
        assertThat(step).isInstanceOf(Search.SearchStep.Ask.class);
        return ((Search.SearchStep.Ask) step).points();
    }

    private static Estimate found(Search.SearchStep step) {
        assertThat(step).isInstanceOf(Search.SearchStep.SearchFound.class);
        return ((Search.SearchStep.SearchFound) step).estimate();
    }

    private static Search.SearchStep finish(SearchSpec spec, List<Observation> observations) {
        while (true) {
            Search.SearchStep step = Search.next(spec, observations, List.of(), List.of());
            if (!(step instanceof Search.SearchStep.Ask ask)) return step;
            ask.points().forEach(point -> observations.add(observed(point)));
        }
    }

    @Test
    void takesTheSameStepFromTheSameObservationsInAnyProcess() {
        List<Observation> whole = new ArrayList<>();
        Estimate estimate = found(finish(spec(9, 1), whole));

        for (int known = 0; known < whole.size(); known++) {
            List<Observation> resumed = new ArrayList<>(whole.subList(0, known));
            assertThat(found(finish(spec(9, 1), resumed))).isEqualTo(estimate);
            assertThat(resumed).isEqualTo(whole);
        }
    }

    @Test
    void evaluatesMoreForACloserTolerance() {
        List<Observation> rough = new ArrayList<>();
        List<Observation> close = new ArrayList<>();

        assertThat(found(finish(new SearchSpec(LENGTHS, UNGUIDED, 0.05, 30, 1), rough))
                        .loss())
                .isLessThanOrEqualTo(0.05);
        assertThat(found(finish(new SearchSpec(LENGTHS, UNGUIDED, 0.002, 30, 1), close))
                        .loss())
                .isLessThanOrEqualTo(0.002);

        assertThat(rough).hasSizeLessThan(close.size());
        assertThat(close).hasSizeLessThan(30);
    }

    @Test
    void keepsAsManyEvaluationsRunningAsItMay() {
        List<SearchPoint> running = new ArrayList<>(asked(Search.next(spec(9, 3), List.of(), List.of(), List.of())));
        assertThat(running).hasSize(3);

        List<Observation> observations = new ArrayList<>();
        Set<SearchPoint> all = new HashSet<>(running);
        while (!running.isEmpty()) {
            observations.add(observed(running.removeFirst()));
            if (Search.next(spec(9, 3), observations, running, List.of()) instanceof Search.SearchStep.Ask ask)
                for (SearchPoint point : ask.points()) {
                    assertThat(all.add(point)).as("%s is new", point).isTrue();
                    running.add(point);
                }
            assertThat(running).hasSizeLessThanOrEqualTo(3);
        }
        Estimate estimate = found(Search.next(spec(9, 3), observations, List.of(), List.of()));
        assertThat(all).hasSizeLessThanOrEqualTo(9);
        assertThat(fid(estimate.point())).isLessThan(2.56 * 1.02);
    }

    @Test
    void goesAroundPointsThatFailed() {
        // Lengths that this run cannot be reconstructed with.
        List<SearchPoint> failed = new ArrayList<>();
        List<Observation> observations = new ArrayList<>();
        Search.SearchStep step;
        while ((step = Search.next(spec(12, 1), observations, List.of(), failed)) instanceof Search.SearchStep.Ask ask)
            for (SearchPoint point : ask.points()) {
                if (point.length() < 0.03) failed.add(point);
                else observations.add(observed(point));
            }

        assertThat(failed).doesNotHaveDuplicates();
        assertThat(fid(found(step).point())).isLessThan(2.56 * 1.02);
    }

    @Test
    void givesUpWhenEverythingFailed() {
        List<SearchPoint> failed = new ArrayList<>();
        Search.SearchStep step;
        while ((step = Search.next(spec(6, 2), List.of(), List.of(), failed)) instanceof Search.SearchStep.Ask ask)
            failed.addAll(ask.points());

        assertThat(step).isInstanceOf(Search.SearchStep.SearchFailed.class);
        assertThat(failed).hasSize(6).doesNotHaveDuplicates();
    }

    @Test
    void takesInEvaluationsItDidNotAskFor() {
        List<Observation> grid = Stream.of(0.02, 0.04, 0.06, 0.08, 0.10, 0.12, 0.14, 0.16, 0.18, 0.20)
                .map(length -> observed(new SearchPoint(length, 1)))
                .toList();

        Estimate estimate = found(Search.next(spec(20, 1), grid, List.of(), List.of()));

        assertThat(estimate.lengths().contains(0.130)).isTrue();
        assertThat(estimate.point().length()).isBetween(0.115, 0.145);
    }

    @Test
    void searchesMetricsThatCrossZero() {
        // Unbiased estimates of a kernel distance.
        List<Observation> observations = new ArrayList<>();
        Search.SearchStep step;
        while ((step = Search.next(spec(12, 1), observations, List.of(), List.of()))
                instanceof Search.SearchStep.Ask ask)
            for (SearchPoint point : ask.points())
                observations.add(new Observation(point, Math.pow(Math.log(point.length() / 0.060), 2) - 0.05));

        assertThat(found(step).point().length()).isBetween(0.045, 0.080);
    }

    @Test
    void findsAnOptimumAtTheEndOfTheRange() {
        var lengths = new Interval(0.010, 0.080);
        var spec = new SearchSpec(lengths, UNGUIDED, 0.02, 9, 1);
        Estimate estimate = found(finish(spec, new ArrayList<>()));

        assertThat(estimate.point().length()).isBetween(0.077, 0.080);
    }

    @Test
    void asksForLengthsThatFileNamesCanTellApart() {
        List<Observation> observations = new ArrayList<>();
        finish(spec(9, 1), observations);

        assertThat(observations)
                .allMatch(o -> "%.3f"
                        .formatted(o.point().length())
                        .equals(trimmed(o.point().length())));
    }

    private static String trimmed(double value) {
        return "%.9f".formatted(value).replaceFirst("000000$", "");
    }

    @Test
    void evaluatesASingleLengthOnce() {
        var spec = new SearchSpec(new Interval(0.1, 0.1), UNGUIDED, 0.02, 9, 1);
        List<Observation> observations = new ArrayList<>();

        assertThat(found(finish(spec, observations)).point()).isEqualTo(new SearchPoint(0.1, 1));
        assertThat(observations).hasSize(1);
    }
}
