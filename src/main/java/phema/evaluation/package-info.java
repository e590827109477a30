/**
 * Evaluators turn weights into metrics: the built-in sampler with its metrics, and commands of the user's. And the
 * weight files that they share on a host.
 *
 * <p>What determines a metric has an identity, by which evaluations are kept and never made twice. Knows nothing of
 * sweeps as jobs: a task says which weights, which point, which metric. What sweeps may vary is listed here, once,
 * since evaluators are told of all of it.
 *
 * <ol>
 *   <li>{@link phema.evaluation.Evaluator} of {@link phema.evaluation.EvaluationTask}s: the interface.
 *   <li>{@link phema.evaluation.Axes} of {@link phema.evaluation.Axis}: all that may be varied, with how every door
 *       reads and writes it; {@link phema.evaluation.Point}: a value of each.
 *   <li>{@link phema.evaluation.Evaluators}: those that are configured.
 *   <li>{@code BuiltinEvaluator}, {@code CommandEvaluator}, {@link phema.evaluation.RemoteEvaluator}: the kinds.
 *   <li>{@link phema.evaluation.Pictures}: images that an evaluation leaves; {@link phema.evaluation.PictureReader}:
 *       what is kept of one.
 *   <li>{@code WeightCache}: files that several trials need, written once.
 * </ol>
 */
@ApplicationModule(
        allowedDependencies = {
            "catalog",
            "digest",
            "edm2",
            "fleet",
            "format",
            "metrics",
            "problem",
            "profile",
            "solver",
            "storage",
            "synthesis",
            "text"
        })
@NullMarked
package phema.evaluation;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
