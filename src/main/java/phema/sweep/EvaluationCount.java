package phema.sweep;

import phema.fleet.DatabaseMeters;

/**
 * Counts how many evaluations one evaluator made, on all machines, and how long they took. While the database is away
 * the figures stay as they were, as counters must.
 */
final class EvaluationCount {
    private final EvaluationStore store;
    private final String evaluator;
    private final DatabaseMeters meters;
    private volatile EvaluationStore.Tally last = new EvaluationStore.Tally(0, 0);

    EvaluationCount(EvaluationStore store, String evaluator, DatabaseMeters meters) {
        this.store = store;
        this.evaluator = evaluator;
        this.meters = meters;
    }

    EvaluationStore.Tally now() {
        last = meters.readOr(() -> store.tally(evaluator), last);
        return last;
    }
}
