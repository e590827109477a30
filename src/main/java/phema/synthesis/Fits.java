package phema.synthesis;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
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

/**
 * Fits weights of the runs of a catalog. Keeps the solver of each run, with its model of the trajectory, until the
 * run's snapshots change.
 */
public final class Fits {
    /**
     * @param read counts the samples that the solver has read
     * @param solver runs once, in the first thread that asks for it
     */
    private record RunSolver(List<Snapshot> snapshots, LongAdder read, FutureTask<SampledSolver> solver) {
        static RunSolver of(Run run) {
            LongAdder read = new LongAdder();
            return new RunSolver(
                    run.snapshots(), read, new FutureTask<>(() -> SampledSolver.of(run.snapshots(), read::increment)));
        }

        long numbers() {
            return solver.state() == Future.State.SUCCESS
                    ? snapshots.size() * (long) solver.resultNow().newest.values().length
                    : 0;
        }
    }

    /** @param newest the sample of the newest snapshot */
    private record SampledSolver(Solver solver, Sample newest) {
        static SampledSolver of(List<Snapshot> snapshots, Runnable onRead) {
            // Of thousands of files on slow storage, several at once.
            List<Sample> samples = snapshots.parallelStream()
                    .map(snapshot -> {
                        Sample sample = snapshot.sample().read();
                        onRead.run();
                        return sample;
                    })
                    .toList();
            List<StoredAverage> stored = IntStream.range(0, samples.size())
                    .mapToObj(i -> new StoredAverage(
                            snapshots.get(i).profile(),
                            samples.get(i).values(),
                            samples.get(i).roundingVariance()))
                    .toList();
            return new SampledSolver(new Solver(stored), samples.getLast());
        }
    }

    /** The numbers of samples that are kept with solvers: 128 MiB. */
    private static final long MOST_NUMBERS = 1L << 24;

    /** By run, those asked for last at the end. */
    private final SequencedMap<String, RunSolver> solvers = new LinkedHashMap<>();

    private final BiConsumer<Duration, List<Fit>> observer;

    public Fits() {
        this((took, fits) -> {});
    }

    /** @param observer told of all fits of a request, and how long they took */
    Fits(BiConsumer<Duration, List<Fit>> observer) {
        this.observer = observer;
    }

    /**
     * Fits and names what is asked for.
     *
     * @throws Problem when the run has no snapshots, a target ends where none reaches, or a layer cannot be read or has
     *     no parameter
     */
    public PreparedWeights prepare(Run run, WeightsRequest request) {
        if (request.weights().isPresent())
            return given(run.requireUsable(), request.weights().get(), request);
        List<Fit> fits = fit(run.requireUsable(), request.targets(), request);
        Map<Double, List<LayerFit>> layers = new HashMap<>(); // by the time at which they end
        List<FittedTarget> targets = new ArrayList<>();
        for (Fit fit : fits) {
            List<LayerFit> own = layers.computeIfAbsent(fit.target().endTime(), end -> layers(run, end, request));
            String name = Names.baseName(request.prefix(), run, fit.target(), own);
            targets.add(new FittedTarget(name, fit, own));
        }
        return new PreparedWeights(run, targets, request.output());
    }

    private PreparedWeights given(Run run, FileWeights weights, WeightsRequest request) {
        FileWeights.Resolved files = weights.of(run);
        double end = files.target().endTime();
        Fit fit = solver(run)
                .given(files.coefficients(), files.target(), weights.like().map(any -> rounded(run, request)));
        List<LayerFit> layers = layers(run, end, request);
        String name = Names.baseName(request.prefix(), run, files.target(), files.label(), layers);
        return new PreparedWeights(run, List.of(new FittedTarget(name, fit, layers)), request.output());
    }

    /**
     * Coefficients for each profile, one per snapshot of the run. No file is read for an accuracy that the output's
     * type cannot hold.
     */
    private List<Fit> fit(Run run, List<Profile> profiles, WeightsRequest request) {
        Solver solver = solver(run);
        FitOptions rounded = rounded(run, request);
        long begin = System.nanoTime();
        List<Fit> fits = profiles.parallelStream()
                .map(profile -> solver.solve(profile, rounded))
                .toList();
        observer.accept(Duration.ofNanos(System.nanoTime() - begin), fits);
        return fits;
    }

    private FitOptions rounded(Run run, WeightsRequest request) {
        Sample newest = sampled(run).newest;
        return request.fit()
                .withOutputVariance(request.output()
                        .dtype()
                        .map(dtype -> roundingVariance(newest.values(), dtype))
                        .orElse(newest.roundingVariance()));
    }

