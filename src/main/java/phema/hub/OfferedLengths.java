package phema.hub;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.profile.Power;
import phema.profile.SigmaRel;
import phema.solver.SolverKind;
import phema.sweep.Advice;
import phema.sweep.FoundLength;
import phema.sweep.Recommendation;
import phema.sweep.Recommendations;
import phema.synthesis.Fits;
import phema.synthesis.WeightsReference;

/** Chooses which EMA lengths to offer of a run. */
@Component
final class OfferedLengths {
    /** The EMA length of {@code main} as long as nothing is known of a run. */
    private static final double USUAL = 0.1;

    private final Fits fits;
    private final Recommendations recommendations;
    private final Map<String, Expressible> expressible = new ConcurrentHashMap<>();

    /** It takes a fit of each to find out. */
    private record Expressible(List<Snapshot> snapshots, List<WeightsReference> revisions) {}

    OfferedLengths(Fits fits, Recommendations recommendations) {
        this.fits = fits;
        this.recommendations = recommendations;
    }

    /**
     * What {@code main} of a run is.
     *
     * @param why as the end of a sentence
     * @param sweep that says so
     */
    record RecommendedLength(WeightsReference revision, String why, Optional<String> sweep) {}

    /**
     * What was pinned or found by a sweep; otherwise 0.100, or what is next to it of that which the run can express.
     */
    RecommendedLength recommended(Run run) {
        Advice advice = recommendations.of(run.name());
        return advice.recommended()
                .map(recommendation -> recommended(run, recommendation))
                .orElseGet(() -> usual(run, advice));
    }

    private static RecommendedLength recommended(Run run, Recommendation r) {
        double time = r.time()
                .map(wanted -> Math.clamp(wanted, run.oldestTime(), run.newestTime()))
                .orElseGet(run::newestTime);
        WeightsReference revision = WeightsReference.of(r.profile(), time);
        List<String> why = new ArrayList<>(List.of(r.words()));
        r.cautions().forEach(caution -> why.add("caution: " + caution));
        return new RecommendedLength(revision, String.join("; ", why), r.found().map(FoundLength::sweep));
    }

    private RecommendedLength usual(Run run, Advice advice) {
        boolean offers =
                advice.offered().stream().anyMatch(offer -> offer.otherWeights().isEmpty());
        boolean others = !advice.offered().isEmpty() || advice.leftPin().isPresent();
        List<Double> widths = expressible(run).stream()
                .map(revision -> SigmaRel.ofGamma(((Power) revision.target()).gamma()))
                .toList();
        double width = widths.isEmpty() ? USUAL : Math.clamp(USUAL, Collections.min(widths), Collections.max(widths));
        return new RecommendedLength(
                WeightsReference.newest(width, run),
                (offers
                                ? "what was found for this run so far is only offered, and "
                                : others
                                        ? "what was found or pinned is of other weights that had this name, and "
                                        : "no length of this run was evaluated, and ")
                        + (width == USUAL
                                ? "this one suits many models"
                                : "this is the next to 0.100 that its snapshots can express"),
                Optional.empty());
    }

    /** EMA lengths of a grid that the run's snapshots can express, at the newest one's time. */
    List<WeightsReference> expressible(Run run) {
        Expressible known = expressible.get(run.name());
        if (known == null || known.snapshots != run.snapshots()) {
            List<WeightsReference> revisions = fits.expressible(run, run.newestTime()).stream()
                    .map(profile -> new WeightsReference(SolverKind.BLUP, profile))
                    .toList();
            known = new Expressible(run.snapshots(), revisions);
            expressible.put(run.name(), known);
        }
        return known.revisions;
    }
}
