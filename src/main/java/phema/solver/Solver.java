package phema.solver;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import phema.problem.Problem;
import phema.profile.Impulse;
import phema.profile.Integrals;
import phema.profile.Power;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.text.Labels;

/**
 * Finds the coefficients that turn a run's stored averages into wanted ones. Fits the {@link Trajectory} when it is
 * built, which takes part of a second for hundreds of files; a solve then takes milliseconds. Immutable, safe for use
 * by many threads.
 */
public final class Solver {
    /** By how much {@link FilesToRead#FEWEST} may raise the predicted error. */
    private static final double TOLERANCE = 0.05;

    /** Sums of squares must stay finite. */
    private static final double LARGEST_VALUE = 1e140;

    private static final double LARGEST_MISFIT = 0.7;
    private static final double LARGEST_PROFILE_RESIDUAL = 0.1;
    private static final double LARGEST_NORM = 30;
    private static final int FILES_TO_PREDICT = 32;

    private static final String NOTHING_TO_AVERAGE = "the snapshots hold no floating-point weights to average";

    private final List<StoredAverage> stored;
    private final double[][] inner;
    private final double meanSquare;
    private final Optional<Trajectory> trajectory;
    private final double[][] covariance;

    /**
     * @param stored in any order. Samples may be left empty in all of them; then there is only
     *     {@link SolverKind#PAPER}, without predicted errors.
     * @throws Problem without stored averages, or when a sample holds NaN or infinity
     * @throws IllegalArgumentException when samples differ in length
     */
    public Solver(List<StoredAverage> stored) {
        if (stored.isEmpty()) throw Problem.unprocessable("there are no stored averages to solve with");
        int samples = stored.getFirst().sample().length;
        for (StoredAverage s : stored) {
            if (s.sample().length != samples)
                throw new IllegalArgumentException("samples of " + samples + " and " + s.sample().length + " values");
            if (!Arrays.stream(s.sample()).allMatch(v -> Math.abs(v) < LARGEST_VALUE))
                throw Problem.unprocessable(
                        ("the weights stored for %s hold NaN or infinity, or values beyond %.0e: remove that file "
                                        + "from the run")
                                .formatted(name(s.profile()), LARGEST_VALUE));
        }
        StoredAverage newest = stored.stream()
                .max(Comparator.comparingDouble(s -> s.profile().endTime()))
                .orElseThrow();
        meanSquare = Arrays.stream(newest.sample()).map(v -> v * v).average().orElse(0);
        double smallestVariance = 1e-32 * meanSquare + 1e-100; // of double precision
        this.stored = stored.stream()
                .map(s -> new StoredAverage(s.profile(), s.sample(), Math.max(s.roundingVariance(), smallestVariance)))
                .toList();
        inner = inner();
        trajectory = samples > 0 && stored.size() > 1 ? Optional.of(Trajectory.fit(this.stored)) : Optional.empty();
        covariance = trajectory.map(t -> t.covariances(this.stored)).orElse(new double[0][]);
    }

    public Fit solve(Profile target, SolverKind method, FilesToRead files) {
        return solve(target, FitOptions.of(method, files));
    }

    /**
     * @throws Problem when the target ends after the last stored average or before the first, or when the paper's
     *     method is asked of averages without a square-integrable density
     */
    public Fit solve(Profile target, FitOptions options) {
        requireReached(target);
        Optional<Solution> paper = paper(target, until(target), options.normalise());
        Optional<Kriging> kriging = kriging(target);
        Optional<Solution> blup = blup(target, kriging, paper, options);
        Solution chosen = switch (options.method()) {
            case PAPER ->
                paper.orElseThrow(() -> Problem.invalid(
                        "solver",
                        "the paper's solver needs profiles with a square-integrable density, not raw "
                                + "checkpoints: use blup"));
            case BLUP -> blup.orElseThrow(() -> Problem.unprocessable(NOTHING_TO_AVERAGE));
        };
        Map<SolverKind, Double> errors = new EnumMap<>(SolverKind.class);
        kriging.ifPresent(k -> {
            paper.ifPresent(x -> errors.put(SolverKind.PAPER, relativeError(k, x)));
            blup.ifPresent(x -> errors.put(SolverKind.BLUP, relativeError(k, x)));
        });
        if (!Arrays.stream(chosen.coefficients()).allMatch(Double::isFinite)) throw tooSteep(target);
        double residual = profileResidual(target, chosen);
        return new Fit(
                target,
                options.method(),
                Arrays.stream(chosen.coefficients()).boxed().toList(),
                errors,
                chosen.conditionNumber(),
                chosen.norm(),
                residual,
                trajectory.map(Trajectory::misfit).orElse(Double.NaN),
                warnings(target, options, chosen, residual));
    }

