package phema.sweep;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongPredicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedRuntimeException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionTemplate;
import phema.evaluation.Pictures;
import phema.evaluation.Point;
import phema.fleet.Fleet;
import phema.fleet.Queue;
import phema.fleet.WorkState;

/** Begins and ends trials, each in one transaction with all that follows from it. */
@Component
class Trials {
    private static final Logger log = LoggerFactory.getLogger(Trials.class);

    static final String STOPPED = "; as the first trial did not give it, the sweep is stopped: start another one"
            + " for a metric that there is, or see to it that the evaluator gives this one, and retry";

    private final SweepStore sweeps;
    private final TrialStore store;
    private final EvaluationStore evaluations;
    private final TrialPictures pictures;
    private final Queue queue;
    private final Fleet fleet;
    private final Recommendations recommendations;
    private final Measurements measurements;
    private final TransactionTemplate transaction;

    Trials(
            SweepStore sweeps,
            TrialStore store,
            EvaluationStore evaluations,
            TrialPictures pictures,
            Queue queue,
            Fleet fleet,
            Recommendations recommendations,
            Measurements measurements,
            TransactionTemplate transaction) {
        this.sweeps = sweeps;
        this.store = store;
        this.evaluations = evaluations;
        this.pictures = pictures;
        this.queue = queue;
        this.fleet = fleet;
        this.recommendations = recommendations;
        this.measurements = measurements;
        this.transaction = transaction;
    }

    /**
     * A trial in the hands of this worker; {@link Trial#attempts} counts how often one began it.
     *
     * @param basis of its sweep, where it is known
     */
    record Begun(SweepSpec spec, Optional<Basis> basis, Trial trial, TrialStore.Mishaps mishaps) {
        TrialId id() {
            return TrialId.of(trial);
        }

        int attempt() {
            return trial.attempts();
        }
    }

    /**
     * Empty when it has ended already, its sweep is paused, was deleted, or has come to rest on something else.
     *
     * @param mine what metrics of this worker rest on
     */
    Optional<Begun> begin(TrialId id, String worker, Basis mine) {
        return inTransaction(() -> {
            Optional<Long> touched = sweeps.touchIfThere(id.sweep());
            Optional<SweepStore.StoredSweep> sweep = sweeps.row(id.sweep());
            if (touched.isEmpty() || sweep.isEmpty() || sweep.get().held() != null) return Optional.empty();
            long version = touched.get();
            SweepSpec spec = sweep.get().spec();
            Optional<Basis> known = sweep.get().basis();
            if (known.flatMap(basis -> basis.objection(spec.evaluator(), mine)).isPresent()
                    || !store.begin(id, worker, version)) return Optional.empty();
            pictures.delete(id); // of an earlier attempt
            Basis now = known.map(basis -> basis.completedBy(mine)).orElse(mine);
            if (!known.equals(Optional.of(now))) sweeps.changeBasis(id.sweep(), now);
            // Nobody knows how an older version evaluated the others. What it did alike is found again.
            if (known.isEmpty()) queueAgain(id.sweep(), spec, version);
            return store.trial(id).map(trial -> new Begun(spec, Optional.of(now), trial, store.mishaps(id)));
        });
    }

    /** Says what it is about to evaluate. */
    void note(Begun begun, TrialWeights weights) {
        store.note(begun.id(), begun.attempt(), weights);
    }

    private void queueAgain(String sweep, SweepSpec spec, long version) {
        store.restartDone(sweep, version);
        List<String> queued =
                store.queued(sweep).stream().map(TrialId::toString).toList();
        queue.ensure(TrialId.TASK, queued, spec.priority());
    }

    /**
     * @return false when this attempt is not the trial's latest, or the trial was cancelled: then its metrics are only
     *     kept for others
     */
    boolean done(Begun begun, String evaluation, Map<String, Double> metrics, Pictures images, double seconds) {
        return end(begun, true, version -> {
            evaluations.insert(evaluation, begun.spec().evaluator(), metrics, seconds);
            boolean latest = store.done(begun.id(), begun.attempt(), evaluation, false, version);
            if (latest) pictures.insert(begun.id(), images.all());
            return latest;
        });
    }

    /** It was evaluated before. */
    boolean doneBefore(Begun begun, String evaluation) {
        return end(begun, false, version -> {
            boolean latest = store.done(begun.id(), begun.attempt(), evaluation, true, version);
            if (latest) pictures.copy(begun.id(), evaluation);
            return latest;
        });
    }

    boolean failed(Begun begun, String error) {
        return end(begun, true, version -> store.failed(begun.id(), begun.attempt(), error, version));
    }

