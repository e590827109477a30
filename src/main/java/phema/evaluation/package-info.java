/**
 * Evaluators turn weights into metrics: the built-in sampler with its metrics, and commands of the user's. And the
 * weight files that they share on a host.
 *
 * <p>What determines a metric has an identity, by which evaluations are kept and never made twice. Knows nothing of
 * sweeps: a task says which weights, which point, which metric.
 *
 * <ol>
 *   <li>{@link phema.evaluation.Evaluator} of {@link phema.evaluation.EvaluationTask}s: the interface.
 *   <li>{@link phema.evaluation.Point}: what is evaluated.
 *   <li>{@link phema.evaluation.Evaluators}: those that are configured.
 *   <li>{@code BuiltinEvaluator}, {@code CommandEvaluator}: the kinds.
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
