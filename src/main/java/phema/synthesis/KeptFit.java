package phema.synthesis;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.profile.ProfileSpec;
import phema.solver.Fit;
import phema.solver.SolverKind;

/**
 * Holds a fit as it is stored, to compute the same weights again after the run has gained snapshots, which changes
 * every fit.
 *
 * @param target as {@link ProfileSpec} writes it
 * @param coefficients by snapshot, of those that are read
 */
public record KeptFit(
        String target,
        double time,
        SolverKind method,
        Map<String, Double> coefficients,
        Map<SolverKind, Double> predictedRelativeErrors) {
    public static KeptFit of(Run run, Fit fit) {
        Map<String, Double> read = new LinkedHashMap<>();
        for (int j = 0; j < run.snapshots().size(); j++)
            if (fit.coefficients().get(j) != 0)
                read.put(run.snapshots().get(j).name(), fit.coefficients().get(j));
        return new KeptFit(
                ProfileSpec.print(fit.target()),
                fit.target().endTime(),
                fit.method(),
                read,
                fit.predictedRelativeErrors());
    }

    /** The fit as far as weights depend on it; empty when the run lacks one of its snapshots. */
    public Optional<Fit> fit(Run run) {
        List<Double> all = new ArrayList<>();
        for (Snapshot snapshot : run.snapshots()) all.add(coefficients.getOrDefault(snapshot.name(), 0.0));
        if (all.stream().filter(c -> c != 0).count() != coefficients.size()) return Optional.empty();
        return Optional.of(new Fit(
                ProfileSpec.parse(target, time),
                method,
                all,
                predictedRelativeErrors,
                Double.NaN,
                Double.NaN,
                Double.NaN,
                List.of()));
    }
}
