package phema.hub;

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
        Map<String, Double> read = new LinkedHashMap<>();
        for (int j = 0; j < run.snapshots().size(); j++)
            if (fit.coefficients().get(j) != 0)
                read.put(run.snapshots().get(j).name(), fit.coefficients().get(j));
        return new RememberedStart(
                title,
                ProfileSpec.print(fit.target()),
                fit.target().endTime(),
                fit.method(),
                read,
                fit.predictedRelativeErrors(),
                texts);
    }

    /** The fit as far as weights depend on it; empty when the run lacks one of its snapshots. */
    Optional<Fit> fit(Run run) {
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
