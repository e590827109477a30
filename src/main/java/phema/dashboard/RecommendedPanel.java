package phema.dashboard;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import phema.profile.SigmaRel;
import phema.sweep.Advice;
import phema.sweep.FoundLength;
import phema.sweep.Offer;
import phema.sweep.Recommendation;
import phema.sweep.Recommendation.RecommendationSource;
import phema.text.Labels;

/**
 * Gives the average that a run's weights should be, and what else was found.
 *
 * @param length that is recommended; nothing while there is none
 * @param pinned whether there is a pin
 * @param leftPin why it does not count, as a sentence; nothing where it does
 * @param offered what a pin would take, the latest first
 */
record RecommendedPanel(
        @Nullable LengthLine length,
        boolean pinned,
        @Nullable String leftPin,
        List<LengthLine> offered) {
    /**
     * An average and what it rests on.
     *
     * @param width the EMA length, or another profile, for people
     * @param sigmaRel as addresses have it; nothing where it is another profile
     * @param profile the other profile
     * @param time where its average ends, as addresses have it; nothing for the newest snapshot
     * @param timeShown the same for people; empty where it is the newest snapshot
     * @param cautions sentences
     * @param sweep that found it
     * @param offer the number to pin it by
     * @param reason why it is not taken
     */
    record LengthLine(
            String width,
            @Nullable String sigmaRel,
            @Nullable String profile,
            @Nullable String time,
            String timeShown,
            String why,
            List<String> cautions,
            @Nullable String sweep,
            long offer,
            String reason) {
        private static LengthLine of(Recommendation r, RunClock clock, String reason) {
            Optional<FoundLength> found = r.found();
            return new LengthLine(
                    r.shown(),
                    r.sigmaRel().map(SigmaRel::print).orElse(null),
                    r.sigmaRel().isPresent() ? null : r.profile(),
                    r.time().map(Labels::plain).orElse(null),
                    r.time().map(clock::show).orElse(""),
                    r.words(),
                    r.cautions(),
                    found.map(FoundLength::sweep).orElse(null),
                    found.map(FoundLength::id).orElse(0L),
                    reason);
        }

        private static LengthLine of(Offer offer, RunClock clock) {
            return of(offer.recommendation(), clock, offer.reason());
        }
    }

    static RecommendedPanel of(Advice advice, RunClock clock) {
        Optional<Recommendation> recommended = advice.recommended();
        return new RecommendedPanel(
                recommended.map(r -> LengthLine.of(r, clock, "")).orElse(null),
                advice.leftPin().isPresent()
                        || recommended
                                .filter(r -> r.source() == RecommendationSource.PINNED)
                                .isPresent(),
                advice.leftPin().orElse(null),
                advice.offered().stream()
                        .map(offer -> LengthLine.of(offer, clock))
                        .toList());
    }
}
