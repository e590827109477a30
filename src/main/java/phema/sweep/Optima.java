package phema.sweep;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds the best of the points that were evaluated. */
final class Optima {
    private Optima() {}

    /** The point of the least mean metric; empty while no trial is done. */
    static Optional<Optimum> of(SweepSpec spec, List<Trial> trials) {
        Seeds first = spec.seeds().getFirst();
        Map<Point, List<Double>> repeated = trials.stream()
                .filter(t -> t.state() == TrialState.DONE && t.metrics().containsKey(spec.metric()))
                .collect(groupingBy(
                        t -> t.point().withSeeds(first),
                        LinkedHashMap::new,
                        mapping(t -> t.metrics().get(spec.metric()), toList())));
        return repeated.entrySet().stream()
                .min(Comparator.comparingDouble(e -> mean(e.getValue())))
                .map(best -> optimum(best.getKey(), best.getValue(), repeated));
    }

    /** Of a metric with one minimum, that lies between the neighbours of the best EMA length. */
    private static Optimum optimum(Point best, List<Double> metrics, Map<Point, List<Double>> all) {
        double low = best.sigmaRel();
        double high = best.sigmaRel();
        for (Point point : all.keySet()) {
            double sigmaRel = point.sigmaRel();
            if (!point.equals(best.withSigmaRel(sigmaRel))) continue;
            if (sigmaRel < best.sigmaRel() && (low == best.sigmaRel() || sigmaRel > low)) low = sigmaRel;
            if (sigmaRel > best.sigmaRel() && (high == best.sigmaRel() || sigmaRel < high)) high = sigmaRel;
        }
        return new Optimum(best, mean(metrics), standardError(metrics), low, high);
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
