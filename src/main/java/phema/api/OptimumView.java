package phema.api;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import phema.evaluation.Axes;
import phema.evaluation.Axis;
import phema.evaluation.Point;
import phema.sweep.Optimum;
import tools.jackson.databind.JsonNode;

/**
 * Describes the best point of a sweep.
 *
 * @param values more fields: where it is, by axes; repeats have none
 * @param value of the metric that is expected there
 * @param standardError of the value, where it is known
 * @param sigmaRelLow holds, together with sigmaRelHigh, the best EMA length with a probability of 90 %
 */
public record OptimumView(
        @Schema(hidden = true) @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> values,
        String metric,
        double value,
        @Nullable Double standardError,
        double sigmaRelLow,
        double sigmaRelHigh) {
    public double sigmaRel() {
        return Objects.requireNonNull(values.get(Axes.LENGTH.names().field())).doubleValue();
    }

    /** Returns where the optimum is, among the images of {@code any}. */
    public Point point(Point any) {
        Point point = any;
        for (Axis<?, ?> axis : Axes.ALL) if (!axis.isRepeat()) point = point.withField(axis, values);
        return point;
    }

    private static Map<String, JsonNode> values(Point point) {
        Map<String, JsonNode> values = new LinkedHashMap<>(point.fields());
        for (Axis<?, ?> axis : Axes.ALL)
            if (axis.isRepeat()) values.remove(axis.names().field());
        return values;
    }

    public static OptimumView of(String metric, Optimum optimum) {
        return new OptimumView(
                values(optimum.point()),
                metric,
                optimum.metric(),
                optimum.standardError().orElse(null),
                optimum.low(),
                optimum.high());
    }
}
