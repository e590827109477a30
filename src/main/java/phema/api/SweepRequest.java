package phema.api;

import io.swagger.v3.oas.annotations.media.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import phema.evaluation.Seeds;
import phema.problem.Problem;
import phema.solver.FitOptions;
import phema.sweep.SweepSpec;

/**
 * A sweep asked for. Axes that are left out have one value.
 *
 * @param mode grid: all combinations; search: those that a model of the metric asks for
 * @param sigmaRel EMA lengths; of a search, its bounds
 * @param time where averages end; the run's newest snapshot where none is given
 * @param guidance strengths; 1, which is none, where none is given
 * @param guides guiding networks
 * @param seeds of the images of one evaluation, such as 0-49999; several repeat the measurement with other images
 * @param evaluator a name below phema.evaluators
 * @param metric which of the evaluator's metrics to minimise
 * @param tolerance of a search: the share of the metric by which what it finds may be worse than the best
 * @param priority trials of higher ones go first
 */
public record SweepRequest(
        @Schema(
                allowableValues = {"grid", "search"},
                defaultValue = "grid")
        @Nullable
        String mode,

        @Schema(requiredMode = Schema.RequiredMode.REQUIRED, example = "[0.05, 0.10, 0.15]") @Nullable
        List<@Nullable Double> sigmaRel,

        @Nullable List<@Nullable Double> time,
        @Nullable List<@Nullable Double> guidance,
        @Nullable List<@Nullable GuidesRequest> guides,

        @Schema(example = "[\"0-49999\"]") @Nullable List<@Nullable String> seeds,

        @Schema(defaultValue = "builtin") @Nullable String evaluator,

        @Schema(requiredMode = Schema.RequiredMode.REQUIRED, example = "fid") @Nullable
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
        @Schema(defaultValue = "0") @Nullable Integer priority) {
    private static final double TOLERANCE = 0.02;

    /** Weights of a run that guide. */
    record GuidesRequest(
            @Schema(requiredMode = Schema.RequiredMode.REQUIRED) @Nullable
            String run,

            @Schema(requiredMode = Schema.RequiredMode.REQUIRED) @Nullable
            List<@Nullable Double> sigmaRel,

            @Nullable List<@Nullable Double> time) {}

    public SweepSpec spec(String run) {
        FitOptions options = Choices.options(solver, files, null);
        List<SweepSpec.GuideAxis> guiding = new ArrayList<>();
        for (GuidesRequest g : some("guides", guides)) {
            if (g.run == null) throw Problem.invalid("guides.run", "guides.run is missing");
            guiding.add(
                    new SweepSpec.GuideAxis(g.run, some("guides.sigmaRel", g.sigmaRel), some("guides.time", g.time)));
        }
        return new SweepSpec(
                run,
                Choices.mode(mode),
                some("sigmaRel", sigmaRel),
                some("time", time),
                some("guidance", guidance),
                guiding,
                some("seeds", seeds).stream().map(Seeds::parse).toList(),
                Objects.requireNonNullElse(evaluator, "builtin"),
                Objects.requireNonNullElse(metric, ""),
                options.method(),
                options.files(),
                Objects.requireNonNullElse(tolerance, TOLERANCE),
                Objects.requireNonNullElse(priority, 0));
    }

    private static <T> List<T> some(String field, @Nullable List<@Nullable T> values) {
        List<T> some = new ArrayList<>();
        for (@Nullable T value : Objects.requireNonNullElse(values, List.<@Nullable T>of())) {
            if (value == null) throw Problem.invalid(field, field + " holds null");
            some.add(value);
        }
        return some;
    }
}
