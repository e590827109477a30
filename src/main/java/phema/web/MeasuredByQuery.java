package phema.web;

import io.swagger.v3.oas.annotations.Parameter;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springdoc.core.annotations.ParameterObject;
import phema.sweep.MeasurementsCsv;

/** Holds the query parameters that say whose measurements they are, where the body, or a row, says nothing. */
@ParameterObject
record MeasuredByQuery(
        @Parameter(description = "who, or what file, says so; where the body, or a row, does not") @Nullable
        String source,

        @Nullable String evaluator,
        @Nullable String version) {
    MeasurementsCsv.MeasuredBy by() {
        return new MeasurementsCsv.MeasuredBy(
                Objects.requireNonNullElse(source, ""),
                Objects.requireNonNullElse(evaluator, ""),
                Objects.requireNonNullElse(version, ""));
    }
}
