package phema.web;

import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springdoc.core.annotations.ParameterObject;
import phema.api.Choices;
import phema.api.ProfileRequest;
import phema.catalog.Run;
import phema.format.Format;
import phema.problem.Problem;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.solver.FitOptions;
import phema.synthesis.Content;
import phema.synthesis.FileWeights;
import phema.synthesis.OutputOptions;
import phema.synthesis.WeightsReference;
import phema.synthesis.WeightsRequest;

/** Holds the query parameters that say which weights. */
@ParameterObject
record WeightsQuery(
        @Parameter(description = "width of the EMA profile, in (0, 0.288675); this or profile", example = "0.1")
        @Nullable
        Double sigmaRel,

        @Parameter(description = "any other average: " + ProfileSpec.FORMS) @Nullable
        String profile,

        @Parameter(
                description = "a weighted average of files instead: " + FileWeights.FORMS
                        + ", the latter two as Megatron's weighted_merge")
        @Nullable
        String weights,

        @Parameter(description = "whether weights are divided by their sum") @Nullable
        Boolean normalize,

        @Parameter(description = "the average that weights are asked to be, to predict their error") @Nullable
        String like,

        @Parameter(
                description =
                        "where the profile ends, on the training job's clock (images seen for EDM2); without it the "
                                + "newest snapshot's time")
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
        String files,

        @Parameter(description = "whether blup may also read files later than time") @Nullable
        Boolean laterFiles,

        @Parameter(
                description = "the answer's ETag, without quotes, where no other weights will do: 409 if they are, as "
                        + "after the run has gained a snapshot")
        @Nullable
        String identity) {

    /** @param format of the weights alone; files like the run's own when empty */
    WeightsRequest request(Run run, Optional<Format> format) {
        OutputOptions output =
                format.map(OutputOptions::of).orElse(OutputOptions.AS_STORED).withDType(Choices.dtype(dtype));
        FitOptions options = Choices.options(solver, files, laterFiles);
        Optional<FileWeights> given = Choices.weights(weights, normalize, like, options);
        if (given.isEmpty()) return WeightsRequest.of(target(run), options, output);
        if (sigmaRel != null || profile != null)
            throw Problem.invalid("weights", "weights exclude sigmaRel and profile");
        if (time != null) throw Problem.invalid("time", "time: weights end with the last of their files");
        return WeightsRequest.of(given.get(), options, output);
    }

    /** @throws Problem when other weights were asked for than these */
    Content require(String run, Content content) {
        if (identity != null && !identity.equals(content.identity()))
            throw Problem.conflict("These are not the weights of identity " + identity + ", but of "
                    + content.identity() + ": run " + run
                    + " has other files here than where that was told, or has gained or lost some since");
        return content;
    }

    private Profile target(Run run) {
        if (profile == null) return ProfileRequest.power(sigmaRel, time).profile(run, "");
        if (sigmaRel != null) throw Problem.invalid("profile", "sigmaRel and profile exclude each other");
        return WeightsReference.profile("profile", profile, ProfileRequest.end(run, time, ""));
    }
}
