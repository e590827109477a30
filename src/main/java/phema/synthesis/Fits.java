package phema.synthesis;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import phema.catalog.NamePattern;
import phema.catalog.Run;
import phema.catalog.Sample;
import phema.catalog.Snapshot;
import phema.format.Tensor;
import phema.problem.Problem;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.solver.Fit;
import phema.solver.FitOptions;
import phema.solver.Planning;
import phema.solver.ProfileCurve;
import phema.solver.Retention;
import phema.solver.RunReport;
import phema.solver.Solver;
import phema.solver.StoredAverage;
import phema.tensor.DType;

/** Fits for the runs of a catalog. Keeps the solver of each run, with its model of the trajectory, until the run's snapshots change. */
public final class Fits {
    private record Prepared(List<Snapshot> snapshots, Solver solver) {}

    private final Map<String, Prepared> prepared = new ConcurrentHashMap<>();
    private final Timer duration;
    private final DistributionSummary predictedError;

    /** Measures nothing that anybody sees. */
    public Fits() {
        this(new SimpleMeterRegistry());
    }

    Fits(MeterRegistry meters) {
        duration = Timer.builder("phema.fit")
                .description("Fits of all targets of a request")
                .register(meters);
        predictedError = DistributionSummary.builder("phema.fit.predicted.error")
                .description("Relative error of the weights that fits expect")
                .register(meters);
    }

    /**
     * Coefficients for each target, one per snapshot of the run.
     *
     * @param dtype that the weights will be stored in, the snapshots' own when empty: no file is read for an accuracy that it cannot hold
     * @throws Problem when the run has no snapshots, or a target ends where none reaches
     */
    public List<Fit> fit(Run run, List<Profile> targets, FitOptions options, Optional<DType> dtype) {
        Solver solver = solver(run);
        Sample newest = run.snapshots().getLast().sample();
        FitOptions rounded = options.withOutputVariance(
                dtype.map(d -> roundingVariance(newest.values(), d)).orElse(newest.roundingVariance()));
        return duration.record(() -> targets.stream()
                .map(target -> solver.solve(target, rounded))
                .peek(fit -> predictedError.record(fit.predictedRelativeError())) // NaN counts for nothing
                .toList());
    }

    /**
     * Targets of single layers.
     *
     * @param specs a pattern of tensor names and a profile each, such as {@code *attn*=power:0.05}
     * @param endTime where the profiles end
     * @throws Problem when one cannot be read, or no parameter is left for it
     */
    public List<LayerFit> layers(
            Run run, List<String> specs, double endTime, FitOptions options, Optional<DType> dtype) {
        if (specs.isEmpty()) return List.of();
        List<NamePattern> patterns = new ArrayList<>();
        List<Profile> targets = new ArrayList<>();
        for (String spec : specs) {
            int split = spec.indexOf('=');
            if (split < 1)
                throw Problem.invalid(
                        "layer", "layer " + spec + " is not a pattern and a profile, such as *attn*=power:0.05");
            try {
                targets.add(ProfileSpec.parse(spec.substring(split + 1), endTime));
            } catch (IllegalArgumentException e) {
                throw Problem.invalid("layer", "layer " + spec + ": " + e.getMessage());
            }
            try {
                patterns.add(NamePattern.of(spec.substring(0, split)));
            } catch (IllegalArgumentException e) {
                throw Problem.invalid("layer", "layer " + spec + " " + e.getMessage());
            }
        }
        List<Fit> fits = fit(run, targets, options, dtype); // complains about a run without snapshots
        List<String> parameters = run.snapshots().getLast().file().tensors().stream()
                .filter(Recipe::combines)
                .map(Tensor::name)
                .toList();
        List<String> left = new ArrayList<>(parameters);
        for (NamePattern pattern : patterns) {
            if (left.removeIf(pattern::matches)) continue;
            String fault = parameters.stream().noneMatch(pattern::matches)
                    ? "matches no parameter of " + run.name() + "; they are called like " + parameters.getFirst()
                    : "matches only parameters that earlier layers have; put it before them";
            throw Problem.invalid("layer", "layer " + pattern.text() + " " + fault);
        }
        return IntStream.range(0, specs.size())
                .mapToObj(i -> new LayerFit(patterns.get(i), fits.get(i)))
                .toList();
    }

    private static double roundingVariance(double[] values, DType dtype) {
        return Arrays.stream(values)
                .map(value -> dtype.ulp(value) * dtype.ulp(value) / 12)
                .average()
                .orElse(0);
    }

    /** Target and fitted profile at equally spaced times. */
    public ProfileCurve curve(Run run, Fit fit, int points) {
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
