package phema.dashboard;

import java.util.Optional;
import phema.profile.Profile;
import phema.text.Labels;

/**
 * Names the average that a run's page shows.
 *
 * @param profile as {@link phema.profile.ProfileSpec} reads it
 * @param target the same, with its end
 * @param slider where the slider stands; there is none where the profile is of no family of lengths
 */
record ShownAverage(String profile, Profile target, Optional<SliderPlace> slider) {
    /** A length of a family. */
    record SliderPlace(SliderFamily family, double length) {}

    /** The EMA length as addresses have it, where the average is the paper's. */
    Optional<String> sigmaRel() {
        return slider.filter(place -> place.family().isPower()).map(place -> Labels.plain(place.length()));
    }
}
