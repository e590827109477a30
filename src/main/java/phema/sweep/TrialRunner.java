package phema.sweep;

import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedRuntimeException;
import org.springframework.stereotype.Component;
import phema.evaluation.EvaluationException;
import phema.evaluation.EvaluationLog;
import phema.evaluation.Evaluator;
import phema.evaluation.Evaluators;
import phema.evaluation.Pictures;
import phema.fleet.DatabaseRetry;
import phema.fleet.DurableTask;
import phema.fleet.Heartbeat;
import phema.fleet.Outage;
import phema.fleet.WorkerIdentity;
import phema.problem.Problem;

/** Runs one trial, as often as the queue says so: what was done stays done. */
@Component
class TrialRunner {
    private static final Logger log = LoggerFactory.getLogger(TrialRunner.class);
    private final Trials trials;
    private final SweepStore sweeps;
    private final TrialStore store;
    private final LogStore logs;
    private final Evaluators evaluators;
    private final Suitability suitability;
    private final Attempts attempts;
    private final Heartbeat pulse;
    private final WorkerIdentity self;

    TrialRunner(
            Trials trials,
            SweepStore sweeps,
            TrialStore store,
            LogStore logs,
            Evaluators evaluators,
            Suitability suitability,
            Attempts attempts,
            Heartbeat pulse,
            WorkerIdentity self) {
        this.trials = trials;
        this.sweeps = sweeps;
        this.store = store;
        this.logs = logs;
        this.evaluators = evaluators;
        this.suitability = suitability;
        this.attempts = attempts;
        this.pulse = pulse;
        this.self = self;
    }

    CompletionHandler<Void> run(TrialId id) {
        Optional<SweepStore.StoredSweep> sweep = waiting(id);
        if (sweep.isEmpty()) return new CompletionHandler.OnCompleteRemove<>();
        SweepSpec spec = sweep.get().spec();
        Optional<String> objection = suitability.objection(spec, sweep.get().basis());
        if (objection.isPresent()) {
            if (spec.remote().isPresent() && endsKnown(id, sweep.get()))
                return new CompletionHandler.OnCompleteRemove<>();
            if (spec.remote().isEmpty()) log.warn("Trial {} is left to others: {}", id, objection.get());
            suitability.leaveAlone(id.sweep(), objection.get());
            return DurableTask::keepPlace;
        }
        Optional<Trials.Begun> begun = trials.begin(id, self.getName(), suitability.basis(spec));
        if (begun.isEmpty()) return new CompletionHandler.OnCompleteRemove<>();
        if (attempts.endsByDeaths(begun.get())) return new CompletionHandler.OnCompleteRemove<>();
        return run(begun.get());
    }

    /** What clients evaluated before needs none of them. @return whether it was so, and it needs no worker */
    private boolean endsKnown(TrialId id, SweepStore.StoredSweep sweep) {
        SweepSpec spec = sweep.spec();
        if (suitability.unfitness(spec, sweep.basis()).isPresent()) return false;
        Optional<Trial> waiting = store.trial(id);
        if (waiting.isEmpty()) return true; // its sweep was deleted meanwhile
        try {
            // Nobody has begun it, and what has become of earlier attempts does not say what to evaluate.
            TrialStore.Mishaps none = new TrialStore.Mishaps(0, 0);
            if (!attempts.prepare(new Trials.Begun(spec, sweep.basis(), waiting.get(), none))
                    .isKnown()) return false;
        } catch (Problem e) {
            return false; // its client is told
        }
        trials.begin(id, self.getName(), suitability.basis(spec))
                .ifPresent(
                        begun -> trials.doneBefore(begun, attempts.begin(begun).evaluation()));
        return true;
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
        Evaluator evaluator = evaluators.named(spec.evaluator());
        Attempts.PreparedAttempt attempt = attempts.begin(begun);
        if (attempt.isKnown()) {
            work.end();
            trials.doneBefore(begun, attempt.evaluation());
            return;
        }
        long start = System.nanoTime();
        Pictures pictures = new Pictures(evaluators.samples());
        Map<String, Double> metrics = evaluator.evaluate(attempt.task(), output, pictures);
        Optional<String> lack = Attempts.lack(spec, metrics);
        if (lack.isPresent()) {
            work.end();
            logs.save(begun.id(), output.text());
            if (trials.stop(begun, lack.get())) return;
            throw new EvaluationException(lack.get());
        }
        for (Map.Entry<String, Double> metric : metrics.entrySet())
            if (!Double.isFinite(metric.getValue()))
                throw new EvaluationException("the metric " + metric.getKey() + " is " + metric.getValue()
                        + ", which is no result: there may be too few images, or weights that are not finite");
        Optional<Map.Entry<String, Double>> beyond = Attempts.beyond(spec, metrics);
        if (beyond.isPresent())
            throw new EvaluationException("the metric " + beyond.get().getKey() + " is "
                    + Attempts.beyond(beyond.get().getValue()));
        if (!suitability.identity(spec).text().equals(attempt.evaluator().text()))
            throw new EvaluationException("a file of the evaluator " + spec.evaluator()
                    + " changed while it evaluated; what it measured may be of either");
        Duration taken = Duration.ofNanos(System.nanoTime() - start);
        work.end();
        DatabaseRetry.persistently(() -> {
            logs.save(begun.id(), output.text());
            trials.done(begun, attempt.evaluation(), metrics, pictures, taken.toNanos() / 1e9);
        });
    }

    /** It was cancelled, or this worker is about to end, or cannot go on. */
    private CompletionHandler<Void> stopped(Trials.Begun begun) {
        return trials.handBack(begun) ? DurableTask::keepPlace : new CompletionHandler.OnCompleteRemove<>();
    }

    /** Where the machine is at fault, and not the trial, it waits for another one, or until this one is mended. */
    private CompletionHandler<Void> failed(Trials.Begun begun, Exception e) {
        Optional<String> outage = e instanceof EvaluationException
                ? Optional.empty()
                : Outage.reason(e).or(() -> changed(e));
        if (outage.isPresent()) {
            log.warn("Trial {} is left to others for now: {}", begun.id(), outage.get());
            suitability.leaveAlone(begun.id().sweep(), outage.get());
            return stopped(begun);
        }
        if (!(e instanceof EvaluationException)) log.warn("Trial {} failed", begun.id(), e);
        return attempts.failed(begun, Attempts.message(e))
                ? later(Attempts.PAUSE_AFTER_FAILURE)
                : new CompletionHandler.OnCompleteRemove<>();
    }

    /** Files that change while they are read: once that is noticed, their sweep waits for what it was made for. */
    private static Optional<String> changed(Exception e) {
        return Problem.in(e)
                .filter(problem -> problem.kind() == Problem.ProblemKind.CONFLICT)
                .map(Problem::getMessage);
    }

    private static CompletionHandler<Void> later(Duration pause) {
        return (complete, operations) ->
                operations.reschedule(complete, complete.getTimeDone().plus(pause));
    }
}
