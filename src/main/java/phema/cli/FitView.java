package phema.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.solver.Fit;

/** A fit in JSON, in the words of the REST interface. Numbers that could not be found out are left out. */
record FitView(
        ProfileView target,
        String solver,
        Map<String, Double> coefficients,
        @Nullable Double predictedRelativeError,
        Map<String, Double> predictedRelativeErrors,
        @Nullable Double conditionNumber,
        @Nullable Double coefficientNorm,
        @Nullable Double profileResidual,
        @Nullable Double misfit,
        int filesUsed,
        List<String> warnings) {

    static FitView of(Run run, Fit fit) {
        Map<String, Double> coefficients = new LinkedHashMap<>();
        for (int j = 0; j < run.snapshots().size(); j++)
            if (fit.coefficients().get(j) != 0)
                coefficients.put(
                        run.snapshots().get(j).name(), fit.coefficients().get(j));
        Map<String, Double> errors = new TreeMap<>();
        fit.predictedRelativeErrors().forEach((method, error) -> {
            if (Double.isFinite(error)) errors.put(Output.word(method), error);
        });
        return new FitView(
                ProfileView.of(fit.target()),
                Output.word(fit.method()),
                coefficients,
                finite(fit.predictedRelativeError()),
                errors,
                finite(fit.conditionNumber()),
                finite(fit.coefficientNorm()),
                finite(fit.profileResidual()),
                finite(fit.misfit()),
                fit.filesUsed(),
                fit.warnings());
    }

    /** JSON has no NaN and no infinity. */
    private static @Nullable Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
