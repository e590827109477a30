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
import phema.evaluation.Point;
import phema.fleet.WorkState;
import phema.search.CurveFit;
import phema.search.Estimate;
import phema.search.Interval;
import phema.search.Observation;
import phema.search.SearchPoint;

/** Finds the best of the points that were evaluated. */
final class Optima {
    /** The least value of some noisy ones is that of the luckiest: from so many EMA lengths on, a model of the metric finds the best. */
    private static final int LENGTHS_FOR_A_MODEL = 4;

    /** Its cost grows with the cube of the points. */
    private static final int MOST_FOR_A_MODEL = 200;

    /** Half of an interval that holds 90 % of a normal distribution, in standard deviations. */
    private static final double NINETY_PERCENT = 1.645;

    private Optima() {}

    /**
     * Trials that can be compared, since they differ in nothing but EMA length, guidance and seeds.
     *
     * @param rest what they have in common
     * @param fit of the metric, where there are enough of them
     */
    record Comparable(Point rest, List<Observation> observations, Optional<CurveFit> fit) {
        static Comparable of(SweepSpec spec, Point rest, List<Observation> observations) {
            long lengths = observations.stream()
                    .map(o -> o.point().sigmaRel())
                    .distinct()
                    .count();
            long points =
                    observations.stream().map(Observation::point).distinct().count();
            return new Comparable(
                    rest,
                    observations,
                    lengths < LENGTHS_FOR_A_MODEL || points > MOST_FOR_A_MODEL
                            ? Optional.empty()
                            : Optional.of(fit(spec, observations)));
        }

        /** A search may find its best point beside those that it evaluated, a grid only between them. */
        private static CurveFit fit(SweepSpec spec, List<Observation> observations) {
            return switch (spec.mode()) {
                case GRID -> CurveFit.of(observations);
                case SEARCH ->
                    CurveFit.within(Interval.of(spec.sigmaRel()), Interval.of(spec.guidance()), observations);
            };
        }

        Optimum optimum() {
            return fit.map(f -> modelled(rest, f.best())).orElseGet(() -> least(rest, observations));
        }
    }

    /** Of trials that differ in time or guiding network, the best counts. Empty while no trial is done. */
    static Optional<Optimum> of(SweepSpec spec, List<Trial> trials) {
        return best(comparable(spec, trials));
    }

    static Optional<Optimum> best(List<Comparable> groups) {
        return groups.stream().map(Comparable::optimum).min(Comparator.comparingDouble(Optimum::metric));
    }

    static List<Comparable> comparable(SweepSpec spec, List<Trial> trials) {
        return trials.stream()
                .filter(t -> t.state() == WorkState.DONE && t.metrics().containsKey(spec.metric()))
                .collect(groupingBy(t -> t.point().with(0, 1, spec.seeds().getFirst()), LinkedHashMap::new, toList()))
                .entrySet()
                .stream()
                .map(e -> Comparable.of(spec, e.getKey(), observations(spec, e.getValue())))
                .toList();
    }

    static List<Observation> observations(SweepSpec spec, Collection<Trial> trials) {
        List<Observation> observations = new ArrayList<>();
        for (Trial trial : trials) {
            Double value = trial.metrics().get(spec.metric());
            if (value != null) observations.add(new Observation(searchPoint(trial), value));
        }
        return observations;
    }

    static SearchPoint searchPoint(Trial trial) {
        return new SearchPoint(trial.point().sigmaRel(), trial.point().guidance());
    }

    private static Optimum modelled(Point rest, Estimate best) {
        double deviation = (best.values().high() - best.values().low()) / 2 / NINETY_PERCENT;
        return new Optimum(
                rest.with(best.point().sigmaRel(), best.point().guidance(), rest.seeds()),
                best.value(),
                Optional.of(deviation),
                best.sigmaRel().low(),
                best.sigmaRel().high());
    }

    /** Of a metric with one minimum, the best EMA length lies between the neighbours of the least value's. */
    private static Optimum least(Point rest, List<Observation> observations) {
        Map<SearchPoint, List<Double>> repeated = new LinkedHashMap<>();
        for (Observation o : observations)
            repeated.computeIfAbsent(o.point(), p -> new ArrayList<>()).add(o.value());
        SearchPoint best = repeated.keySet().stream()
                .min(Comparator.comparingDouble(p -> mean(repeated.getOrDefault(p, List.of()))))
                .orElseThrow();
        List<Double> metrics = repeated.getOrDefault(best, List.of());
        double low = best.sigmaRel();
        double high = best.sigmaRel();
        for (SearchPoint point : repeated.keySet()) {
            double sigmaRel = point.sigmaRel();
            if (sigmaRel < best.sigmaRel() && (low == best.sigmaRel() || sigmaRel > low)) low = sigmaRel;
            if (sigmaRel > best.sigmaRel() && (high == best.sigmaRel() || sigmaRel < high)) high = sigmaRel;
        }
        return new Optimum(
                rest.with(best.sigmaRel(), best.guidance(), rest.seeds()),
                mean(metrics),
                standardError(metrics),
                low,
                high);
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    }

    private static Optional<Double> standardError(List<Double> values) {
        int n = values.size();
        if (n < 2) return Optional.empty();
        double mean = mean(values);
        double squares =
                values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
        return Optional.of(Math.sqrt(squares / (n - 1) / n));
    }
}
