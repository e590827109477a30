package phema.hub;

import java.util.Map;
import java.util.Optional;
import phema.catalog.Run;
import phema.profile.ProfileSpec;
import phema.solver.Fit;
import phema.solver.SolverKind;
import phema.synthesis.KeptFit;

/**
 * Holds what it takes to give out a commit again after the run has gained snapshots, which changes every fit.
 *
 * @param title of the commit
 * @param target as {@link ProfileSpec} writes it
 * @param coefficients by snapshot, of those that are read
 * @param texts generated files, by path
 */
record RememberedStart(
        String title,
        String target,
        double time,
        SolverKind method,
        Map<String, Double> coefficients,
        Map<SolverKind, Double> predictedRelativeErrors,
        Map<String, String> texts) {
    static RememberedStart of(Run run, String title, Fit fit, Map<String, String> texts) {
        KeptFit kept = KeptFit.of(run, fit);
        return new RememberedStart(
                title,
                kept.target(),
                kept.time(),
                kept.method(),
                kept.coefficients(),
                kept.predictedRelativeErrors(),
                texts);
    }

    /** The fit as far as weights depend on it; empty when the run lacks one of its snapshots. */
    Optional<Fit> fit(Run run) {
        return new KeptFit(target, time, method, coefficients, predictedRelativeErrors).fit(run);
    }
}
