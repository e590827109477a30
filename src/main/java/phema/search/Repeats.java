package phema.search;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/** Sums up values that were measured repeatedly, such as with several seeds. */
public final class Repeats {
    private final double[] values;
    private final double mean;

    private Repeats(double[] values) {
        this.values = values;
        mean = DoubleStream.of(values).average().orElse(Double.NaN);
    }

    public static Repeats of(Collection<Double> values) {
        return new Repeats(values.stream().mapToDouble(Double::doubleValue).toArray());
    }

    /** Sums up all that have the same key, in the order in which keys are met. */
    public static <T, K> Map<K, Repeats> by(Collection<T> measured, Function<T, K> key, ToDoubleFunction<T> value) {
        Map<K, List<Double>> values =
                measured.stream().collect(groupingBy(key, LinkedHashMap::new, mapping(value::applyAsDouble, toList())));
        Map<K, Repeats> repeats = new LinkedHashMap<>();
        values.forEach((k, v) -> repeats.put(k, of(v)));
        return repeats;
    }

    public int count() {
        return values.length;
    }

    /** NaN of no values. */
    public double mean() {
        return mean;
    }

    public double min() {
        return DoubleStream.of(values).min().orElse(Double.NaN);
    }

    public double max() {
        return DoubleStream.of(values).max().orElse(Double.NaN);
    }

    /** Sum of the squared distances from the mean. */
    public double squares() {
        return DoubleStream.of(values).map(v -> (v - mean) * (v - mean)).sum();
    }

    /** Returns the standard error of the mean, from two values on. */
    public OptionalDouble standardError() {
        int n = values.length;
        return n < 2 ? OptionalDouble.empty() : OptionalDouble.of(Math.sqrt(squares() / (n - 1) / n));
    }
}
