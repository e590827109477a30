package phema.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import phema.catalog.Run;
import phema.evaluation.Reconstructions;
import phema.problem.Problem;
import phema.profile.Profile;
import phema.profile.ProfileFamily;
import phema.profile.SigmaRel;

/**
 * Gives the average that a run's weights should be.
 *
 * @param profile as {@link phema.profile.ProfileSpec} reads it, {@code power:0.1} or {@code decay:cosine:800}
 * @param time where the average ends; the run's newest snapshot when empty
 * @param source who says so
 * @param found what says so; empty for one of the user's own
 * @param otherWeights how the weights that it was found on differ from the run's, in words that end a sentence
 */
public record Recommendation(
        String profile,
        Optional<Double> time,
        RecommendationSource source,
        Optional<FoundLength> found,
        Optional<String> otherWeights) {
    /** Who recommends. A pin counts before a sweep. */
    public enum RecommendationSource {
        PINNED,
        SWEEP
    }

    static Recommendation of(RecommendationSource source, FoundLength found) {
        return new Recommendation(
                found.profile(), Optional.of(found.time()), source, Optional.of(found), Optional.empty());
    }

    Recommendation withOtherWeights(Optional<String> difference) {
        return new Recommendation(profile, time, source, found, difference);
    }

    /** The difference as a sentence without its stop. */
    static String measuredOnOthers(String difference) {
        return "it was measured on other weights than this run has now (" + difference
                + "); a sweep of this run tells what suits them";
    }

    /** @throws Problem when the run cannot have it */
    Profile target(Run run) {
        time.ifPresent(end -> Reconstructions.requireTime("time", run, end));
        return Reconstructions.target(profile, time.orElseGet(run::newestTime));
    }

    /** The EMA length, where it is the paper's kind of average. */
    public Optional<Double> sigmaRel() {
        return profile.matches("power:[^=]*") ? Optional.of(ProfileFamily.POWER.length(profile)) : Optional.empty();
    }

    /** {@code 0.100}, {@code decay:cosine:800}: for people. */
    public String shown() {
        return sigmaRel().map(SigmaRel::print).orElse(profile);
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
        otherWeights.map(Recommendation::measuredOnOthers).ifPresent(cautions::add);
        found.ifPresent(f -> {
            cautions.addAll(f.cautions());
            f.lacks().ifPresent(cautions::add);
        });
        return List.copyOf(cautions);
    }
}