    /** @param points at least 2 */
    public ProfileCurve curve(Fit fit, int points) {
        BitSet read = new BitSet();
        for (int i = 0; i < stored.size(); i++) read.set(i, fit.coefficients().get(i) != 0);
        double end = Math.max(fit.target().endTime(), lastEnd(read));
        List<Double> times =
                IntStream.range(0, points).mapToObj(i -> end * i / (points - 1)).toList();
        return new ProfileCurve(
                times,
                times.stream().map(fit.target()::density).toList(),
                times.stream().map(t -> combine(fit, p -> p.density(t))).toList(),
                times.stream().map(fit.target()::cumulative).toList(),
                times.stream().map(t -> combine(fit, p -> p.cumulative(t))).toList());
    }

    private double combine(Fit fit, ToDoubleFunction<Profile> of) {
        double sum = 0;
        for (int i = 0; i < stored.size(); i++) {
            double c = fit.coefficients().get(i);
            if (c != 0) sum += c * of.applyAsDouble(profile(i));
        }
        return sum;
    }

    /**
     * Predicts stored files from the others and compares with what is stored. Costs a few solves for each of at most 32
     * files, spread over the run.
     *
     * @return empty with fewer than two stored averages or without samples
     */
    public Optional<RunReport> report() {
        return trajectory.map(t -> {
            Map<String, Double> shares = new LinkedHashMap<>();
            for (int m = 0; m < Trajectory.ALPHAS.length; m++)
                shares.put("walk t^-" + Trajectory.ALPHAS[m], t.shares().get(m));
            shares.put("deviations", t.shares().get(Trajectory.ALPHAS.length));
            shares.put("drift", t.shares().get(Trajectory.ALPHAS.length + 1));
            Map<SolverKind, List<Double>> logRatios = new EnumMap<>(SolverKind.class);
            int step = Math.ceilDiv(stored.size(), FILES_TO_PREDICT);
            int predicted = 0;
            for (int i = stored.size() - 1; i >= 0; i -= step) if (predictFromOthers(i, logRatios)) predicted++;
            Map<SolverKind, Double> ratios = new EnumMap<>(SolverKind.class);
            logRatios.forEach((method, logs) -> ratios.put(
                    method, Math.exp(logs.stream().mapToDouble(x -> x).average().orElseThrow())));
            return new RunReport(t.misfit(), shares, ratios, predicted);
        });
    }

    /** @return false when the others all end earlier, or all later */
    private boolean predictFromOthers(int file, Map<SolverKind, List<Double>> logRatios) {
        Profile target = profile(file);
        BitSet earlier = until(target);
        earlier.clear(file);
        BitSet others = files(any -> true);
        others.clear(file);
        boolean reached = others.stream().anyMatch(i -> profile(i).endTime() >= target.endTime());
        if (earlier.isEmpty() || !reached) return false;
        Kriging kriging = kriging(target).orElseThrow();
        Map<SolverKind, Solution> combinations = new EnumMap<>(SolverKind.class);
        combinations.put(SolverKind.BLUP, kriging.best(others));
        paper(target, earlier, true).ifPresent(x -> combinations.put(SolverKind.PAPER, x));
        combinations.forEach((method, x) -> {
            double predicted =
                    kriging.variance(x.coefficients()) + stored.get(file).roundingVariance();
            double actual = Math.max(actualVariance(file, x), stored.get(file).roundingVariance());
            logRatios.computeIfAbsent(method, m -> new ArrayList<>()).add(Math.log(actual / predicted) / 2);
        });
        return true;
    }

    private double actualVariance(int file, Solution x) {
        double[] error = stored.get(file).sample().clone();
        for (int i = 0; i < stored.size(); i++) {
            double c = x.coefficients()[i];
            if (c != 0)
                for (int k = 0; k < error.length; k++)
                    error[k] -= c * stored.get(i).sample()[k];
        }
        return Arrays.stream(error).map(e -> e * e).average().orElseThrow();
    }

