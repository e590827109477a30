package phema.api;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import phema.evaluation.Axes;
import phema.evaluation.Axis;
import phema.evaluation.LengthFields;
import phema.evaluation.Point;
import phema.sweep.Optimum;
import tools.jackson.databind.JsonNode;

/**
 * Describes the best point of a sweep.
 *
 * @param values more fields: where it is, by axes; repeats have none
 * @param value of the metric that is expected there
 * @param standardError of the value, where it is known
 * @param sigmaRelLow lengthLow, where the length is sigma_rel
 * @param sigmaRelHigh lengthHigh, likewise
 * @param lengthLow holds, together with lengthHigh, the best length with a probability of 90 % where it is modelled;
 *     else they are its neighbours among those evaluated
 * @param modelled whether a model of the metric found it
 * @param cautions what to be careful about, each as a sentence without its stop: what is missing, and whether it lies
 *     at the edge of what was tried
 */
public record OptimumView(
        @Schema(hidden = true) @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> values,
        String metric,
        double value,
        @Nullable Double standardError,
        @Nullable Double sigmaRelLow,
        @Nullable Double sigmaRelHigh,
        double lengthLow,
        double lengthHigh,
        @Nullable Boolean modelled,
        @Nullable List<String> cautions) {
    /** Of the average, in whatever its family counts. */
    public double length() {
        return Objects.requireNonNull(values.get(LengthFields.LENGTH)).doubleValue();
    }

    /** The average, as {@code power:0.1} or {@code decay:cosine:800}. */
    public String profile() {
        return Objects.requireNonNull(values.get(LengthFields.PROFILE)).stringValue();
    }

    /** Returns where the optimum is, among the images of {@code any}. */
    public Point point(Point any) {
        Map<String, JsonNode> all = new LinkedHashMap<>(values);
        Map<String, JsonNode> others = any.json();
        for (Axis<?, ?> axis : Axes.ALL) {
            String field = axis.names().field();
            if (axis.isRepeat() && others.containsKey(field)) all.put(field, others.get(field));
        }
        return Point.read(all);
    }

    private static Map<String, JsonNode> values(Point point) {
        Map<String, JsonNode> values = new LinkedHashMap<>(point.fields());
        for (Axis<?, ?> axis : Axes.ALL)
            if (axis.isRepeat()) values.remove(axis.names().field());
        return values;
    }

    public static OptimumView of(String metric, Optimum optimum, List<String> cautions) {
        boolean power = optimum.point().family().isPower();
        return new OptimumView(
                values(optimum.point()),
                metric,
                optimum.metric(),
                optimum.standardError().orElse(null),
                power ? optimum.low() : null,
                power ? optimum.high() : null,
                optimum.low(),
                optimum.high(),
                optimum.isModelled(),
                cautions);
    }
}
