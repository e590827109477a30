package phema.evaluation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import phema.digest.Digest;

/**
 * Says what to evaluate.
 *
 * @param sweep that asks for it
 * @param trial its number there
 * @param attempt from 1: how often it was started
 * @param guide of a guiding network other than the network itself
 */
public record EvaluationTask(
        EvaluationSpec spec,
        String sweep,
        int trial,
        int attempt,
        Point point,
        EvaluationWeights weights,
        Optional<EvaluationWeights> guide) {
    /**
     * The predicted relative error of the weights, the greater of both networks'; empty where it cannot be predicted.
     */
    public OptionalDouble predictedError() {
        double own = weights.fit().predictedRelativeError();
        double error = guide.map(other -> Math.max(own, other.fit().predictedRelativeError()))
                .orElse(own);
        return Double.isFinite(error) ? OptionalDouble.of(error) : OptionalDouble.empty();
    }

    /**
     * Forty hex digits that stand for all that determines the metrics.
     *
     * @param identity of the evaluator
     */
    public String identity(Evaluator evaluator, EvaluatorIdentity identity) {
        List<String> parts = new ArrayList<>();
        parts.add(evaluator.identity(weights));
        parts.add(guide.map(evaluator::identity).orElse(""));
        for (Axis<?, ?> axis : Axes.ALL) if (!axis.isOfWeights()) addIdentity(axis, parts);
        parts.add(identity.text());
        String all = String.join("\n", parts);
        return Digest.sha256().add(all).hex(40);
    }

    private <V> void addIdentity(Axis<?, V> axis, List<String> parts) {
        String identity = axis.identity(point.get(axis));
        if (!identity.isEmpty()) parts.add(identity);
    }
}
