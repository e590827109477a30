package phema.api;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.LengthFields;
import phema.problem.Problem;
import phema.solver.FitOptions;
import phema.sweep.DescriptionChange;
import phema.sweep.SweepSpec;
import tools.jackson.databind.JsonNode;

/**
 * Asks for a sweep. Axes that are left out have one value.
 *
 * @param mode grid: all combinations; search: those that a model of the metric asks for
 * @param axes all other fields: what is varied, by names of axes
 * @param evaluator a name below phema.evaluators; {"name": "mine", "type": "remote", "version": "1"}, or
 *     remote:mine@1, for one whose trials clients ask for
 * @param metric which of the evaluator's metrics to minimise, or to maximise where :max follows; of several with
 *     commas between them the first is optimised, and each must be there
 * @param tolerance of a search: the share of the metric by which what it finds may be worse than the best
 * @param priority trials of higher ones go first
 * @param name of the run's sweep that goes on, where it asks for the same, or is replaced
 * @param note what people say of it
 * @param tags by which lists are filtered
 * @param maxTrials when so many trials were evaluated from now on, the others are cancelled
 */
public record SweepRequest(
        @Schema(
                allowableValues = {"grid", "search"},
                defaultValue = "grid")
        @Nullable
        String mode,

        @Schema(hidden = true) @JsonAnySetter @Nullable Map<String, JsonNode> axes,

        @Nullable EvaluatorRequest evaluator,

        @Schema(requiredMode = Schema.RequiredMode.REQUIRED, example = "fid,accuracy:max") @Nullable
        String metric,

        @Schema(
                allowableValues = {"blup", "paper"},
                defaultValue = "blup")
        @Nullable
        String solver,

        @Schema(
                allowableValues = {"fewest", "all"},
                defaultValue = "fewest")
        @Nullable
        String files,

        @Schema(defaultValue = "0.02") @Nullable Double tolerance,
        @Schema(defaultValue = "0") @Nullable Integer priority,

        @Schema(pattern = "[A-Za-z0-9._-]{1,100}", example = "nightly") @Nullable
        String name,

        @Schema(maxLength = 2000) @Nullable String note,

        @Schema(example = "[\"paper\", \"guided\"]") @Nullable
        List<@Nullable String> tags,

        @Schema(minimum = "1") @Nullable Integer maxTrials) {
    private static final double TOLERANCE = 0.02;

    /** @throws Problem naming the field that cannot be read, or that nothing is called */
    public SweepSpec spec(String run) {
        FitOptions options = Choices.options(solver, files, null);
        return new SweepSpec(
                run,
                Choices.mode(mode),
                axes(Objects.requireNonNullElse(axes, Map.of())),
                evaluator == null ? "builtin" : evaluator.text(),
                Objects.requireNonNullElse(metric, ""),
                options.method(),
                options.files(),
                Objects.requireNonNullElse(tolerance, TOLERANCE),
                Objects.requireNonNullElse(priority, 0));
    }

    /** What is said of the sweep. */
    public DescriptionChange description() {
        return new DescriptionChange(
                Optional.ofNullable(name),
                Optional.ofNullable(note),
                Optional.ofNullable(tags).map(given -> Choices.texts("tags", given)),
                Optional.empty());
    }

    private static AxisValues axes(Map<String, JsonNode> given) {
        TreeSet<String> known = new TreeSet<>();
        Axes.ALL.forEach(axis -> known.add(axis.name()));
        known.addAll(LengthFields.ALL);
        for (String field : given.keySet())
            if (!known.contains(field)) {
                for (var component : SweepRequest.class.getRecordComponents())
                    if (!component.getName().equals("axes")) known.add(component.getName());
                throw Problem.invalid(field, "unknown field " + field + "; there are " + String.join(", ", known));
            }
        return AxisValues.read(given);
    }
}
