package phema.sweep;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import phema.fleet.Takers;
import phema.fleet.WorkState;
import phema.problem.ShownPaths;
import phema.text.Labels;

/**
 * Describes a sweep and how far it is.
 *
 * @param description what people call it and say of it
 * @param trials how many there are of each state; of a search, so far
 * @param optimum the best point so far
 * @param evidence what that rests on
 * @param pace trials that are evaluated in a second; empty while nobody can tell
 * @param settings of its evaluator that decide metrics: whoever has others leaves its trials alone. Empty where it is
 *     not known, as of sweeps that older versions made
 * @param settingsDigest digits that are equal where all of these are; empty while one is not known
 * @param takers of our workers who would take its trials, and who leaves them alone; nobody once none waits, or where
 *     they are for clients
 * @param otherWeights how the run's files differ from those that it evaluated, in words that end a sentence; empty
 *     where they do not
 * @param job what the jobs that began it made of it
 * @param version grows with every change of the sweep or of one of its trials
 */
public record Sweep(
        String id,
        SweepDescription description,
        SweepSpec spec,
        SweepState state,
        Map<WorkState, Integer> trials,
        Optional<Optimum> optimum,
        Optional<Evidence> evidence,
        Optional<Double> pace,
        Instant created,
        Optional<Instant> ended,
        Map<String, String> settings,
        Optional<String> settingsDigest,
        Takers takers,
        Optional<String> otherWeights,
        SweepJob job,
        long version) {
    public Sweep {
        settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
        trials = Collections.unmodifiableSortedMap(new TreeMap<>(trials));
    }

    /** Whether trials wait, and no living worker would take them. Nobody knows what clients there are. */
    public boolean isStuck() {
        return waits(state, trials) && takers.count() == 0 && spec.remote().isEmpty();
    }

    /** The settings, in which commands are named without their folders. */
    public SortedMap<String, String> shownSettings() {
        SortedMap<String, String> shown = new TreeMap<>(settings);
        shown.replaceAll((name, value) -> ShownPaths.withoutFolders(value));
        return shown;
    }

    public Optional<String> name() {
        return description.name();
    }

    /** How long the rest takes at this pace; empty where nobody can tell, as of a search. */
    public Optional<Duration> left() {
        int rest = count(WorkState.QUEUED) + count(WorkState.RUNNING);
        return pace.filter(known -> known > 0 && spec.mode() == SweepSpec.SweepMode.GRID)
                .map(known -> Duration.ofMillis((long) (1e3 * rest / known)));
    }

    /**
     * What to be careful about with its best point, each as a sentence without its stop: while it goes on, only what
     * is missing for good.
     */
    public List<String> cautions() {
        List<String> cautions = new ArrayList<>();
        otherWeights.map(Recommendation::measuredOnOthers).ifPresent(cautions::add);
        evidence.map(known ->
                        state.isEnd() ? known.cautions(spec.axes().family().kind()) : known.lost())
                .ifPresent(cautions::addAll);
        return cautions;
    }

    /** {@code done, 1 failed}: how far it is, with what went wrong. */
    public String stateInWords() {
        return SweepState.inWords(Labels.of(state), count(WorkState.DONE), count(WorkState.FAILED));
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
