package phema.api;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import phema.evaluation.Axes;
import phema.sweep.ForeignMeasurement;
import tools.jackson.databind.JsonNode;

/**
 * Describes metrics that somebody brought along.
 *
 * @param source who, or what file, says so
 * @param values more fields: where, by axes; without seeds where they are not known
 * @param evaluator that measured them; none where nobody says
 * @param version of the evaluator
 * @param images how many the metrics rest on
 */
public record MeasurementView(
        String source,
        @Schema(hidden = true) @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> values,
        @Nullable String evaluator,
        @Nullable String version,
        @Nullable Long images,
        Map<String, Double> metrics) {
    public static MeasurementView of(ForeignMeasurement measurement) {
        Map<String, JsonNode> values = new LinkedHashMap<>(measurement.point().fields());
        if (measurement.seeds().isEmpty()) values.remove(Axes.SEEDS.names().field());
        return new MeasurementView(
                measurement.source(),
                values,
                measurement.evaluator().isEmpty() ? null : measurement.evaluator(),
                measurement.version().isEmpty() ? null : measurement.version(),
                measurement.images().orElse(null),
                new TreeMap<>(measurement.metrics()));
    }
}