    /**
     * Power profiles that the stored files can express: of the widths 0.01, 0.03 to 0.25, those whose least-squares fit
     * is at most 10 % off. All of them for raw checkpoints, which have no density that could be off.
     *
     * @throws Problem when the end lies after the last stored average or before the first
     */
    public List<Profile> expressible(double endTime) {
        requireReached(new Impulse(endTime));
        Optional<Gram> gram = gram(files(p -> p.endTime() <= endTime));
        return IntStream.rangeClosed(0, 12)
                .<Profile>mapToObj(i -> Power.ofSigmaRel((1 + 2 * i) / 100.0, endTime))
                .filter(target -> gram.isEmpty()
                        || profileResidual(target, gram.get().fit(target).normalised()) <= LARGEST_PROFILE_RESIDUAL)
                .toList();
    }

    /**
     * Which files may be deleted, so that the predicted error of no target exceeds a limit. A target above the limit
     * with all files may become 5 % worse. Costs about as much as three solves per target.
     *
     * @param targets one or more
     * @param maxError predicted relative error, of the weights before they are rounded to their own type
     * @throws Problem when a target ends after the last stored average or before the first, or when errors cannot be
     *     predicted
     */
    public Retention retention(List<Profile> targets, double maxError) {
        if (!(maxError >= 0 && maxError < Double.POSITIVE_INFINITY))
            throw Problem.invalid("maxError", "maxError must be a number from 0 on, not " + maxError);
        targets.forEach(this::requireReached);
        Trajectory model = modelled();
        double limit = maxError * maxError * meanSquare;
        List<Thinning.Need> needs = targets.parallelStream()
                .map(target -> new Thinning.Need(kriging(target).orElseThrow(), until(target), limit, TOLERANCE))
                .toList();
        List<BitSet> newest =
                new ArrayList<>(targets.stream().map(t -> newest(until(t))).toList());
        newest.add(newest(files(any -> true)));
        BitSet kept = Thinning.thin(needs, newest, files(any -> true));
        List<Retention.TargetEffect> effects = new ArrayList<>();
        for (int i = 0; i < targets.size(); i++) {
            Thinning.Need need = needs.get(i);
            effects.add(new Retention.TargetEffect(
                    targets.get(i),
                    Math.sqrt(need.before() / meanSquare),
                    Math.sqrt(need.variance(kept) / meanSquare),
                    Math.sqrt(need.limit() / meanSquare)));
        }
        return new Retention(
                IntStream.range(0, stored.size())
                        .filter(i -> !kept.get(i))
                        .boxed()
                        .toList(),
                effects);
    }

    /**
     * Plans a run whose weights will move as those of this one.
     *
     * @throws Problem with a single stored average, which says nothing about movement
     */
    public Planning planning() {
        return Planning.like(modelled(), lastEnd(files(any -> true)), meanSquare);
    }

    private Trajectory modelled() {
        return trajectory.orElseThrow(() -> Problem.unprocessable(
                stored.size() > 1
                        ? NOTHING_TO_AVERAGE
                        : "errors cannot be predicted from a single snapshot; two are the least"));
    }

    private BitSet newest(BitSet files) {
        double last = lastEnd(files);
        return files(p -> p.endTime() == last);
    }

    private Optional<Solution> paper(Profile target, BitSet files, boolean normalise) {
        return gram(files)
                .filter(g -> Integrals.isSquareIntegrable(target))
                .map(g -> normalise ? g.fit(target).normalised() : g.fit(target));
    }

    /** The paper's equations for the files at {@code indices}. */
    private record Gram(Solver solver, int[] indices, SymmetricSystem system, boolean singular) {
        Solution fit(Profile target) {
            double[] right = Arrays.stream(indices)
                    .mapToDouble(i -> Integrals.inner(solver.profile(i), target))
                    .toArray();
            return Solution.of(system.solve(right), indices, solver.stored.size(), system, singular);
        }
    }

    private Optional<Gram> gram(BitSet files) {
        if (!files.stream().allMatch(i -> Integrals.isSquareIntegrable(profile(i)))) return Optional.empty();
        int[] indices = files.stream().toArray();
        double[][] part = Solution.part(inner, indices);
        Optional<SymmetricSystem> regular = SymmetricSystem.regular(part);
        return Optional.of(
                new Gram(this, indices, regular.orElseGet(() -> SymmetricSystem.truncated(part)), regular.isEmpty()));
    }

    /** @param paper what it must not be worse than, however few files it reads */
    private Optional<Solution> blup(
            Profile target, Optional<Kriging> kriging, Optional<Solution> paper, FitOptions options) {
        if (stored.size() == 1) return Optional.of(new Solution(new double[] {1}, 1, false));
        BitSet files = options.laterFiles() ? files(any -> true) : until(target);
        return kriging.map(k -> switch (options.files()) {
            case ALL -> k.best(files);
            case FEWEST ->
                k.fewest(
                        files,
                        TOLERANCE,
                        options.outputVariance(),
                        paper.map(x -> k.variance(x.coefficients())).orElse(Double.POSITIVE_INFINITY));
        });
    }

