package phema.web;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import phema.sweep.Seeds;
import phema.sweep.Sweep;
import phema.sweep.SweepSpec;
import phema.sweep.TrialState;

/**
 * A sweep.
 *
 * @param state queued, running, paused, done, failed or cancelled
 * @param trials how many there are of each state
 * @param optimum the best point so far
 * @param version grows with every change
 */
record SweepView(
        String id,
        String run,
        String state,
        Map<String, Integer> trials,
        @Nullable OptimumView optimum,
        String mode,
        List<Double> sigmaRel,
        List<Double> time,
        List<Double> guidance,
        List<SweepSpec.Guides> guides,
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
    static SweepView of(Sweep sweep) {
        SweepSpec spec = sweep.spec();
        Map<String, Integer> trials = new TreeMap<>();
        for (TrialState state : TrialState.values()) trials.put(Choices.word(state), sweep.count(state));
        return new SweepView(
                sweep.id(),
                spec.run(),
                Choices.word(sweep.state()),
                trials,
                sweep.optimum()
                        .map(optimum -> OptimumView.of(spec.metric(), optimum))
                        .orElse(null),
                Choices.word(spec.mode()),
                spec.sigmaRel(),
                spec.time(),
                spec.guidance(),
                spec.guides(),
                spec.seeds().stream().map(Seeds::toString).toList(),
                spec.evaluator(),
                spec.metric(),
                Choices.word(spec.solver()),
                Choices.word(spec.files()),
                spec.tolerance(),
                spec.priority(),
                sweep.created().toEpochMilli(),
                sweep.ended().map(Instant::toEpochMilli).orElse(null),
                sweep.version());
    }
}
