package phema.api;

import java.math.BigDecimal;
import java.math.MathContext;
import org.jspecify.annotations.Nullable;
import phema.profile.Exponential;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.profile.SigmaRel;

/**
 * Describes an averaging profile in JSON.
 *
 * @param spec as {@link ProfileSpec} writes it, like {@code power:0.1}
 * @param time where it ends, on the training job's clock (images seen for EDM2)
 * @param sigmaRel of a power profile
 * @param gamma of a power profile
 * @param halfLife of an exponential profile, in units of the training job's clock
 */
public record ProfileView(
        String kind,
        String spec,
        double time,
        @Nullable Double sigmaRel,
        @Nullable Double gamma,
        @Nullable Double halfLife) {
    public static ProfileView of(Profile profile) {
        String spec = ProfileSpec.print(profile);
        String kind = spec.replaceFirst(":.*", "");
        return new ProfileView(
                kind,
                spec,
                profile.endTime(),
                profile instanceof Power power ? sigmaRel(power) : null,
                profile instanceof Power power ? power.gamma() : null,
                profile instanceof Exponential exponential ? exponential.halfLife() : null);
    }

    /** The user's 0.1, which on its way through gamma became 0.09999999999999999. */
    private static double sigmaRel(Power power) {
        return new BigDecimal(SigmaRel.ofGamma(power.gamma()))
                .round(new MathContext(12))
                .doubleValue();
    }
}
