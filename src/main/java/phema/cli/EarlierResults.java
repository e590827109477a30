package phema.cli;

import static java.util.function.Function.identity;
import static java.util.stream.Collectors.toMap;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import phema.api.RecommendedView;
import phema.api.SweepView;
import phema.problem.Problem;
import phema.profile.ProfileFamily;

/**
 * Finds what gates compare a sweep with: what was there when it began. What rests on the sweep's own evaluations tells
 * nothing of it, or a gate that is not met would be met by the same command again.
 */
final class EarlierResults {
    private final SweepAccess sweeps;
    private final SweepResults now;

    EarlierResults(SweepAccess sweeps, SweepResults now) {
        this.sweeps = sweeps;
        this.now = now;
    }

    /** The newest sweep that can be compared; those that cannot are passed over. */
    EarlierResult last() throws IOException {
        List<SweepView> all = sweeps.sweeps(now.sweep().run());
        Map<String, SweepView> byId = all.stream().collect(toMap(SweepView::id, identity(), (a, b) -> a));
        @Nullable String difference = null;
        for (SweepView view : all) {
            if (!isCandidate(view, byId)) continue;
            // What is asked costs nothing; its trials may be many.
            Optional<String> why = difference(new SweepResults(view, List.of()));
            if (why.isEmpty()) {
                SweepResults earlier = new SweepResults(view, sweeps.trials(view.id()));
                if (now.hasEvaluated(earlier)) continue;
                why = difference(earlier);
                if (why.isEmpty()) return EarlierResult.of(earlier.title(), earlier::best);
            }
            if (difference == null) difference = why.get();
        }
        return EarlierResult.none(
                Objects.requireNonNullElse(difference, "no sweep of this run, evaluator and metric ended before"));
    }

    private Optional<String> difference(SweepResults earlier) {
        return ComparableResult.asked(now).difference(ComparableResult.asked(earlier));
    }

    /** Those that were cancelled are passed over: what they found is no end. */
    private boolean isCandidate(SweepView view, Map<String, SweepView> all) {
        SweepView own = now.sweep();
        return !view.id().equals(own.id())
                && List.of("done", "failed").contains(view.state())
                && view.optimum() != null
                && view.endedEpochMillis() != null
                && view.endedEpochMillis() <= own.createdEpochMillis()
                && (!Boolean.TRUE.equals(view.archived()) || isReplacedSince(view, all))
                && view.evaluator().equals(own.evaluator())
                && view.metrics().getFirst().equals(own.metrics().getFirst());
    }

    /** Whether it was in the archive already when this one began. */
    private boolean isReplacedSince(SweepView view, Map<String, SweepView> all) {
        @Nullable SweepView successor = view.replacedBy() == null ? null : all.get(view.replacedBy());
        return successor != null
                && successor.createdEpochMillis() >= now.sweep().createdEpochMillis();
    }

    /** What was recommended, or would have been without this sweep's evaluations. */
    EarlierResult recommended() throws IOException {
        Set<String> without = new HashSet<>();
        while (true) {
            Optional<RecommendedView> found =
                    sweeps.recommendedBefore(now.sweep().id(), without);
            if (found.isEmpty()) return EarlierResult.none("no length was recommended before");
            if (!restsOnThis(found.get())) return comparable(found.get());
            if (!without.add(Objects.requireNonNull(found.get().sweep())))
                return EarlierResult.none("what is recommended rests on the same evaluations");
        }
    }

    private boolean restsOnThis(RecommendedView recommended) throws IOException {
        @Nullable String by = recommended.sweep();
        if (by == null) return false;
        // Of its own it is pinned, or else what a sweep found that this one has replaced.
        if (by.equals(now.sweep().id())) return recommended.source().equals("pinned");
        try {
            return now.hasEvaluated(new SweepResults(sweeps.sweep(by), sweeps.trials(by)));
        } catch (Problem e) {
            if (e.kind() != Problem.ProblemKind.UNKNOWN) throw e;
            return false; // deleted
        }
    }

    private EarlierResult comparable(RecommendedView recommended) {
        SweepView own = now.sweep();
        SweepView.MetricView metric = own.metrics().getFirst();
        if (!metric.name().equals(recommended.metric())
                || !metric.direction().equals(recommended.direction())
                || !own.evaluator().equals(recommended.evaluator()))
            return EarlierResult.none(
                    "what is recommended has the %s of %s".formatted(recommended.metric(), recommended.evaluator()));
        return ComparableResult.found(now)
                .difference(ComparableResult.of(recommended))
                .map(EarlierResult::none)
                .orElseGet(() -> EarlierResult.of(
                        title(recommended),
                        name -> Optional.ofNullable(recommended.value())
                                .filter(value -> name.equals(metric.name()))
                                .map(value -> new SweepResults.BestValue(
                                        value, Objects.requireNonNullElse(recommended.standardError(), 0.0)))));
    }

    private static String title(RecommendedView recommended) {
        String title = recommended.source().equals("pinned") ? "what is pinned" : "what was recommended";
        if (recommended.sweep() == null) return title;
        title += ", by sweep " + recommended.sweep();
        if (recommended.lengths() == null) return title;
        return title + " of " + ProfileFamily.of(recommended.profile()).kind().counted(recommended.lengths());
    }
}
