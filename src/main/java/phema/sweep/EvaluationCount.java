package phema.sweep;

import org.springframework.core.NestedRuntimeException;

/** How many evaluations one evaluator made, on all machines, and how long they took. While the database is away the figures stay as they were, as counters must. */
final class EvaluationCount {
    private final SweepStore store;
    private final String evaluator;
    private volatile SweepStore.Tally last = new SweepStore.Tally(0, 0);

    EvaluationCount(SweepStore store, String evaluator) {
        this.store = store;
        this.evaluator = evaluator;
    }

    SweepStore.Tally now() {
        try {
            last = store.tally(evaluator);
        } catch (NestedRuntimeException databaseIsAway) {
            // The last figures stand.
        }
        return last;
    }
}
