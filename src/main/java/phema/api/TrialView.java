package phema.api;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import phema.evaluation.Point;
import phema.sweep.Trial;
import phema.sweep.TrialWeights;
import phema.text.Labels;
import tools.jackson.databind.JsonNode;

/**
 * Describes one point of a sweep.
 *
 * @param number within its sweep, from 0
 * @param values more fields: where it is, by axes
 * @param state queued, running, done, failed or cancelled
 * @param attempts how often a worker began it
 * @param cached whether the metrics are of an earlier trial that evaluated the same
 * @param error why it failed, the last time it did
 * @param predictedError relative, of its weights, before they are rounded to their own type; none where it is not known
 * @param caution what is to be minded about its weights, such as that files had been deleted
 */
public record TrialView(
        String sweep,
        int number,
        @Schema(hidden = true) @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> values,
        String state,
        Map<String, Double> metrics,
        boolean cached,
        int attempts,
        @Nullable String worker,
        @Nullable String error,
        @Nullable Double predictedError,
        @Nullable String caution,
        @Nullable Long startedEpochMillis,
        @Nullable Long endedEpochMillis) {
    /** Returns where the trial is on the axes. */
    public Point point() {
        return Point.read(values);
    }

    public static TrialView of(Trial trial) {
        Point point = trial.point();
        return new TrialView(
                trial.sweep(),
                trial.number(),
                point.fields(),
                Labels.of(trial.state()),
                new TreeMap<>(trial.metrics()),
                trial.cached(),
                trial.attempts(),
                trial.worker().orElse(null),
                trial.error().orElse(null),
                trial.weights().flatMap(TrialWeights::predictedError).orElse(null),
                trial.weights().flatMap(TrialWeights::caution).orElse(null),
                trial.started().map(Instant::toEpochMilli).orElse(null),
                trial.ended().map(Instant::toEpochMilli).orElse(null));
    }
}