    private List<LayerFit> layers(Run run, double endTime, WeightsRequest request) {
        List<String> specs = request.layers();
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
        List<Fit> fits = fit(run, targets, request);
        List<String> parameters = run.newest().file().tensors().stream()
                .filter(Recipe::combines)
                .map(Tensor::name)
                .toList();
        List<String> left = new ArrayList<>(parameters);
        for (NamePattern pattern : patterns) {
            if (left.removeIf(pattern::matches)) continue;
            String fault = parameters.stream().noneMatch(pattern::matches)
                    ? "matches no parameter of " + run.name()
                            + pattern.nearest(parameters)
                                    .map(near -> "; did you mean " + near + "?")
                                    .orElse("; they are called like " + parameters.getFirst())
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

    /** Says how well the model of the trajectory holds for the run; empty for a single snapshot. */
    public Optional<RunReport> report(Run run) {
        return solver(run).report();
    }

    /** The same where the model of its trajectory is there; empty where somebody would have to wait for it. */
    public Optional<RunReport> knownReport(Run run) {
        return modelState(run) == ModelState.READY ? report(run) : Optional.empty();
    }

    /**
     * The power profiles of a sensible grid that the run's snapshots can express at a time; see
     * {@link Solver#expressible}.
     */
    public List<Profile> expressible(Run run, double endTime) {
        return solver(run).expressible(endTime);
    }

    /**
     * Which snapshots may be deleted, as indices in the run; see {@link Solver#retention}. Of a file that holds several
     * all of them or none; what is kept for another's sake makes no error larger than it is said to be.
     */
    public Retention retention(Run run, List<Profile> targets, double maxError) {
        Retention each = solver(run).retention(targets, maxError);
        Set<Integer> deletable = Set.copyOf(each.deletable());
        Set<Path> kept = IntStream.range(0, run.snapshots().size())
                .filter(i -> !deletable.contains(i))
                .mapToObj(i -> run.snapshots().get(i).file().path())
                .collect(Collectors.toSet());
        return new Retention(
                each.deletable().stream()
                        .filter(i ->
                                !kept.contains(run.snapshots().get(i).file().path()))
                        .toList(),
                each.effects());
    }

    /** Plans a run whose weights will move as those of this one. */
    public Planning planning(Run run) {
        return solver(run).planning();
    }

    /**
     * Waits for the model of a run's trajectory, which all its fits share, and begins to fit it where nobody has. With
     * thousands of files that takes seconds, once.
     *
     * @return whether it is there; also where it cannot be fitted, which every fit then says
     */
    public boolean awaitModel(Run run, Duration patience) throws InterruptedException {
        FutureTask<SampledSolver> solver = known(run).solver;
        if (!solver.isDone())
            Thread.ofPlatform().daemon().name("fit " + run.name()).start(solver);
        try {
            solver.get(patience.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            return true;
        }
    }

    /** How far the model of a run's trajectory is. */
    public ModelState modelState(Run run) {
        return asked(run)
                .map(known -> switch (known.solver.state()) {
                    case RUNNING -> ModelState.FITTING;
                    case SUCCESS -> ModelState.READY;
                    case FAILED, CANCELLED -> ModelState.NONE;
                })
                .orElse(ModelState.NONE);
    }

    /** Of how many of a run's snapshots its model has read what it is fitted to; 0 where nobody has asked for it. */
    public long snapshotsRead(Run run) {
        return asked(run).map(known -> known.read.sum()).orElse(0L);
    }

    private Optional<RunSolver> asked(Run run) {
        synchronized (solvers) {
            return Optional.ofNullable(solvers.get(run.name())).filter(known -> known.snapshots == run.snapshots());
        }
    }

    private RunSolver known(Run run) {
        run.requireUsable();
        synchronized (solvers) {
            @Nullable RunSolver last = solvers.get(run.name());
            RunSolver known = last != null && last.snapshots == run.snapshots() ? last : RunSolver.of(run);
            solvers.putLast(run.name(), known);
            forgetTheLeastUsed();
            return known;
        }
    }

    /** The last one stays, however large it is. */
    private void forgetTheLeastUsed() {
        long numbers = 0;
        Iterator<RunSolver> fromLast = solvers.reversed().values().iterator();
        boolean last = true;
        while (fromLast.hasNext()) {
            numbers += fromLast.next().numbers();
            if (numbers > MOST_NUMBERS && !last) fromLast.remove();
            last = false;
        }
    }

    private Solver solver(Run run) {
        return sampled(run).solver;
    }

    private SampledSolver sampled(Run run) {
        RunSolver known = known(run);
        known.solver.run(); // does nothing where another thread does it, or has
        try {
            return known.solver.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Problem.conflict("The fit of run " + run.name() + " was interrupted");
        } catch (ExecutionException e) {
            synchronized (solvers) {
                solvers.remove(run.name(), known);
            }
            if (e.getCause() instanceof RuntimeException cause) throw cause;
            throw new IllegalStateException(e.getCause());
        }
    }
}
