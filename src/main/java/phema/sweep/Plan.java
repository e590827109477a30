package phema.sweep;

import java.util.List;
import java.util.stream.Stream;
import phema.evaluation.Axes;
import phema.evaluation.Point;
import phema.fleet.WorkState;
import phema.search.Interval;
import phema.search.Search;
import phema.search.SearchPoint;
import phema.search.SearchSpec;

/** Decides which points a sweep evaluates: the one place that knows what its mode means. */
final class Plan {
    /** The most EMA lengths and guidances that a search evaluates. */
    private static final int BUDGET = 50;

    private Plan() {}

    /**
     * What to evaluate beyond the trials that there are. Asked when a sweep begins and whenever a trial has ended.
     *
     * @param spec with times
     * @param trials and measurements that count with them
     * @param workers that may evaluate at the same time
     * @return none when the trials at hand are all, or more of them must end first
     */
    static List<Point> next(SweepSpec spec, List<Trial> trials, int workers) {
        return switch (spec.mode()) {
            case GRID ->
                trials.stream().allMatch(Trial::isMeasured) ? spec.axes().grid() : List.of();
            case SEARCH -> search(spec, trials, workers);
        };
    }

    private static List<Point> search(SweepSpec spec, List<Trial> trials, int workers) {
        Interval guidance = Interval.of(spec.guidance());
        // What others measured costs nothing.
        int given = (int) trials.stream().filter(Trial::isMeasured).count();
        SearchSpec search = new SearchSpec(
                Interval.of(spec.lengths()), guidance, spec.tolerance(), BUDGET + given, Math.max(1, workers));
        Search.SearchStep step = Search.next(
                search,
                Optima.observations(spec, trials),
                points(trials, WorkState.QUEUED, WorkState.RUNNING),
                points(trials, WorkState.FAILED, WorkState.CANCELLED));
        return asked(step, trials.size() == given).stream()
                .flatMap(asked -> spec
                        .axes()
                        .with(Axes.LENGTH, List.of(asked.length()))
                        .with(Axes.GUIDANCE, List.of(asked.guidance()))
                        .grid()
                        .stream())
                .toList();
    }

    /** Where all is known from measurements of others, the best of it is evaluated all the same. */
    private static List<SearchPoint> asked(Search.SearchStep step, boolean begins) {
        return switch (step) {
            case Search.SearchStep.Ask ask -> ask.points();
            case Search.SearchStep.SearchFound found ->
                begins ? List.of(found.estimate().point()) : List.of();
            case Search.SearchStep.SearchFailed failed -> List.of();
        };
    }

    private static List<SearchPoint> points(List<Trial> trials, WorkState... states) {
        return trials.stream()
                .filter(trial -> Stream.of(states).anyMatch(state -> state == trial.state()))
                .map(Optima::searchPoint)
                .toList();
    }
}
