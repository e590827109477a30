/**
 * The requests and answers that the doors share: what REST takes and gives, {@code --json} prints, result files hold,
 * and the remote command line reads.
 *
 * <p>A record here has no behaviour but to be made of what a room returns ({@code of}) and to check what it was given.
 * Field names are part of the interface: they change only with an entry in {@code UPGRADING.md}.
 *
 * <ol>
 *   <li>{@link phema.api.ProfileRequest}: a profile asked for, by kind.
 *   <li>{@link phema.api.FitView}: coefficients, and what is known of their quality.
 *   <li>{@link phema.api.RunView} and {@link phema.api.SnapshotView}: what lies in a run.
 *   <li>{@link phema.api.SweepRequest}, {@link phema.api.SweepView}, {@link phema.api.TrialView}: sweeps, as they are
 *       asked for and as they are.
 *   <li>{@link phema.api.AskRequest}, {@link phema.api.LoanView}, {@link phema.api.TellRequest}: trials that clients
 *       elsewhere evaluate.
 * </ol>
 */
@ApplicationModule(
        allowedDependencies = {
            "catalog",
            "evaluation",
            "fleet",
            "format",
            "problem",
            "profile",
            "search",
            "solver",
            "sweep",
            "synthesis",
            "tensor",
            "text"
        })
@NullMarked
package phema.api;

import org.jspecify.annotations.NullMarked;
import org.springframework.modulith.ApplicationModule;
