package phema.evaluation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Describes an evaluator: one that is configured, or a remote one that has evaluated.
 *
 * @param type builtin, command or remote
 * @param metrics that each of its trials reports beside the sweep's own; none for others than builtin, whose metrics
 *     show only when they have run
 * @param given metrics that it gave last
 */
public record EvaluatorView(
        String name, String type, @Nullable List<String> metrics, List<String> given) {
    /** Returns the same with what it gave. */
    public EvaluatorView withGiven(List<String> more) {
        return new EvaluatorView(name, type, metrics, more);
    }
}
