package phema.sweep;

import org.springframework.core.NestedRuntimeException;

/**
 * Counts how many evaluations one evaluator made, on all machines, and how long they took. While the database is away
 * the figures stay as they were, as counters must.
 */
final class EvaluationCount {
    private final EvaluationStore store;
    private final String evaluator;
    private volatile EvaluationStore.Tally last = new EvaluationStore.Tally(0, 0);

    EvaluationCount(EvaluationStore store, String evaluator) {
        this.store = store;
        this.evaluator = evaluator;
    }

    EvaluationStore.Tally now() {
        try {
            last = store.tally(evaluator);
        } catch (NestedRuntimeException databaseIsAway) {
            // The last figures stand.
        }
        return last;
    }
}
