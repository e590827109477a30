package phema.api;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import phema.evaluation.Seeds;
import phema.fleet.WorkState;
import phema.sweep.Sweep;
import phema.sweep.SweepSpec;
import phema.text.Labels;

/**
 * A sweep.
 *
 * @param state queued, running, paused, done, failed or cancelled
 * @param trials how many there are of each state
 * @param optimum the best point so far
 * @param version grows with every change
 */
public record SweepView(
        String id,
        String run,
        String state,
        Map<String, Integer> trials,
        @Nullable OptimumView optimum,
        String mode,
        List<Double> sigmaRel,
        List<Double> time,
        List<Double> guidance,
        List<SweepSpec.GuideAxis> guides,
        List<String> seeds,
        String evaluator,
        String metric,
        String solver,
        String files,
        double tolerance,
        int priority,
        long createdEpochMillis,
        @Nullable Long endedEpochMillis,
        long version) {
    public static SweepView of(Sweep sweep) {
        SweepSpec spec = sweep.spec();
        Map<String, Integer> trials = new TreeMap<>();
        for (WorkState state : WorkState.values()) trials.put(Labels.of(state), sweep.count(state));
        return new SweepView(
                sweep.id(),
                spec.run(),
                Labels.of(sweep.state()),
                trials,
                sweep.optimum()
                        .map(optimum -> OptimumView.of(spec.metric(), optimum))
                        .orElse(null),
                Labels.of(spec.mode()),
                spec.sigmaRel(),
                spec.time(),
                spec.guidance(),
                spec.guides(),
                spec.seeds().stream().map(Seeds::toString).toList(),
                spec.evaluator(),
                spec.metric(),
                Labels.of(spec.solver()),
                Labels.of(spec.files()),
                spec.tolerance(),
                spec.priority(),
                sweep.created().toEpochMilli(),
                sweep.ended().map(Instant::toEpochMilli).orElse(null),
                sweep.version());
    }
}
