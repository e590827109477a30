package phema.api;

import com.fasterxml.jackson.annotation.JsonCreator;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import phema.evaluation.RemoteEvaluator;
import phema.problem.Problem;

/**
 * Names an evaluator: one that is configured by its name alone, or one whose trials clients ask for.
 *
 * @param type remote
 * @param version stands for what determines its metrics: with another one everything is evaluated again
 */
public record EvaluatorRequest(
        @Schema(requiredMode = Schema.RequiredMode.REQUIRED, example = "mine") @Nullable
        String name,

        @Schema(requiredMode = Schema.RequiredMode.REQUIRED, allowableValues = "remote") @Nullable
        String type,

        @Schema(example = "1") @Nullable String version) {
    @JsonCreator
    public EvaluatorRequest {}

    /** Reads a name alone: of a configured one, or {@code remote:mine@1}. */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    static EvaluatorRequest named(String text) {
        return new EvaluatorRequest(text, null, null);
    }

    /** @throws Problem naming the field that cannot be read */
    String text() {
        if (name == null) throw Problem.invalid("evaluator.name", "evaluator.name is missing");
        if (type == null) {
            if (version != null)
                throw Problem.invalid(
                        "evaluator.version",
                        "evaluator.version is for evaluators of type remote; the configuration has that of others");
            return name;
        }
        if (!type.equals(RemoteEvaluator.TYPE))
            throw Problem.invalid(
                    "evaluator.type",
                    "evaluator.type must be remote, not " + type
                            + "; a configured evaluator is given by its name alone");
        return new RemoteEvaluator(name, Objects.requireNonNullElse(version, "")).text();
    }
}
