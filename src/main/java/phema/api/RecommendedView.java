package phema.api;

import io.swagger.v3.oas.annotations.media.Schema;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import phema.evaluation.Point;
import phema.sweep.FoundLength;
import phema.sweep.Offer;
import phema.sweep.Optimum;
import phema.sweep.Recommendation;
import phema.text.Labels;

/**
 * Gives the average that a run's weights should be, or one that is offered beside it.
 *
 * @param profile the average, such as {@code power:0.1} or {@code decay:cosine:800}
 * @param sigmaRel the EMA length, where it is a power function average
 * @param time where the average ends; the run's newest snapshot where none is given
 * @param source pinned by a user, or sweep
 * @param sweep that found it; as all that follows, left out of a length of the user's own
 * @param sigmaRelLow lengthLow, where the length is sigma_rel
 * @param sigmaRelHigh lengthHigh, likewise
 * @param length the best of the lengths that the sweep varied
 * @param lengthLow holds, together with lengthHigh, the best length with a probability of 90 %; of fewer than four
 *     lengths they are its neighbours
 * @param direction of the metric: min where less is better
 * @param value of the metric that is expected there
 * @param standardError of the value, where it is known
 * @param settingsDigest equal for equal settings of the evaluator; none where they are not known
 * @param guidance 1 for none
 * @param guide the guiding network, where it is another one
 * @param params what the evaluator got as given, by name
 * @param images of each evaluation; several where they differ in it
 * @param lengths how many lengths were evaluated; as the next two, left out where an older version found it
 * @param trials how many evaluations they had together
 * @param missingTrials how many more of the sweep failed or were cancelled
 * @param why the same in words
 * @param cautions what is wrong with it, or not known of it
 * @param offer the number to pin it by; none of what is recommended
 * @param reason why it is offered only
 */
public record RecommendedView(
        String profile,
        @Nullable Double sigmaRel,
        @Nullable Double time,

        @Schema(allowableValues = {"pinned", "sweep"}) String source,

        @Nullable String sweep,
        @Nullable Double sigmaRelLow,
        @Nullable Double sigmaRelHigh,
        @Nullable Double length,
        @Nullable Double lengthLow,
        @Nullable Double lengthHigh,
        @Nullable String metric,

        @Schema(allowableValues = {"min", "max"}) @Nullable String direction,

        @Nullable Double value,
        @Nullable Double standardError,
        @Nullable String evaluator,
        @Nullable String settingsDigest,
        @Nullable Double guidance,
        Point.@Nullable Guide guide,
        @Nullable Map<String, String> params,
        @Nullable List<Long> images,
        @Nullable Integer lengths,
        @Nullable Integer trials,
        @Nullable Integer missingTrials,
        String why,
        List<String> cautions,
        @Nullable Long offer,
        @Nullable String reason) {
    public static RecommendedView of(Recommendation recommendation) {
        return of(recommendation, null, null);
    }

    static RecommendedView of(Offer offer) {
        return of(offer.recommendation(), offer.found().id(), offer.reason());
    }

    private static RecommendedView of(Recommendation r, @Nullable Long offer, @Nullable String reason) {
        Optional<FoundLength> found = r.found();
        Optional<Optimum> power = found.map(FoundLength::optimum)
                .filter(optimum -> optimum.point().family().isPower());
        return new RecommendedView(
                r.profile(),
                r.sigmaRel().orElse(null),
                r.time().orElse(null),
                Labels.of(r.source()),
                found.map(FoundLength::sweep).orElse(null),
                power.map(Optimum::low).orElse(null),
                power.map(Optimum::high).orElse(null),
                found.map(f -> f.optimum().point().length()).orElse(null),
                found.map(f -> f.optimum().low()).orElse(null),
                found.map(f -> f.optimum().high()).orElse(null),
                found.map(FoundLength::metric).orElse(null),
                found.map(f -> Labels.of(f.goal().direction())).orElse(null),
                found.map(FoundLength::value).orElse(null),
                found.flatMap(f -> f.optimum().standardError()).orElse(null),
                found.map(FoundLength::evaluator).orElse(null),
                found.flatMap(FoundLength::settings).orElse(null),
                found.map(FoundLength::guidance).orElse(null),
                found.flatMap(f -> f.optimum().point().guide()).orElse(null),
                found.map(RecommendedView::params).orElse(null),
                found.map(FoundLength::images).orElse(null),
                found.flatMap(FoundLength::evidence).map(e -> e.lengths()).orElse(null),
                found.flatMap(FoundLength::evidence).map(e -> e.trials()).orElse(null),
                found.flatMap(FoundLength::evidence).map(e -> e.missing()).orElse(null),
                r.words(),
                r.cautions(),
                offer,
                reason);
    }

    private static Map<String, String> params(FoundLength found) {
        Map<String, String> params = new LinkedHashMap<>();
        found.params().forEach((name, value) -> params.put(name, value.text()));
        return params;
    }
}
