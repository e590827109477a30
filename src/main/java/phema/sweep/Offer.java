package phema.sweep;

import java.util.Optional;

/**
 * Holds what a sweep found and the run's recommendation is not.
 *
 * @param reason why it is not, as a sentence without its stop
 * @param otherWeights how the weights that it was found on differ from the run's, in words that end a sentence
 */
public record Offer(FoundLength found, String reason, Optional<String> otherWeights) {
    /** What it would be if it were taken. */
    public Recommendation recommendation() {
        return Recommendation.of(Recommendation.RecommendationSource.SWEEP, found)
                .withOtherWeights(otherWeights);
    }
}