    /**
     * It gave other metrics than the sweep is for: where none gave those before, the others would not either, and
     * nothing more begins.
     *
     * @return whether that was so; otherwise nothing has changed
     */
    boolean stop(Begun begun, String error) {
        return inTransaction(() -> {
            String sweep = begun.id().sweep();
            long version = sweeps.touch(sweep);
            if (store.counts(sweep).containsKey(WorkState.DONE)) return false;
            if (store.failed(begun.id(), begun.attempt(), error + STOPPED, version)) {
                cancelOthers(sweep, version);
            }
            return true;
        });
    }

    /** More points of a search, for clients that have nothing to do. @return whether there are any */
    boolean propose(SweepStore.StoredSweep sweep, int clients) {
        if (more(sweep, clients).isEmpty()) return false;
        return inTransaction(() -> {
            Optional<Long> version = sweeps.touchIfThere(sweep.id());
            if (version.isEmpty()) return false;
            List<TrialId> added = store.add(sweep.id(), more(sweep, clients), version.get());
            queue.add(
                    TrialId.TASK,
                    added.stream().map(TrialId::toString).toList(),
                    sweep.spec().priority());
            return !added.isEmpty();
        });
    }

    /** None while some wait already. */
    private List<Point> more(SweepStore.StoredSweep sweep, int clients) {
        Map<WorkState, Integer> counts = store.counts(sweep.id());
        if (counts.containsKey(WorkState.QUEUED)) return List.of();
        int running = counts.getOrDefault(WorkState.RUNNING, 0);
        return Plan.next(sweep.spec(), measurements.with(sweep, store.trials(sweep.id())), running + clients);
    }

    /** It will be tried again. */
    boolean failedForNow(Begun begun, String error) {
        return ifThere(begun, version -> store.failedForNow(begun.id(), begun.attempt(), error, version));
    }

    /** Somebody else shall do it. @return false when nobody need */
    boolean handBack(Begun begun) {
        return ifThere(begun, version -> store.handedBack(begun.id(), begun.attempt(), version));
    }

    /** Trials of workers that were lost wait again, or nobody would see that they do. */
    void queueOrphans() {
        for (TrialId id : store.orphans())
            transaction.executeWithoutResult(status -> store.orphaned(id, sweeps.touch(id.sweep())));
    }

    /** @param evaluated whether it counts towards the limit that the sweep may have */
    private boolean end(Begun begun, boolean evaluated, LongPredicate record) {
        return ifThere(begun, version -> {
            String sweep = begun.id().sweep();
            if (!record.test(version)) return false;
            boolean last = evaluated && sweeps.spend(sweep);
            boolean all = hasEnded(sweep);
            if (all || begun.spec().mode() != SweepSpec.SweepMode.GRID) goOn(begun, all, version);
            if (last && !hasEnded(sweep)) {
                sweeps.hold(sweep, SweepState.CANCELLED);
                cancelOthers(sweep, version);
            }
            return true;
        });
    }

    /** Those that have not ended. */
    private void cancelOthers(String sweep, long version) {
        store.cancel(sweep, version);
        queue.removeUnwanted(TrialId.TASK, sweep + "/");
    }

    private boolean hasEnded(String sweep) {
        return store.counts(sweep).keySet().stream().allMatch(WorkState::isEnd);
    }

    private void goOn(Begun begun, boolean all, long version) {
        try {
            goOn(begun.id().sweep(), begun.spec(), all, version);
        } catch (NestedRuntimeException e) {
            throw e; // the database's: all of it is tried again
        } catch (RuntimeException e) {
            // What was measured took hours, and is kept whatever cannot be made of it.
            log.error("Trial {} has ended; what its sweep found, or should try next, cannot be told", begun.id(), e);
        }
    }

    /** Adds what a search wants to know next, or tells what the sweep found. @param all whether no trial is left */
    private void goOn(String sweep, SweepSpec spec, boolean all, long version) {
        SweepStore.StoredSweep row = sweeps.row(sweep).orElseThrow();
        List<Trial> trials = measurements.with(row, store.trials(sweep));
        List<TrialId> added = store.add(sweep, Plan.next(spec, trials, fleet.size()), version);
        queue.add(TrialId.TASK, added.stream().map(TrialId::toString).toList(), spec.priority());
        if (all && added.isEmpty()) recommendations.sweepEnded(sweep, spec, row.basis(), trials);
    }

    /** Unless the sweep was deleted meanwhile. */
    private boolean ifThere(Begun begun, LongPredicate change) {
        String sweep = begun.id().sweep();
        return inTransaction(
                () -> sweeps.touchIfThere(sweep).filter(change::test).isPresent());
    }

    private <T> T inTransaction(Supplier<T> action) {
        return Objects.requireNonNull(transaction.execute(status -> action.get()));
    }
}
