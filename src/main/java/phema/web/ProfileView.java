package phema.web;

import org.jspecify.annotations.Nullable;
import phema.profile.Impulse;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.SigmaRel;

/**
 * An averaging profile.
 *
 * @param time where it ends, on the training job's clock (images seen for EDM2)
 * @param sigmaRel of a power profile
 * @param gamma of a power profile
 */
record ProfileView(
        String kind,
        double time,
        @Nullable Double sigmaRel,
        @Nullable Double gamma) {
    static ProfileView of(Profile profile) {
        return switch (profile) {
            case Power power ->
                new ProfileView("power", power.endTime(), SigmaRel.ofGamma(power.gamma()), power.gamma());
            case Impulse impulse -> new ProfileView("impulse", impulse.endTime(), null, null);
        };
    }
}
