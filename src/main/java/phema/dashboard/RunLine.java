package phema.dashboard;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import phema.catalog.Excluded;
import phema.catalog.Excluded.ExclusionReason;
import phema.catalog.Run;
import phema.dashboard.RunsQuery.RunsFilter;
import phema.dashboard.RunsQuery.RunsOrder;
import phema.evaluation.MetricGoal;
import phema.fleet.WorkState;
import phema.format.FilePart;
import phema.sweep.Advice;
import phema.sweep.FoundLength;
import phema.sweep.Offer;
import phema.sweep.Recommendation;
import phema.sweep.SweepBrief;

/**
 * Holds what the table of runs is searched, filtered and sorted by.
 *
 * @param sweep the newest one
 * @param best that is recommended, or the latest that is offered of these weights; empty while nothing was found
 * @param newest when the newest snapshot was written; the beginning of time where there is none
 * @param leftOut files that are not used and were meant to be
 * @param suspicious files that do not belong to the others, as far as anybody has asked for weights of the run
 */
record RunLine(
        Run run,
        Advice advice,
        @Nullable SweepBrief sweep,
        Optional<FoundLength> best,
        Instant newest,
        int leftOut,
        int suspicious) {
    static RunLine of(Run run, Advice advice, @Nullable SweepBrief sweep, int suspicious) {
        return new RunLine(
                run,
                advice,
                sweep,
                advice.recommended()
                        .flatMap(Recommendation::found)
                        .or(() -> advice.offered().stream()
                                .filter(offer -> offer.otherWeights().isEmpty())
                                .map(Offer::found)
                                .findFirst()),
                run.snapshots().isEmpty()
                        ? Instant.EPOCH
                        : run.newest().file().parts().stream()
                                .map(RunLine::modified)
                                .max(Comparator.naturalOrder())
                                .orElse(Instant.EPOCH),
                (int) run.excluded().stream().filter(RunLine::isMissed).count(),
                suspicious);
    }

    private static Instant modified(FilePart part) {
        return part.stamp().modified();
    }

    /** Not where a file is still being written, or another one is the same. */
    private static boolean isMissed(Excluded file) {
        return file.reason() != ExclusionReason.GROWING && file.reason() != ExclusionReason.DUPLICATE;
    }

    boolean is(RunsFilter filter) {
        return switch (filter) {
            case ALL -> true;
            case LEFT_OUT -> leftOut > 0;
            case SUSPICIOUS -> suspicious > 0;
            case FAILED -> sweep != null && sweep.count(WorkState.FAILED) > 0;
            case STUCK -> sweep != null && sweep.stuck();
            case ATTENTION -> !attention().isEmpty();
        };
    }

    /** Why it needs attention, in a few words each. */
    List<String> attention() {
        List<String> reasons = new ArrayList<>();
        if (!RunSummary.isAddressed(run)) reasons.add("no page: addresses cannot hold its name");
        if (is(RunsFilter.LEFT_OUT)) reasons.add(leftOut + (leftOut == 1 ? " file left out" : " files left out"));
        if (is(RunsFilter.SUSPICIOUS))
            reasons.add(suspicious + (suspicious == 1 ? " suspicious file" : " suspicious files"));
        if (sweep != null && is(RunsFilter.FAILED))
            reasons.add(sweep.count(WorkState.FAILED) + " of " + sweep.count() + " trials failed");
        if (is(RunsFilter.STUCK)) reasons.add("trials wait, and no worker would take them");
        return reasons;
    }

    static Comparator<RunLine> by(RunsOrder order) {
        Comparator<RunLine> name = Comparator.comparing(line -> line.run.name());
        return switch (order) {
            case NAME -> name;
            case NEWEST -> Comparator.comparing(RunLine::newest).reversed().thenComparing(name);
            case METRIC ->
                Comparator.comparing((RunLine line) -> line.best.isEmpty())
                        .thenComparing(line -> line.best
                                .map(FoundLength::goal)
                                .map(MetricGoal::text)
                                .orElse(""))
                        .thenComparing(line -> line.best
                                .map(found -> found.goal().direction().cost(found.value()))
                                .orElse(0.0))
                        .thenComparing(name);
            case STATE -> Comparator.comparing(RunLine::urgency).reversed().thenComparing(name);
        };
    }

    private int urgency() {
        if (sweep == null) return -1;
        if (sweep.stuck()) return 10;
        if (is(RunsFilter.FAILED)) return 9;
        return switch (sweep.state()) {
            case FAILED -> 9;
            case RUNNING -> 8;
            case QUEUED -> 7;
            case PAUSED -> 6;
            case DONE -> 5;
            case CANCELLED -> 4;
        };
    }
}
