package phema.evaluation;

import java.io.IOException;
import java.util.Optional;
import phema.digest.Digest;

/**
 * What to evaluate.
 *
 * @param sweep that asks for it
 * @param trial its number there
 * @param attempt from 1: how often it was begun
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
    /** Forty hex digits that stand for all that determines the metrics. */
    public String identity(Evaluator evaluator) throws IOException {
        String all = String.join(
                "\n",
                weights.identity(),
                guide.map(EvaluationWeights::identity).orElse(""),
                String.valueOf(point.guidance()),
                point.seeds().toString(),
                evaluator.identity(spec, weights.run()));
        return Digest.sha256().add(all).hex(40);
    }
}
