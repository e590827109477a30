package phema.sweep;

import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedRuntimeException;
import org.springframework.stereotype.Component;
import phema.evaluation.EvaluationException;
import phema.evaluation.EvaluationLog;
import phema.evaluation.EvaluationSpec;
import phema.evaluation.EvaluationTask;
import phema.evaluation.Evaluator;
import phema.evaluation.EvaluatorIdentity;
import phema.evaluation.Evaluators;
import phema.evaluation.Point;
import phema.evaluation.Reconstructions;
import phema.fleet.DatabaseRetry;
import phema.fleet.DurableTask;
import phema.fleet.Heartbeat;
import phema.fleet.WorkerIdentity;

/** Runs one trial, as often as the queue says so: what was done stays done. */
@Component
class TrialRunner {
    private static final Logger log = LoggerFactory.getLogger(TrialRunner.class);
    /** The number of workers that a trial may bring down before it gets no other. */
    private static final int MOST_DEATHS = 5;

    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(2);

    private final Trials trials;
    private final SweepStore sweeps;
    private final TrialStore store;
    private final EvaluationStore evaluations;
    private final LogStore logs;
    private final Evaluators evaluators;
    private final Suitability suitability;
    private final Reconstructions reconstructions;
    private final Heartbeat pulse;
    private final WorkerIdentity self;

    TrialRunner(
            Trials trials,
            SweepStore sweeps,
            TrialStore store,
            EvaluationStore evaluations,
            LogStore logs,
            Evaluators evaluators,
            Suitability suitability,
            Reconstructions reconstructions,
            Heartbeat pulse,
            WorkerIdentity self) {
        this.trials = trials;
        this.sweeps = sweeps;
        this.store = store;
        this.evaluations = evaluations;
        this.logs = logs;
        this.evaluators = evaluators;
        this.suitability = suitability;
        this.reconstructions = reconstructions;
        this.pulse = pulse;
        this.self = self;
    }

    CompletionHandler<Void> run(TrialId id) {
        Optional<SweepStore.StoredSweep> sweep = waiting(id);
        if (sweep.isEmpty()) return new CompletionHandler.OnCompleteRemove<>();
        SweepSpec spec = sweep.get().spec();
        Optional<String> objection = suitability.objection(spec, sweep.get().basis());
        if (objection.isPresent()) {
            log.warn("Trial {} is left to others: {}", id, objection.get());
            suitability.leaveAlone(id.sweep(), objection.get());
            return DurableTask::keepPlace;
        }
        Optional<Trials.Begun> begun = trials.begin(id, self.getName(), suitability.basis(spec));
        if (begun.isEmpty()) return new CompletionHandler.OnCompleteRemove<>();
        if (begun.get().mishaps().deaths() > MOST_DEATHS) {
            trials.failed(begun.get(), "every worker that ran it died, " + MOST_DEATHS + " times");
            return new CompletionHandler.OnCompleteRemove<>();
        }
        return run(begun.get());
    }

    /** Its sweep, unless it waits no more. */
    private Optional<SweepStore.StoredSweep> waiting(TrialId id) {
        return store.trial(id).filter(trial -> !trial.state().isEnd()).flatMap(trial -> sweeps.row(id.sweep()));
    }

    private CompletionHandler<Void> run(Trials.Begun begun) {
        EvaluationLog output = new EvaluationLog();
        if (begun.attempt() > 1) logs.save(begun.id(), "");
        Heartbeat.WatchedWork work = pulse.begin(() -> store.isRunning(begun.id(), begun.attempt()), () -> {
            if (output.takeChanged()) logs.save(begun.id(), output.text());
        });
        try {
            evaluate(begun, output, work);
            return new CompletionHandler.OnCompleteRemove<>();
        } catch (NestedRuntimeException e) {
            throw e; // the database's fault, not the trial's: the queue tries again later
        } catch (Exception e) {
            boolean stopped = work.end() || e instanceof InterruptedException;
            logs.save(begun.id(), output.text());
            return stopped ? stopped(begun) : failed(begun, e);
        } finally {
            work.close();
        }
    }

    private void evaluate(Trials.Begun begun, EvaluationLog output, Heartbeat.WatchedWork work) throws Exception {
        SweepSpec spec = begun.spec();
        Point point = begun.trial().point();
        Evaluator evaluator = evaluators.named(spec.evaluator());
        EvaluationSpec common = spec.evaluation();
        EvaluationTask task = new EvaluationTask(
                common,
                begun.trial().sweep(),
                begun.trial().number(),
                begun.attempt(),
                point,
                reconstructions.of(common, point, evaluator.format()),
                reconstructions.guide(common, point, evaluator.format()));
        EvaluatorIdentity identity = suitability.identity(spec);
        String evaluation = task.identity(evaluator, identity);
        if (evaluations
                .find(evaluation)
                .filter(m -> m.keySet().containsAll(spec.metrics().names()))
                .isPresent()) {
            work.end();
            trials.doneBefore(begun, evaluation);
            return;
        }
        long start = System.nanoTime();
        Map<String, Double> metrics = evaluator.evaluate(task, output);
        for (String wanted : spec.metrics().names())
            if (!metrics.containsKey(wanted))
                throw new EvaluationException(
                        "gave " + String.join(", ", metrics.keySet()) + ", but not the sweep's metric " + wanted);
        for (Map.Entry<String, Double> metric : metrics.entrySet())
            if (!Double.isFinite(metric.getValue()))
                throw new EvaluationException("the metric " + metric.getKey() + " is " + metric.getValue()
                        + ", which is no result: there may be too few images, or weights that are not finite");
        if (!suitability.identity(spec).text().equals(identity.text()))
            throw new EvaluationException("a file of the evaluator " + spec.evaluator()
                    + " changed while it evaluated; what it measured may be of either");
        Duration taken = Duration.ofNanos(System.nanoTime() - start);
        work.end();
        DatabaseRetry.persistently(() -> {
            logs.save(begun.id(), output.text());
            trials.done(begun, evaluation, metrics, taken.toNanos() / 1e9);
        });
    }

    /** It was cancelled, or this worker is about to end. */
    private CompletionHandler<Void> stopped(Trials.Begun begun) {
        return trials.handBack(begun) ? DurableTask::keepPlace : new CompletionHandler.OnCompleteRemove<>();
    }

    private CompletionHandler<Void> failed(Trials.Begun begun, Exception e) {
        String error = message(e);
        if (!(e instanceof EvaluationException)) log.warn("Trial {} failed", begun.id(), e);
        // It may no longer be configured.
        Optional<Evaluator> evaluator = evaluators.find(begun.spec().evaluator());
        boolean again =
                begun.mishaps().failures() < evaluator.map(Evaluator::retries).orElse(0);
        if (again)
            return trials.failedForNow(begun, error)
                    ? later(PAUSE_AFTER_FAILURE)
                    : new CompletionHandler.OnCompleteRemove<>();
        trials.failed(begun, error);
        return new CompletionHandler.OnCompleteRemove<>();
    }

    private static CompletionHandler<Void> later(Duration pause) {
        return (complete, operations) ->
                operations.reschedule(complete, complete.getTimeDone().plus(pause));
    }

    private static String message(Exception e) {
        // Of the latter, the message is only the file's name.
        return e.getMessage() == null || e instanceof FileSystemException ? e.toString() : e.getMessage();
    }
}
