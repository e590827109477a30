/**
 * Averaging profiles: densities, cumulatives, inner products; sigma_rel and gamma. Nothing but mathematics, in double
 * precision.
 *
 * <p>Time is whatever the training job counts. Equation numbers are those of arXiv 2312.02696.
 *
 * <ol>
 *   <li>{@link phema.profile.Profile}: an average, as a density over training time.
 *   <li>{@link phema.profile.Power}, {@link phema.profile.Exponential}, {@link phema.profile.Scheduled}, {@link
 *       phema.profile.Uniform}, {@link phema.profile.Impulse}, {@link phema.profile.Mixture}: the kinds.
 *   <li>{@link phema.profile.Decay}: how averages that are tracked forget; {@link phema.profile.ScheduledDecay} and its
 *       {@link phema.profile.Warmup}: as trainers do it.
 *   <li>{@link phema.profile.SigmaRel}: widths and exponents.
 *   <li>{@link phema.profile.Integrals}: inner products, in closed form where there is one.
 *   <li>{@link phema.profile.ProfileSpec}: profiles as users write them, and back; {@link phema.profile.ProfileFamily}:
 *       those that differ in their length alone.
 * </ol>
 */
@ApplicationModule(allowedDependencies = {"text"})
@NullMarked
package phema.profile;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
