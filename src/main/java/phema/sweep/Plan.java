package phema.sweep;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import phema.evaluation.Point;
import phema.evaluation.Seeds;
import phema.fleet.WorkState;
import phema.search.Interval;
import phema.search.Search;
import phema.search.SearchPoint;
import phema.search.SearchSpec;

/** Which points a sweep evaluates: the one place that knows what its mode means. */
final class Plan {
    /** Most EMA lengths and guidances that a search evaluates. */
    private static final int BUDGET = 50;

    private Plan() {}

    /**
     * What to evaluate beyond the trials that there are. Asked when a sweep begins and whenever a trial has ended.
     *
     * @param spec with times
     * @param workers that may evaluate at the same time
     * @return none when the trials at hand are all, or more of them must end first
     */
    static List<Point> next(SweepSpec spec, List<Trial> trials, int workers) {
        return switch (spec.mode()) {
            case GRID -> trials.isEmpty() ? grid(spec) : List.of();
            case SEARCH -> search(spec, trials, workers);
        };
    }

    private static List<Point> search(SweepSpec spec, List<Trial> trials, int workers) {
        Interval guidance = Interval.of(spec.guidance());
        SearchSpec search =
                new SearchSpec(Interval.of(spec.sigmaRel()), guidance, spec.tolerance(), BUDGET, Math.max(1, workers));
        Search.SearchStep step = Search.next(
                search,
                Optima.observations(spec, trials),
                points(trials, WorkState.QUEUED, WorkState.RUNNING),
                points(trials, WorkState.FAILED, WorkState.CANCELLED));
        if (!(step instanceof Search.SearchStep.Ask ask)) return List.of();
        Optional<Point.Guide> guide = guides(spec).getFirst();
        List<Point> points = new ArrayList<>();
        for (SearchPoint asked : ask.points())
            for (Seeds seeds : spec.seeds())
                points.add(new Point(asked.sigmaRel(), spec.time().getFirst(), asked.guidance(), guide, seeds));
        return points;
    }

    private static List<SearchPoint> points(List<Trial> trials, WorkState... states) {
        return trials.stream()
                .filter(trial -> Stream.of(states).anyMatch(state -> state == trial.state()))
                .map(Optima::searchPoint)
                .toList();
    }

    /** How many points a grid has: known before any is made. */
    static double gridSize(SweepSpec spec) {
        double guides = spec.guides().stream()
                .mapToDouble(g -> (double) g.sigmaRel().size() * g.time().size())
                .sum();
        return (double) spec.sigmaRel().size()
                * spec.time().size()
                * spec.guidance().size()
                * spec.seeds().size()
                * (spec.guides().isEmpty() ? 1 : guides);
    }

    /** Neighbours share weights where they can. */
    static List<Point> grid(SweepSpec spec) {
        List<Optional<Point.Guide>> guides = guides(spec);
        Set<Point> points = new LinkedHashSet<>();
        for (double time : spec.time())
            for (double sigmaRel : spec.sigmaRel())
                for (Optional<Point.Guide> guide : guides)
                    for (double guidance : spec.guidance())
                        for (Seeds seeds : spec.seeds()) points.add(new Point(sigmaRel, time, guidance, guide, seeds));
        return List.copyOf(points);
    }

    private static List<Optional<Point.Guide>> guides(SweepSpec spec) {
        if (spec.guides().isEmpty()) return List.of(Optional.empty());
        List<Optional<Point.Guide>> guides = new ArrayList<>();
        for (SweepSpec.GuideAxis g : spec.guides())
            for (double time : g.time())
                for (double sigmaRel : g.sigmaRel()) guides.add(Optional.of(new Point.Guide(g.run(), sigmaRel, time)));
        return guides;
    }
}
