package phema.evaluation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Describes a configured evaluator.
 *
 * @param type builtin or command
 * @param metrics that each of its trials reports beside the sweep's own; none for a command, whose metrics
 *     show only when it has run
 */
public record EvaluatorView(
        String name, String type, @Nullable List<String> metrics) {}
