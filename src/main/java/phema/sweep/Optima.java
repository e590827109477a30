package phema.sweep;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import phema.evaluation.Axes;
import phema.evaluation.MetricGoal.MetricDirection;
import phema.evaluation.Point;
import phema.fleet.WorkState;
import phema.search.CurveFit;
import phema.search.Estimate;
import phema.search.Interval;
import phema.search.Observation;
import phema.search.Repeats;
import phema.search.SearchPoint;
import phema.search.Suggestion;
import phema.text.Labels;

/** Finds the best of the points that were evaluated. */
final class Optima {
    /** The most points of a model, whose cost grows with their cube. */
    private static final int MOST_FOR_A_MODEL = 200;

    /** The half of an interval that holds 90 % of a normal distribution, in standard deviations. */
    private static final double NINETY_PERCENT = 1.645;

    private Optima() {}

    /**
     * Trials that can be compared, since they differ in nothing but EMA length, guidance and seeds.
     *
     * @param direction of the metric, whose costs the observations are
     * @param any of their points, with the first seeds
     * @param fit of the metric, where there are enough of them
     */
    record Comparable(MetricDirection direction, Point any, List<Observation> observations, Optional<CurveFit> fit) {
        static Comparable of(SweepSpec spec, Point any, List<Observation> observations) {
            return new Comparable(
                    spec.goal().direction(),
                    any,
                    observations,
                    areEnough(spec, observations)
                            ? Optional.of(fit(spec, observations)).filter(CurveFit::isLikely)
                            : Optional.empty());
        }

        private static boolean areEnough(SweepSpec spec, List<Observation> observations) {
            long lengths = observations.stream()
                    .map(o -> o.point().length())
                    .distinct()
                    .count();
            long points =
                    observations.stream().map(Observation::point).distinct().count();
            return lengths >= Suggestion.LENGTHS && points <= MOST_FOR_A_MODEL && areUsual(spec, observations);
        }

        /** Older versions, and files that runs carry, took any. */
        private static boolean areUsual(SweepSpec spec, List<Observation> observations) {
            return Stream.concat(
                                    observations.stream().map(Observation::point),
                                    spec.lengths().stream().map(length -> new SearchPoint(length, 1)))
                            .allMatch(SearchPoint::isUsual)
                    && observations.stream().allMatch(o -> Math.abs(o.value()) <= Observation.GREATEST);
        }

        /** A search may find its best point beside those that it evaluated, a grid only between them. */
        private static CurveFit fit(SweepSpec spec, List<Observation> observations) {
            return switch (spec.mode()) {
                case GRID -> CurveFit.of(observations);
                case SEARCH -> CurveFit.within(Interval.of(spec.lengths()), Interval.of(spec.guidance()), observations);
            };
        }

        Optimum optimum() {
            return fit.map(f -> modelled(direction, any, f.best()))
                    .orElseGet(() -> least(direction, any, observations));
        }

        Optional<SweepFit> sweepFit() {
            return fit.map(f -> new SweepFit(any, f, direction));
        }
    }

    /** Of trials that differ in more than EMA length, guidance and seeds, the best counts. Empty while none is done. */
    static Optional<Optimum> of(SweepSpec spec, List<Trial> trials) {
        return best(comparable(spec, trials));
    }

    static Optional<Optimum> best(List<Comparable> groups) {
        return groups.stream()
                .map(group -> new Ranked(group.optimum(), group.direction()))
                .min(Comparator.comparingDouble(Ranked::cost))
                .map(Ranked::optimum);
    }

    /** Ranks an optimum among others: a model takes a moment, and so each is found once. */
    private record Ranked(Optimum optimum, MetricDirection direction) {
        /** Less for the better. */
        double cost() {
            return direction.cost(optimum.metric());
        }
    }

    static List<Comparable> comparable(SweepSpec spec, List<Trial> trials) {
        return trials.stream()
                .filter(t -> t.state() == WorkState.DONE && t.metrics().containsKey(spec.metric()))
                .collect(groupingBy(t -> t.point().rest(), LinkedHashMap::new, toList()))
                .values()
                .stream()
                .map(group -> Comparable.of(
                        spec,
                        group.getFirst().point().with(Axes.SEEDS, spec.seeds().getFirst()),
                        observations(spec, group)))
                .toList();
    }

    /** Of costs: less is better. */
    static List<Observation> observations(SweepSpec spec, Collection<Trial> trials) {
        List<Observation> observations = new ArrayList<>();
        for (Trial trial : trials) {
            Double value = trial.metrics().get(spec.metric());
            if (value != null)
                observations.add(new Observation(
                        searchPoint(trial), spec.goal().direction().cost(value)));
        }
        return observations;
    }

    static SearchPoint searchPoint(Trial trial) {
        return new SearchPoint(trial.point().length(), trial.point().guidance());
    }

    /**
     * Where no curve goes through these trials, although there are enough of them for one: which of them is farthest
     * off, as a sentence without its stop.
     */
    static Optional<String> uneven(SweepSpec spec, List<Trial> trials, Optimum optimum) {
        List<Observation> observations = observations(spec, trials);
        if (optimum.isModelled() || !Comparable.areEnough(spec, observations)) return Optional.empty();
        Observation worst = observations.stream()
                .max(Comparator.comparingDouble(Observation::value))
                .orElseThrow();
        return Optional.of("no smooth curve goes through its values, so that it is the best one measured; the worst is "
                + Labels.plain(spec.goal().direction().cost(worst.value())) + " at "
                + spec.axes().family().print(worst.point().length()) + ", of an evaluation that may have gone wrong");
    }

    private static Point at(Point any, SearchPoint best) {
        return any.with(Axes.LENGTH, best.length()).with(Axes.GUIDANCE, best.guidance());
    }

    private static Optimum modelled(MetricDirection direction, Point any, Estimate best) {
        double deviation = (best.values().high() - best.values().low()) / 2 / NINETY_PERCENT;
        return new Optimum(
                at(any, best.point()),
                direction.cost(best.value()),
                Optional.of(deviation),
                best.lengths().low(),
                best.lengths().high(),
                Optional.of(true));
    }

    /** Of a metric with one minimum, the best EMA length lies between the neighbours of the least value's. */
    private static Optimum least(MetricDirection direction, Point any, List<Observation> observations) {
        Map<SearchPoint, Repeats> repeated = Repeats.by(observations, Observation::point, Observation::value);
        Map.Entry<SearchPoint, Repeats> least = repeated.entrySet().stream()
                .min(Comparator.comparingDouble(e -> e.getValue().mean()))
                .orElseThrow();
        SearchPoint best = least.getKey();
        OptionalDouble error = least.getValue().standardError();
        double low = best.length();
        double high = best.length();
        for (SearchPoint point : repeated.keySet()) {
            double length = point.length();
            if (length < best.length() && (low == best.length() || length > low)) low = length;
            if (length > best.length() && (high == best.length() || length < high)) high = length;
        }
        return new Optimum(
                at(any, best),
                direction.cost(least.getValue().mean()),
                error.isPresent() ? Optional.of(error.getAsDouble()) : Optional.empty(),
                low,
                high,
                Optional.of(false));
    }
}
