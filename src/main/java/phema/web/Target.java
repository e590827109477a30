package phema.web;

import io.swagger.v3.oas.annotations.media.Schema;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.problem.Problem;
import phema.profile.Power;
import phema.profile.Profile;

/**
 * A profile asked for.
 *
 * @param kind {@code power}
 * @param time where it ends, on the training job's clock; the run's newest snapshot where none is given
 */
record Target(
        @Schema(allowableValues = "power", defaultValue = "power") @Nullable
        String kind,

        @Schema(example = "0.1", requiredMode = Schema.RequiredMode.REQUIRED) @Nullable
        Double sigmaRel,

        @Nullable Double time) {

    /** @param field where this target stands in its request: empty, or like {@code targets[0].} */
    Profile profile(Run run, String field) {
        if (kind != null && !kind.equals("power"))
            throw Problem.invalid(field + "kind", "Unknown kind of profile " + kind + "; there is power");
        if (sigmaRel == null) throw Problem.invalid(field + "sigmaRel", field + "sigmaRel is missing");
        if (run.snapshots().isEmpty())
            throw Problem.unprocessable(
                    "Run " + run.name() + " has no usable snapshot; its list of snapshots says why");
        double end = time == null ? run.snapshots().getLast().time() : time;
        if (!(end > 0 && end < Double.POSITIVE_INFINITY))
            throw Problem.invalid(field + "time", field + "time must be a number above 0, not " + end);
        try {
            return Power.ofSigmaRel(sigmaRel, end);
        } catch (IllegalArgumentException outOfRange) {
            throw Problem.invalid(field + "sigmaRel", String.valueOf(outOfRange.getMessage()));
        }
    }
}
