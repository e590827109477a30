package phema.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Gives the EMA length that a run's weights should have.
 *
 * @param sigmaRel EMA length
 * @param time where the average ends; the run's newest snapshot when empty
 * @param source who says so
 * @param found what says so; empty for a length of the user's own
 */
public record Recommendation(
        double sigmaRel, Optional<Double> time, RecommendationSource source, Optional<FoundLength> found) {
    /** Who recommends. A pin counts before a sweep. */
    public enum RecommendationSource {
        PINNED,
        SWEEP
    }

    static Recommendation of(RecommendationSource source, FoundLength found) {
        return new Recommendation(found.sigmaRel(), Optional.of(found.time()), source, Optional.of(found));
    }

    /** Why, as the end of a sentence. */
    public String words() {
        String pinned = source == RecommendationSource.PINNED ? "pinned by the run's user" : "";
        return found.map(FoundLength::words)
                .map(words -> pinned.isEmpty() ? words : pinned + "; " + words)
                .orElse(pinned);
    }

    /** What to be careful about, each as a sentence without its stop. */
    public List<String> cautions() {
        List<String> cautions = new ArrayList<>();
        found.ifPresent(f -> {
            cautions.addAll(f.cautions());
            f.lacks().ifPresent(cautions::add);
        });
        return List.copyOf(cautions);
    }
}
