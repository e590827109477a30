package phema.sweep;

import org.springframework.core.NestedRuntimeException;

/** How many evaluations one evaluator made, on all machines, and how long they took. While the database is away the figures stay as they were, as counters must. */
final class EvaluationCount {
    private final SweepStore store;
    private final String evaluator;
    private volatile long count;
    private volatile double seconds;

    EvaluationCount(SweepStore store, String evaluator) {
        this.store = store;
        this.evaluator = evaluator;
    }

    long count() {
        try {
            count = store.evaluations(evaluator);
        } catch (NestedRuntimeException databaseIsAway) {
            return count;
        }
        return count;
    }

    /** Of all together. */
    double seconds() {
        try {
            seconds = store.evaluationSeconds(evaluator);
        } catch (NestedRuntimeException databaseIsAway) {
            return seconds;
        }
        return seconds;
    }
}
