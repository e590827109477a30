package phema.api;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.solver.Fit;
import phema.solver.ProfileCurve;
import phema.text.Labels;

/**
 * Describes a fit in JSON, for REST and the command line alike. Numbers that could not be found out are left out.
 *
 * @param coefficients by snapshot, of the files that are read; they sum to one
 * @param predictedRelativeError predicted L2 error of the weights over their root mean square
 * @param predictedRelativeErrors the same by solver, for comparison
 * @param conditionNumber of the system that the paper's solver solved, scaled to unit diagonal; left out for blup,
 *     which solves none
 * @param coefficientNorm sum of absolute values: how much rounding errors of stored files can grow
 * @param profileResidual L2 distance of the fitted profile from the target over the target's norm
 * @param filesUsed how many files are read
 * @param warnings about the fit, and about the run where it is called the newest and is not
 * @param curve where it was asked for
 */
public record FitView(
        ProfileView target,
        String solver,
        Map<String, Double> coefficients,
        @Nullable Double predictedRelativeError,
        Map<String, Double> predictedRelativeErrors,
        @Nullable Double conditionNumber,
        @Nullable Double coefficientNorm,
        @Nullable Double profileResidual,
        int filesUsed,
        List<String> warnings,
        @Nullable ProfileCurve curve) {

    public static FitView of(Run run, Fit fit, @Nullable ProfileCurve curve) {
        Map<String, Double> errors = new TreeMap<>();
        fit.predictedRelativeErrors().forEach((method, error) -> {
            if (Double.isFinite(error)) errors.put(Labels.of(method), error);
        });
        return new FitView(
                ProfileView.of(fit.target()),
                Labels.of(fit.method()),
                coefficients(run.snapshots(), fit.coefficients()),
                finite(fit.predictedRelativeError()),
                errors,
                finite(fit.conditionNumber()),
                finite(fit.coefficientNorm()),
                finite(fit.profileResidual()),
                fit.filesUsed(),
                Stream.concat(run.warningsAt(fit.target().endTime()).stream(), fit.warnings().stream())
                        .toList(),
                curve);
    }

    private static Map<String, Double> coefficients(List<Snapshot> snapshots, List<Double> coefficients) {
        Map<String, Double> read = new LinkedHashMap<>();
        for (int j = 0; j < coefficients.size(); j++)
            if (coefficients.get(j) != 0) read.put(snapshots.get(j).name(), coefficients.get(j));
        return read;
    }

    /** JSON has no NaN and no infinity. */
    private static @Nullable Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
