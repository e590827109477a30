package phema.sweep;

/**
 * Holds what a sweep found and the run's recommendation is not.
 *
 * @param reason why it is not, as a sentence without its stop
 */
public record Offer(FoundLength found, String reason) {
    /** What it would be if it were taken. */
    public Recommendation recommendation() {
        return Recommendation.of(Recommendation.RecommendationSource.SWEEP, found);
    }
}
