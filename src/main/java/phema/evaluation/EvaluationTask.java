package phema.evaluation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

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
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(all.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 20);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
