package phema.search;

import java.util.List;

/**
 * Converts between a metric and the scale of the model, where 0.01 is about 1 % of the metric: its logarithm,
 * or, where not all values are positive, shares of their mean size.
 *
 * @param unit of the metric, where it is not taken in the logarithm
 * @param origin what a zero of the model stands for
 */
record Scale(boolean logarithmic, double unit, double origin) {
    static Scale of(List<Observation> observations) {
        boolean positive = observations.stream().allMatch(o -> o.value() > 0);
        double size = observations.stream()
                .mapToDouble(o -> Math.abs(o.value()))
                .average()
                .orElse(0);
        var scale = new Scale(positive, size > 0 ? size : 1, 0);
        return new Scale(
                scale.logarithmic(),
                scale.unit(),
                observations.stream()
                        .mapToDouble(o -> scale.toModel(o.value()))
                        .average()
                        .orElse(0));
    }

    double toModel(double value) {
        return (logarithmic ? Math.log(value) : value / unit) - origin;
    }

    /** Positive where all values are, however small. */
    double toMetric(double model) {
        return logarithmic ? Math.max(Math.exp(model + origin), Double.MIN_VALUE) : (model + origin) * unit;
    }

    double errorToModel(double value, double error) {
        return error / (logarithmic ? value : unit);
    }

    /** A difference in the model as a share of the metric. */
    double share(double difference) {
        return logarithmic ? Math.expm1(difference) : difference;
    }
}
