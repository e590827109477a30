package phema.api;

import io.swagger.v3.oas.annotations.media.Schema;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import phema.evaluation.MetricName;
import phema.problem.Problem;
import phema.sweep.RemoteTrials;

/**
 * Ends a trial: with metrics, or with an error.
 *
 * @param metrics finite numbers by name, those of the sweep among them
 * @param error why there are none
 */
public record TellRequest(
        @Schema(example = "{\"fid\": 2.6}", minProperties = 1, maxProperties = MOST_METRICS) @Nullable
        Map<String, @Nullable Double> metrics,

        @Nullable String error) {
    private static final int MOST_METRICS = 256;

    private static final int LONGEST_ERROR = 10_000;

    /** @throws Problem naming the metric that is no result */
    public RemoteTrials.Told told() {
        if (error != null && metrics == null)
            return new RemoteTrials.Told.ClientFailure(
                    error.isBlank()
                            ? "the client says nothing of it"
                            : error.substring(0, Math.min(LONGEST_ERROR, error.length())));
        if (metrics == null || error != null)
            throw Problem.invalid("metrics", "the body needs either metrics, such as {\"fid\": 2.6}, or error");
        if (metrics.isEmpty() || metrics.size() > MOST_METRICS)
            throw Problem.invalid("metrics", "metrics must hold 1 to " + MOST_METRICS + ", not " + metrics.size());
        Map<String, Double> finite = new TreeMap<>();
        metrics.forEach((name, value) -> {
            String field = "metrics." + name.substring(0, Math.min(MetricName.LONGEST, name.length()));
            MetricName.fault(name).ifPresent(fault -> {
                throw Problem.invalid(field, field + ": " + fault);
            });
            if (value == null || !Double.isFinite(value))
                throw Problem.invalid(
                        field,
                        field + " is " + value + ", which is no result: tell an error if there are no finite numbers");
            finite.put(name, value);
        });
        return new RemoteTrials.Told.Metrics(finite);
    }
}
