package phema.sweep;

import java.util.List;
import phema.evaluation.EvaluationSpec;
import phema.evaluation.Seeds;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;

/**
 * What a sweep varies, and how its points are evaluated.
 *
 * @param run whose weights are evaluated
 * @param sigmaRel EMA lengths; for {@link SweepMode#SEARCH} the least and the greatest bound the search
 * @param time where averages end; the run's newest snapshot when empty
 * @param guidance strengths, 1 for none; for {@link SweepMode#SEARCH} the least and the greatest bound the search
 * @param guides guiding networks; none when empty: then an evaluator may guide by the network itself without labels
 * @param seeds of one evaluation each: several repeat a measurement
 * @param evaluator a name below {@code phema.evaluators}
 * @param metric which of its metrics is minimised
 * @param solver of all weights, guiding ones too
 * @param files how many stored files a fit may read
 * @param tolerance of a search: the share of the metric by which what it finds may be worse than the best
 * @param priority trials of sweeps with a higher one go first
 */
public record SweepSpec(
        String run,
        SweepMode mode,
        List<Double> sigmaRel,
        List<Double> time,
        List<Double> guidance,
        List<GuideAxis> guides,
        List<Seeds> seeds,
        String evaluator,
        String metric,
        SolverKind solver,
        FilesToRead files,
        double tolerance,
        int priority) {
    /** Which points are evaluated. */
    public enum SweepMode {
        /** All combinations of all axes. */
        GRID,
        /** Those that a model of the metric asks for. */
        SEARCH
    }

    /** A guiding run, and which of its weights; its newest snapshot's time when {@code time} is empty. */
    public record GuideAxis(String run, List<Double> sigmaRel, List<Double> time) {
        public GuideAxis {
            sigmaRel = List.copyOf(sigmaRel);
            time = List.copyOf(time);
        }
    }

    /** Says what all evaluations have in common. */
    EvaluationSpec evaluation() {
        return new EvaluationSpec(run, evaluator, metric, seeds, solver, files);
    }

    public SweepSpec {
        sigmaRel = List.copyOf(sigmaRel);
        time = List.copyOf(time);
        guidance = List.copyOf(guidance);
        guides = List.copyOf(guides);
        seeds = List.copyOf(seeds);
    }
}
