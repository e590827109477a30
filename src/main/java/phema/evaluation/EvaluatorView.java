package phema.evaluation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Describes a configured evaluator.
 *
 * @param type builtin or command
 * @param metrics that each of its trials reports beside the sweep's own; none for a command, of which they are not
 *     known before it has run
 */
public record EvaluatorView(
        String name, String type, @Nullable List<String> metrics) {}
