package phema.sweep;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import phema.fleet.WorkState;

/**
 * Describes a sweep as far as that costs no look at its trials one by one.
 *
 * @param trials how many there are of each state
 * @param stuck whether trials wait, and no living worker would take them
 */
public record SweepBrief(
        String id,
        String run,
        String metric,
        SweepState state,
        SortedMap<WorkState, Integer> trials,
        boolean stuck,
        Instant created) {
    public SweepBrief {
        trials = Collections.unmodifiableSortedMap(new TreeMap<>(trials));
    }

    static SweepBrief of(SweepStore.StoredSweep row, Map<WorkState, Integer> trials, boolean stuck) {
        return new SweepBrief(
                row.id(),
                row.spec().run(),
                row.spec().metric(),
                Sweeps.state(row.held(), trials),
                new TreeMap<>(trials),
                stuck,
                row.created());
    }

    public int count(WorkState wanted) {
        return trials.getOrDefault(wanted, 0);
    }

    public int count() {
        return trials.values().stream().mapToInt(Integer::intValue).sum();
    }
}
