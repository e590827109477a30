package phema.sweep;

import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.springframework.stereotype.Component;
import phema.evaluation.EvaluationSpec;
import phema.evaluation.EvaluationTask;
import phema.evaluation.Evaluator;
import phema.evaluation.EvaluatorIdentity;
import phema.evaluation.Evaluators;
import phema.evaluation.Point;
import phema.evaluation.Reconstructions;
import phema.fleet.WorkState;
import phema.problem.Problem;
import phema.search.Observation;

/** Knows what an attempt at a trial needs and how it may end, whoever makes it: our own worker or a client. */
@Component
record Attempts(
        Trials trials,
        EvaluationStore evaluations,
        Evaluators evaluators,
        Suitability suitability,
        Reconstructions reconstructions) {
    static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(2);

    /** The number of workers that a trial may bring down before it gets no other. */
    private static final int MOST_DEATHS = 5;

    /**
     * Says what to evaluate, and under what it is kept.
     *
     * @param evaluator who it is, as it was when the attempt began
     * @param evaluation the identity of the result
     * @param isKnown whether it was evaluated before
     */
    record PreparedAttempt(EvaluationTask task, EvaluatorIdentity evaluator, String evaluation, boolean isKnown) {}

    /** Prepares an attempt that is about to begin, and notes what its weights are like. */
    PreparedAttempt begin(Trials.Begun begun) {
        PreparedAttempt attempt = prepare(begun);
        trials.note(
                begun,
                suitability.weights(begun.spec(), begun.basis(), attempt.task().predictedError()));
        return attempt;
    }

    PreparedAttempt prepare(Trials.Begun begun) {
        SweepSpec spec = begun.spec();
        Evaluator evaluator = evaluators.named(spec.evaluator());
        EvaluationTask task = task(spec, begun.trial(), evaluator);
        EvaluatorIdentity identity = suitability.identity(spec);
        String evaluation = task.identity(evaluator, identity);
        return new PreparedAttempt(
                task,
                identity,
                evaluation,
                evaluations
                        .find(evaluation)
                        .filter(metrics -> lack(spec, metrics).isEmpty()
                                && beyond(spec, metrics).isEmpty())
                        .isPresent());
    }

    private EvaluationTask task(SweepSpec spec, Trial trial, Evaluator evaluator) {
        EvaluationSpec common = spec.evaluation();
        Point point = trial.point();
        return new EvaluationTask(
                common,
                trial.sweep(),
                trial.number(),
                trial.attempts(),
                point,
                reconstructions.of(common, point, evaluator.format()),
                reconstructions.guide(common, point, evaluator.format()));
    }

    /**
     * Whether the runs can no longer give what trials of a sweep were evaluated with, since files are gone.
     *
     * @throws Problem when they can give nothing
     */
    boolean isThinned(SweepStore.StoredSweep sweep, List<Trial> done) {
        SweepSpec spec = sweep.spec();
        if (suitability.weights(spec, sweep.basis(), OptionalDouble.empty()).gone() == 0) return false;
        Evaluator evaluator = evaluators.named(spec.evaluator());
        return done.stream()
                .filter(trial ->
                        trial.state() == WorkState.DONE && trial.weights().isPresent())
                .anyMatch(trial -> suitability
                        .weights(
                                spec,
                                sweep.basis(),
                                task(spec, trial, evaluator).predictedError())
                        .isWorseThan(trial.weights().get()));
    }

    /** What is missing, in words for the user; empty where the sweep's metrics are all there. */
    static Optional<String> lack(SweepSpec spec, Map<String, Double> metrics) {
        return spec.metrics().names().stream()
                .filter(wanted -> !metrics.containsKey(wanted))
                .findFirst()
                .map(wanted ->
                        "gave " + String.join(", ", metrics.keySet()) + ", but not the sweep's metric " + wanted);
    }

    /** Names the first of the sweep's metrics that no search could use; others are only shown. */
    static Optional<Map.Entry<String, Double>> beyond(SweepSpec spec, Map<String, Double> metrics) {
        return metrics.entrySet().stream()
                .filter(metric -> spec.metrics().names().contains(metric.getKey()))
                .filter(metric -> Math.abs(metric.getValue()) > Observation.GREATEST)
                .findFirst();
    }

    /** @return what is wrong with the metric, in words for the user */
    static String beyond(double value) {
        return value + ", which is beyond " + Observation.GREATEST + ", the most that a search can use";
    }

    /** Ends a trial that too many workers or clients did not survive. @return whether it did */
    boolean endsByDeaths(Trials.Begun begun) {
        if (begun.mishaps().deaths() < MOST_DEATHS) return false;
        trials.failed(begun, "every worker that ran it died, " + MOST_DEATHS + " times");
        return true;
    }

    /** @return whether it will be tried again, after {@link #PAUSE_AFTER_FAILURE} */
    boolean failed(Trials.Begun begun, String error) {
        // The evaluator may no longer be configured.
        int retries = evaluators
                .find(begun.spec().evaluator())
                .map(Evaluator::retries)
                .orElse(0);
        if (begun.mishaps().failures() < retries) return trials.failedForNow(begun, error);
        trials.failed(begun, error);
        return false;
    }

    static String message(Exception e) {
        // Of the latter, the message is only the file's name.
        return e.getMessage() == null || e instanceof FileSystemException ? e.toString() : e.getMessage();
    }
}
