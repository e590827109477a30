package phema.synthesis;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import phema.catalog.Run;
import phema.catalog.Sample;
import phema.catalog.Snapshot;
import phema.problem.Problem;
import phema.profile.Profile;
import phema.solver.Curve;
import phema.solver.Fit;
import phema.solver.Options;
import phema.solver.Planning;
import phema.solver.Retention;
import phema.solver.RunReport;
import phema.solver.Solver;
import phema.solver.StoredAverage;
import phema.tensor.DType;

/** Fits for the runs of a catalog. Keeps the solver of each run, with its model of the trajectory, until the run's snapshots change. */
public final class Fits {
    private record Prepared(List<Snapshot> snapshots, Solver solver) {}

    private final Map<String, Prepared> prepared = new ConcurrentHashMap<>();

    /**
     * Coefficients for each target, one per snapshot of the run.
     *
     * @param dtype that the weights will be stored in, the snapshots' own when empty: no file is read for an accuracy that it cannot hold
     * @throws Problem when the run has no snapshots, or a target ends where none reaches
     */
    public List<Fit> fit(Run run, List<Profile> targets, Options options, Optional<DType> dtype) {
        Solver solver = solver(run);
        Sample newest = run.snapshots().getLast().sample();
        Options rounded = options.withOutputVariance(
                dtype.map(d -> roundingVariance(newest.values(), d)).orElse(newest.roundingVariance()));
        return targets.stream().map(target -> solver.solve(target, rounded)).toList();
    }

    private static double roundingVariance(double[] values, DType dtype) {
        return Arrays.stream(values)
                .map(value -> dtype.ulp(value) * dtype.ulp(value) / 12)
                .average()
                .orElse(0);
    }

    /** Target and fitted profile at equally spaced times. */
    public Curve curve(Run run, Fit fit, int points) {
        return solver(run).curve(fit, points);
    }

    /** How well the model of the trajectory holds for the run; empty for a single snapshot. */
    public Optional<RunReport> report(Run run) {
        return solver(run).report();
    }

    /** The power profiles of a sensible grid that the run's snapshots can express at a time; see {@link Solver#expressible}. */
    public List<Profile> expressible(Run run, double endTime) {
        return solver(run).expressible(endTime);
    }

    /** Which snapshots may be deleted, as indices in the run; see {@link Solver#retention}. */
    public Retention retention(Run run, List<Profile> targets, double maxError) {
        return solver(run).retention(targets, maxError);
    }

    /** Plans a run whose weights will move as those of this one. */
    public Planning planning(Run run) {
        return solver(run).planning();
    }

    private Solver solver(Run run) {
        if (run.snapshots().isEmpty())
            throw Problem.unprocessable("Run " + run.name() + " has no usable snapshots"
                    + (run.excluded().isEmpty()
                            ? ""
                            : "; first reason: " + run.excluded().getFirst().message()));
        return prepared.compute(
                        run.name(),
                        (name, known) -> known != null && known.snapshots == run.snapshots() ? known : prepare(run))
                .solver;
    }

    private static Prepared prepare(Run run) {
        List<StoredAverage> stored = run.snapshots().stream()
                .map(s -> new StoredAverage(
                        s.profile(), s.sample().values(), s.sample().roundingVariance()))
                .toList();
        return new Prepared(run.snapshots(), new Solver(stored));
    }
}
