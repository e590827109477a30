package phema.solver;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import phema.profile.Profile;

/**
 * Holds the coefficients that turn stored averages into a wanted one, and what is known of their quality.
 *
 * @param coefficients one per stored file, in the order given to the solver, 0 for a file that is not read; they sum to
 *     one unless {@link FitOptions#normalise} was off
 * @param predictedRelativeErrors predicted L2 error of the weights over their root mean square, of this fit and of what
 *     the other method would give; rounding of the result to its own element type is not part of it. No entry where it
 *     cannot be predicted: fewer than two files, no samples, or, for the paper, no profile density or too many files to
 *     compute it beside the fit
 * @param conditionNumber of the system that the paper's solver solved, scaled to unit diagonal, in the 1-norm; NaN for
 *     the other, which solves none
 * @param coefficientNorm sum of absolute values: how much rounding errors of stored files can grow
 * @param profileResidual L2 distance of the fitted profile from the target over the target's norm; NaN where a profile
 *     has no square-integrable density (raw checkpoints)
 * @param warnings for the user, one line each
 */
public record Fit(
        Profile target,
        SolverKind method,
        List<Double> coefficients,
        Map<SolverKind, Double> predictedRelativeErrors,
        double conditionNumber,
        double coefficientNorm,
        double profileResidual,
        List<String> warnings) {
    public Fit {
        coefficients = List.copyOf(coefficients);
        predictedRelativeErrors = Collections.unmodifiableSortedMap(new TreeMap<>(predictedRelativeErrors));
        warnings = List.copyOf(warnings);
    }

    public double predictedRelativeError() {
        return predictedRelativeErrors.getOrDefault(method, Double.NaN);
    }

    /** How many files are read. */
    public int filesUsed() {
        return (int) coefficients.stream().filter(c -> c != 0).count();
    }
}
