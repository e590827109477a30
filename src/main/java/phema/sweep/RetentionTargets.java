package phema.sweep;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import phema.catalog.Run;
import phema.problem.Problem;
import phema.profile.Profile;
import phema.sweep.Recommendation.RecommendationSource;
import phema.text.Labels;

/**
 * Holds the averages that a run's files shall go on giving.
 *
 * @param targets those that were asked for, then what is recommended
 * @param added what is recommended, where it was not asked for
 * @param notices what of that is to be said, a sentence each
 */
public record RetentionTargets(List<Profile> targets, Optional<Profile> added, List<String> notices) {
    public RetentionTargets {
        targets = List.copyOf(targets);
        notices = List.copyOf(notices);
    }

    /** With what is recommended, which may end earlier than those that are asked for. */
    public static RetentionTargets of(Run run, List<Profile> asked, Advice advice) {
        List<String> notices = new ArrayList<>();
        advice.doubt()
                .map(doubt -> "Perhaps not all is looked at: " + doubt + ".")
                .ifPresent(notices::add);
        Optional<Profile> recommended = advice.recommended().flatMap(said -> target(run, said, notices));
        List<Profile> targets = new ArrayList<>(asked);
        Optional<Profile> added = recommended.filter(target -> !asked.contains(target));
        added.ifPresent(targets::add);
        return new RetentionTargets(targets, added, notices);
    }

    private static Optional<Profile> target(Run run, Recommendation said, List<String> notices) {
        String what = said.profile()
                + said.time().map(time -> " at time " + Labels.plain(time)).orElse("")
                + (said.source() == RecommendationSource.PINNED ? ", which is pinned" : ", which is recommended")
                + " for the run, is ";
        try {
            Optional<Profile> target = Optional.of(said.target(run));
            notices.add(what + "one of the averages that are looked at.");
            return target;
        } catch (Problem impossible) {
            notices.add(what + "not looked at: " + impossible.getMessage() + ".");
            return Optional.empty();
        }
    }
}
