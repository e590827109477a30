package phema.api;

import phema.solver.Retention;

/**
 * Gives predicted relative errors of the weights of a target, before they are rounded to their own type.
 *
 * @param errorNow with all files
 * @param errorAfter with those that stay
 * @param limit {@code maxError}, or 5 % more than now where that is larger
 */
public record RetentionEffectView(ProfileView target, double errorNow, double errorAfter, double limit) {
    static RetentionEffectView of(Retention.TargetEffect effect) {
        return new RetentionEffectView(
                ProfileView.of(effect.target()), effect.before(), effect.after(), effect.limit());
    }
}
