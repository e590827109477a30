package phema.web;

import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import org.jspecify.annotations.Nullable;
import org.springdoc.core.annotations.ParameterObject;

/** The query parameters that say which weights. */
@ParameterObject
record WeightsQuery(
        @Parameter(description = "width of the EMA profile, in (0, 0.288675)", example = "0.1", required = true)
        @Nullable
        Double sigmaRel,

        @Parameter(
                description =
                        "where the profile ends, on the training job's clock (images seen for EDM2); without it the newest snapshot's time")
        @Nullable
        Double time,

        @Parameter(
                description = "how coefficients are found",
                schema =
                        @Schema(
                                allowableValues = {"blup", "paper"},
                                defaultValue = "blup"))
        @Nullable
        String solver,

        @Parameter(
                description = "element type of the combined tensors",
                schema =
                        @Schema(
                                allowableValues = {"f16", "bf16", "f32", "same"},
                                defaultValue = "same"))
        @Nullable
        String dtype,

        @Parameter(
                description = "how many stored files may be read",
                schema =
                        @Schema(
                                allowableValues = {"fewest", "all"},
                                defaultValue = "fewest"))
        @Nullable
        String files) {

    Target target() {
        return new Target("power", sigmaRel, time);
    }
}
