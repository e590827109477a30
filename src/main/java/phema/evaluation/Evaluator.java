package phema.evaluation;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import phema.catalog.Run;
import phema.format.Format;
import phema.problem.Problem;

/** Turns weights into metrics. */
public interface Evaluator {
    /** Changes whenever the same weights could give other metrics. */
    EvaluatorIdentity identity(EvaluationSpec spec, Run run) throws IOException;

    /** Changes whenever weights could give other metrics: with any byte of a file of them. */
    default String identity(EvaluationWeights weights) {
        return weights.identity();
    }

    /** How often a failed evaluation is tried again. */
    int retries();

    /** Of the weight files that it wants; the run's own when empty. */
    Optional<Format> format();

    /** @throws Problem when no evaluation of the sweep could even begin on this host */
    void requireStartable(EvaluationSpec spec, Run run);

    /**
     * @param pictures takes images that it makes or finds on its way; whatever is wrong with them fails nothing
     * @return metrics by name
     * @throws EvaluationException when it failed, in one line for the user
     * @throws InterruptedException when it was told to end
     */
    Map<String, Double> evaluate(EvaluationTask task, EvaluationLog log, Pictures pictures)
            throws EvaluationException, IOException, InterruptedException;
}
