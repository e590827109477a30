package phema.evaluation;

import phema.solver.FilesToRead;
import phema.solver.SolverKind;

/**
 * Says what the evaluations of a sweep have in common.
 *
 * @param run whose weights are evaluated
 * @param evaluator a name below {@code phema.evaluators}, or that of a {@link RemoteEvaluator}
 * @param metrics that each must give
 * @param axes what they may differ in
 * @param solver of all weights, guiding ones too
 * @param files how many stored files a fit may read
 */
public record EvaluationSpec(
        String run, String evaluator, MetricGoals metrics, AxisValues axes, SolverKind solver, FilesToRead files) {}
