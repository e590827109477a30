package phema.dashboard;

import org.jspecify.annotations.Nullable;
import phema.profile.SigmaRel;
import phema.sweep.Recommendation;

/**
 * Gives the EMA length that a run's weights should have.
 *
 * @param sweep that found it
 */
record RecommendedPanel(String width, String why, @Nullable String sweep) {
    static RecommendedPanel of(Recommendation r) {
        return new RecommendedPanel(
                SigmaRel.print(r.sigmaRel()),
                r.optimum()
                        .map(o -> "the optimum of a sweep, between " + SigmaRel.print(o.low()) + " and "
                                + SigmaRel.print(o.high()))
                        .orElse("pinned"),
                r.sweep().orElse(null));
    }
}
