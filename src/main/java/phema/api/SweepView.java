package phema.api;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import phema.evaluation.AxisValues;
import phema.evaluation.LengthFields;
import phema.evaluation.MetricGoal;
import phema.fleet.WorkState;
import phema.sweep.Sweep;
import phema.sweep.SweepSpec;
import phema.sweep.SweepState;
import phema.text.Labels;
import phema.text.StoredJson;
import tools.jackson.databind.JsonNode;

/**
 * Describes a sweep.
 *
 * @param name by which the job that made it finds it again
 * @param note what people say of it; empty for nothing
 * @param archived whether it is in no list that does not ask for archived ones
 * @param state queued, running, paused, done, failed or cancelled
 * @param trials how many there are of each state
 * @param optimum the best point so far
 * @param axes more fields: what is varied, by names of axes
 * @param metric that is optimised
 * @param metrics that every trial must have, this one first
 * @param settings of its evaluator that decide metrics, commands without their folders: a worker that has others leaves
 *     its trials alone
 * @param settingsDigest digits that are equal where all of these are; none while one is not known
 * @param leftAlone the living workers that do not take its trials, with the reasons, while some wait
 * @param trialsPerMinute how quickly trials are evaluated, by the last 20; none while it cannot be told
 * @param secondsLeft until the rest has ended at this pace; of searches none
 * @param stuck whether trials wait and no living worker takes them
 * @param replacedBy the sweep that a job began in its place, under its name
 * @param trialsLeft how many more trials are evaluated before it is cancelled; none for any number
 * @param version grows with every change
 */
public record SweepView(
        String id,
        @Nullable String name,
        @Nullable String note,
        @Nullable List<String> tags,
        @Nullable Boolean archived,
        String run,
        String state,
        Map<String, Integer> trials,
        @Nullable OptimumView optimum,
        String mode,
        @Schema(hidden = true) @JsonAnySetter @JsonAnyGetter Map<String, JsonNode> axes,
        String evaluator,
        String metric,
        List<MetricView> metrics,
        String solver,
        String files,
        double tolerance,
        int priority,
        long createdEpochMillis,
        @Nullable Long endedEpochMillis,
        @Nullable Map<String, String> settings,
        @Nullable String settingsDigest,
        @Nullable List<LeftAloneView> leftAlone,
        @Nullable Boolean stuck,
        @Nullable Double trialsPerMinute,
        @Nullable Long secondsLeft,
        @Nullable String replacedBy,
        @Nullable Integer trialsLeft,
        long version) {
    /**
     * A metric.
     *
     * @param direction min where less is better, max where more is
     */
    public record MetricView(
            String name,

            @Schema(allowableValues = {"min", "max"}) String direction) {
        static MetricView of(MetricGoal goal) {
            return new MetricView(goal.name(), Labels.of(goal.direction()));
        }

        /** Whether more is better. */
        public boolean max() {
            return direction.equals("max");
        }
    }

    /** {@code done, 1 failed}. */
    public String stateInWords() {
        return SweepState.inWords(
                state,
                trials.getOrDefault(Labels.of(WorkState.DONE), 0),
                trials.getOrDefault(Labels.of(WorkState.FAILED), 0));
    }

    /** What is varied. */
    public AxisValues asked() {
        return AxisValues.read(axes);
    }

    /** With the family also where it is the usual one. */
    private static Map<String, JsonNode> axes(AxisValues asked) {
        Map<String, JsonNode> axes = new LinkedHashMap<>();
        axes.put(LengthFields.PROFILE, StoredJson.tree(asked.family().template()));
        axes.putAll(asked.json());
        return axes;
    }

    public static SweepView of(Sweep sweep) {
        SweepSpec spec = sweep.spec();
        Map<String, Integer> trials = new TreeMap<>();
        for (WorkState state : WorkState.values()) trials.put(Labels.of(state), sweep.count(state));
        return new SweepView(
                sweep.id(),
                sweep.name().orElse(null),
                sweep.description().note(),
                List.copyOf(sweep.description().tags()),
                sweep.description().archived(),
                spec.run(),
                Labels.of(sweep.state()),
                trials,
                sweep.optimum()
                        .map(optimum -> OptimumView.of(spec.metric(), optimum, sweep.cautions()))
                        .orElse(null),
                Labels.of(spec.mode()),
                axes(spec.axes()),
                spec.evaluator(),
                spec.metric(),
                spec.metrics().all().stream().map(MetricView::of).toList(),
                Labels.of(spec.solver()),
                Labels.of(spec.files()),
                spec.tolerance(),
                spec.priority(),
                sweep.created().toEpochMilli(),
                sweep.ended().map(Instant::toEpochMilli).orElse(null),
                sweep.shownSettings(),
                sweep.settingsDigest().orElse(null),
                sweep.takers().others().stream().map(LeftAloneView::of).toList(),
                sweep.isStuck(),
                sweep.pace().map(perSecond -> 60 * perSecond).orElse(null),
                sweep.left().map(Duration::toSeconds).orElse(null),
                sweep.job().replacedBy().orElse(null),
                sweep.job().trialsLeft().orElse(null),
                sweep.version());
    }
}
