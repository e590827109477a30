package phema.sweep;

import java.util.Optional;

/**
 * Gives the EMA length that a run's weights should have.
 *
 * @param sigmaRel EMA length
 * @param time where the average ends; the run's newest snapshot when empty
 * @param source who says so
 * @param sweep whose optimum it is
 */
public record Recommendation(
        double sigmaRel,
        Optional<Double> time,
        RecommendationSource source,
        Optional<String> sweep,
        Optional<Optimum> optimum) {
    /** Who recommends. A pin counts before a sweep. */
    public enum RecommendationSource {
        PINNED,
        SWEEP
    }
}
