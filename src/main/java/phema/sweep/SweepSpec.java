package phema.sweep;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.EvaluationSpec;
import phema.evaluation.Guides;
import phema.evaluation.MetricGoal;
import phema.evaluation.MetricGoals;
import phema.evaluation.RemoteEvaluator;
import phema.evaluation.Seeds;
import phema.problem.Problem;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import tools.jackson.databind.JsonNode;

/**
 * Says what a sweep varies, and how its points are evaluated.
 *
 * @param run whose weights are evaluated
 * @param axes what is varied; for {@link SweepMode#SEARCH} the least and the greatest value of continuous axes bound
 *     the search
 * @param evaluator a name below {@code phema.evaluators}, or that of a {@link RemoteEvaluator}
 * @param metrics which of its metrics every trial must have; the first is optimised
 * @param solver of all weights, guiding ones too
 * @param files how many stored files a fit may read
 * @param tolerance of a search: the share of the metric by which what it finds may be worse than the best
 * @param priority trials of sweeps with a higher one go first
 */
public record SweepSpec(
        String run,
        SweepMode mode,
        @JsonIgnore AxisValues axes,
        String evaluator,
        @JsonProperty("metric") MetricGoals metrics,
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

    /**
     * Says what a sweep varies, as people write it.
     *
     * @param metrics as {@code fid,accuracy:max}
     * @throws Problem when these cannot be read
     */
    public SweepSpec(
            String run,
            SweepMode mode,
            AxisValues axes,
            String evaluator,
            String metrics,
            SolverKind solver,
            FilesToRead files,
            double tolerance,
            int priority) {
        this(run, mode, axes, evaluator, MetricGoals.parse(metrics), solver, files, tolerance, priority);
    }

    /** Reads what the database keeps, where each axis is a field beside the others. */
    @JsonCreator
    static SweepSpec stored(
            @JsonProperty("run") String run,
            @JsonProperty("mode") SweepMode mode,
            @JsonProperty("evaluator") String evaluator,
            @JsonProperty("metric") MetricGoals metrics,
            @JsonProperty("solver") SolverKind solver,
            @JsonProperty("files") FilesToRead files,
            @JsonProperty("tolerance") double tolerance,
            @JsonProperty("priority") int priority,
            @JsonAnySetter Map<String, JsonNode> axes) {
        return new SweepSpec(run, mode, AxisValues.read(axes), evaluator, metrics, solver, files, tolerance, priority);
    }

    @JsonAnyGetter
    Map<String, JsonNode> storedAxes() {
        return axes.json();
    }

    public SweepSpec with(AxisValues others) {
        return new SweepSpec(run, mode, others, evaluator, metrics, solver, files, tolerance, priority);
    }

    SweepSpec withPriority(int other) {
        return new SweepSpec(run, mode, axes, evaluator, metrics, solver, files, tolerance, other);
    }

    /** Says what all evaluations have in common. */
    EvaluationSpec evaluation() {
        return new EvaluationSpec(run, evaluator, metrics, axes, solver, files);
    }

    /** The evaluator, where its trials are for clients that ask for them. */
    Optional<RemoteEvaluator> remote() {
        return RemoteEvaluator.parse(evaluator);
    }

    /** The name of the metric that is optimised. */
    public String metric() {
        return goal().name();
    }

    /** What is optimised, and in which direction. */
    public MetricGoal goal() {
        return metrics.first();
    }

    /** Of the averages that are varied, {@link AxisValues#family}. */
    public List<Double> lengths() {
        return axes.get(Axes.LENGTH);
    }

    /** Where averages end; the run's newest snapshot when empty. */
    public List<Double> time() {
        return axes.get(Axes.TIME);
    }

    /** Strengths, 1 for none. */
    public List<Double> guidance() {
        return axes.get(Axes.GUIDANCE);
    }

    /** Guiding networks. */
    public List<Guides> guides() {
        return axes.get(Axes.GUIDES);
    }

    /** Of one evaluation each: several repeat a measurement. */
    public List<Seeds> seeds() {
        return axes.get(Axes.SEEDS);
    }
}