    private Optional<Kriging> kriging(Profile target) {
        Optional<Kriging> kriging = trajectory.map(t -> Kriging.of(t, stored, covariance, target));
        if (kriging.filter(k -> !k.isFinite()).isPresent()) throw tooSteep(target);
        return kriging;
    }

    /** Coefficients that do not sum to one shrink or stretch the weights themselves as well. */
    private double relativeError(Kriging kriging, Solution x) {
        double excess = x.sum() - 1;
        return Math.sqrt(kriging.variance(x.coefficients()) / meanSquare + excess * excess);
    }

    private double profileResidual(Profile target, Solution x) {
        if (!Integrals.isSquareIntegrable(target)) return Double.NaN;
        double ofTarget = Integrals.inner(target, target);
        double square = Solution.quadraticForm(inner, x.coefficients()) + ofTarget;
        for (int i = 0; i < stored.size(); i++) {
            double c = x.coefficients()[i];
            if (c == 0) continue;
            if (!Integrals.isSquareIntegrable(profile(i))) return Double.NaN;
            square -= 2 * c * Integrals.inner(profile(i), target);
        }
        return Math.sqrt(Math.max(square, 0) / ofTarget);
    }

    private List<String> warnings(Profile target, FitOptions options, Solution chosen, double residual) {
        List<String> warnings = new ArrayList<>();
        if (stored.size() == 1) warnings.add("there is only one stored average: no error can be predicted");
        trajectory
                .filter(t -> t.misfit() > LARGEST_MISFIT)
                .ifPresent(t -> warnings.add(String.format(
                        Locale.ROOT,
                        "the model of the trajectory fits this run badly (misfit %.2f, usual are 0.05 to 0.3): "
                                + "predicted errors are rough",
                        t.misfit())));
        if (residual > LARGEST_PROFILE_RESIDUAL)
            warnings.add(String.format(
                    Locale.ROOT,
                    "the stored files can express this target only roughly: the fitted profile is %.0f %% off",
                    100 * residual));
        if (chosen.singular())
            warnings.add("the system is singular to working precision: some stored files have nearly equal profiles");
        if (chosen.norm() > LARGEST_NORM)
            warnings.add(String.format(
                    Locale.ROOT,
                    "the coefficients' absolute values sum to %.0f: rounding errors of the stored files grow with them",
                    chosen.norm()));
        double last = lastEnd(until(target));
        if (last < target.endTime() && (options.method() == SolverKind.PAPER || !options.laterFiles()))
            warnings.add("the target ends at " + Labels.plain(target.endTime())
                    + ", after the last file that may be read, at " + Labels.plain(last)
                    + ": allow later files with blup, or choose that time");
        return warnings;
    }

    private double lastEnd(BitSet files) {
        return files.stream().mapToDouble(i -> profile(i).endTime()).max().orElseThrow();
    }

    private void requireReached(Profile target) {
        double first =
                stored.stream().mapToDouble(s -> s.profile().endTime()).min().orElseThrow();
        double last = lastEnd(files(any -> true));
        if (target.endTime() > last)
            throw Problem.invalid(
                    "time",
                    "no snapshot reaches time " + Labels.plain(target.endTime()) + ": the last is at "
                            + Labels.plain(last));
        if (target.endTime() < first)
            throw Problem.invalid(
                    "time",
                    "time " + Labels.plain(target.endTime()) + " lies before the first snapshot, at "
                            + Labels.plain(first));
    }

    private BitSet until(Profile target) {
        return files(p -> p.endTime() <= target.endTime());
    }

    private BitSet files(Predicate<Profile> which) {
        BitSet files = new BitSet();
        for (int i = 0; i < stored.size(); i++) if (which.test(profile(i))) files.set(i);
        return files;
    }

    private Profile profile(int file) {
        return stored.get(file).profile();
    }

    private double[][] inner() {
        int n = stored.size();
        double[][] matrix = new double[n][n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j <= i; j++) matrix[i][j] = matrix[j][i] = Integrals.inner(profile(i), profile(j));
        return matrix;
    }

    private static Problem tooSteep(Profile target) {
        return Problem.invalid("profile", name(target) + " is too short or too steep to compute with");
    }

    private static String name(Profile profile) {
        return ProfileSpec.print(profile) + " at time " + Labels.plain(profile.endTime());
    }
}
