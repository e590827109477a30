package phema.sweep;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which points a sweep evaluates: the one place that knows what its mode means. */
final class Plan {
    private Plan() {}

    /**
     * What to evaluate beyond the trials that there are. Asked when a sweep begins and whenever a trial has ended.
     *
     * @param spec with times
     * @return none when the trials at hand are all, or more of them must end first
     */
    static List<Point> next(SweepSpec spec, List<Trial> trials) {
        return switch (spec.mode()) {
            case GRID -> trials.isEmpty() ? grid(spec) : List.of();
            case SEARCH -> throw new IllegalStateException("refused by SweepChecks");
        };
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
        for (SweepSpec.Guides g : spec.guides())
            for (double time : g.time())
                for (double sigmaRel : g.sigmaRel()) guides.add(Optional.of(new Point.Guide(g.run(), sigmaRel, time)));
        return guides;
    }
}
