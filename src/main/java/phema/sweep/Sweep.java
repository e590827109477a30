package phema.sweep;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import phema.fleet.Takers;
import phema.fleet.WorkState;

/**
 * Describes a sweep and how far it is.
 *
 * @param name by which the job that made it finds it again; empty for none
 * @param trials how many there are of each state; of a search, so far
 * @param optimum the best point so far
 * @param settings of its evaluator that decide metrics: whoever has others leaves its trials alone. Empty where it is
 *     not known, as of sweeps that older versions made
 * @param settingsDigest digits that are equal where all of these are; empty while one is not known
 * @param takers of our workers who would take its trials, and who leaves them alone; nobody once none waits, or where
 *     they are for clients
 * @param version grows with every change of the sweep or of one of its trials
 */
public record Sweep(
        String id,
        Optional<String> name,
        SweepSpec spec,
        SweepState state,
        Map<WorkState, Integer> trials,
        Optional<Optimum> optimum,
        Instant created,
        Optional<Instant> ended,
        Map<String, String> settings,
        Optional<String> settingsDigest,
        Takers takers,
        long version) {
    public Sweep {
        settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
        trials = Collections.unmodifiableSortedMap(new TreeMap<>(trials));
    }

    /** Whether trials wait, and no living worker would take them. Nobody knows what clients there are. */
    public boolean isStuck() {
        return waits(state, trials) && takers.count() == 0 && spec.remote().isEmpty();
    }

    static boolean waits(SweepState state, Map<WorkState, Integer> trials) {
        return (state == SweepState.QUEUED || state == SweepState.RUNNING) && trials.containsKey(WorkState.QUEUED);
    }

    public int count(WorkState wanted) {
        return trials.getOrDefault(wanted, 0);
    }

    public int count() {
        return trials.values().stream().mapToInt(Integer::intValue).sum();
    }
}
