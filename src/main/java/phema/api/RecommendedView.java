package phema.api;

import org.jspecify.annotations.Nullable;
import phema.sweep.Recommendation;
import phema.text.Labels;

/**
 * Gives the EMA length that a run's weights should have.
 *
 * @param time where the average ends; the run's newest snapshot where none is given
 * @param source pinned by a user, or sweep
 * @param sweep whose optimum it is
 * @param sigmaRelLow holds, together with sigmaRelHigh, the best EMA length with a probability of 90 %
 */
record RecommendedView(
        double sigmaRel,
        @Nullable Double time,
        String source,
        @Nullable String sweep,
        @Nullable Double sigmaRelLow,
        @Nullable Double sigmaRelHigh) {
    static RecommendedView of(Recommendation r) {
        return new RecommendedView(
                r.sigmaRel(),
                r.time().orElse(null),
                Labels.of(r.source()),
                r.sweep().orElse(null),
                r.optimum().map(o -> o.low()).orElse(null),
                r.optimum().map(o -> o.high()).orElse(null));
    }
}
