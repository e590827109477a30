package phema.solver;

import java.util.List;
import phema.profile.Profile;

/**
 * Says what a run's files could be thinned to.
 *
 * @param deletable files that may be deleted, all of them together; indices in the order given to the solver
 * @param effects what that does to each target, in the order asked for
 */
public record Retention(List<Integer> deletable, List<TargetEffect> effects) {
    public Retention {
        deletable = List.copyOf(deletable);
        effects = List.copyOf(effects);
    }

    /**
     * Predicted relative errors of a target, without the rounding of the result to its own type.
     *
     * @param before with all files
     * @param after with those that stay
     * @param limit what it was allowed to become
     */
    public record TargetEffect(Profile target, double before, double after, double limit) {}
}
