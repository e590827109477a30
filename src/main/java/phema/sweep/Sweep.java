package phema.sweep;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import phema.fleet.WorkState;

/**
 * Describes a sweep and how far it is.
 *
 * @param trials how many there are of each state; of a search, so far
 * @param optimum the best point so far
 * @param version grows with every change of the sweep or of one of its trials
 */
public record Sweep(
        String id,
        SweepSpec spec,
        SweepState state,
        Map<WorkState, Integer> trials,
        Optional<Optimum> optimum,
        Instant created,
        Optional<Instant> ended,
        long version) {
    public Sweep {
        trials = Collections.unmodifiableSortedMap(new TreeMap<>(trials));
    }

    public int count(WorkState wanted) {
        return trials.getOrDefault(wanted, 0);
    }

    public int count() {
        return trials.values().stream().mapToInt(Integer::intValue).sum();
    }
}
