package phema.solver;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import phema.problem.Problem;
import phema.profile.Impulse;
import phema.profile.Profile;

/**
 * Finds the coefficients that turn a run's stored averages into wanted ones. Fits the run's {@link Movement} when it is
 * built, which takes part of a second for thousands of files once the code is compiled; a solve then takes
 * milliseconds. Immutable, safe for use by many threads.
 */
public final class Solver {
    /** The share by which {@link FilesToRead#FEWEST} may raise the predicted error. */
    private static final double TOLERANCE = 0.05;

    /** The largest value of a weight: sums of squares must stay finite. */
    private static final double LARGEST_VALUE = 1e140;

    /** The distance of a fitted profile from its target from which on files express it only roughly. */
    static final double LARGEST_PROFILE_RESIDUAL = 0.1;

    /** The sum of absolute coefficients beyond which errors grow too far. */
    public static final double LARGEST_NORM = 30;

    /**
     * The number of files up to which the paper's error is always told: with more the paper's system, which is dense,
     * is solved only where it is asked for.
     */
    public static final int LARGEST_GRAM = 512;

    private static final String NOTHING_TO_AVERAGE = "the snapshots hold no floating-point weights to average";

    private final StoredAverages stored;
    private final double meanSquare;

    /** Whether no weight ever moved, so that there is nothing to model. */
    private final boolean alike;

    private final Optional<RunModel> model;
    private final PaperSolver paper;
    private final FitWarnings warnings;

    /** Empty where all files are what is stated, or too few. */
    private final Optional<Trusted> trusted;

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
                                .formatted(OddFiles.name(s.profile()), LARGEST_VALUE));
        }
        StoredAverage newest = stored.stream()
                .max(Comparator.comparingDouble(s -> s.profile().endTime()))
                .orElseThrow();
        meanSquare = Arrays.stream(newest.sample()).map(v -> v * v).average().orElse(0);
        double smallestVariance = 1e-32 * meanSquare + 1e-100; // of double precision
        this.stored = new StoredAverages(stored.stream()
                .map(s -> new StoredAverage(s.profile(), s.sample(), Math.max(s.roundingVariance(), smallestVariance)))
                .toList());
        alike = this.stored.areAlike();
        model = samples > 0 && stored.size() > 1 && !alike
                ? Optional.of(RunModel.of(this.stored, meanSquare))
                : Optional.empty();
        paper = new PaperSolver(this.stored);
        warnings = new FitWarnings(this.stored, alike, model);
        trusted = trusted();
    }

    public Fit solve(Profile target, SolverKind method, FilesToRead files) {
        return solve(target, FitOptions.of(method, files));
    }

    /**
     * @throws Problem when the target ends after the last stored average or before the first, or when the paper's
     *     method is asked of averages without a square-integrable density
     */
    public Fit solve(Profile target, FitOptions options) {
        Fit fit = solveOfAll(target, options);
        return options.method() == SolverKind.BLUP ? ofTrusted(fit, options).orElse(fit) : fit;
    }

    /**
     * The same of raw weights and those averages that are what is stated, where others are not and all files together
     * would predict worse.
     */
    private Optional<Fit> ofTrusted(Fit fit, FitOptions options) {
        if (trusted.isEmpty() || !trusted.get().solver().stored.reach(fit.target())) return Optional.empty();
        Fit other = trusted.get().solver().solve(fit.target(), options);
        if (!(other.predictedRelativeError() < fit.predictedRelativeError())) return Optional.empty();
        List<Double> coefficients = new ArrayList<>(Collections.nCopies(stored.size(), 0.0));
        for (int i = 0; i < other.coefficients().size(); i++)
            coefficients.set(trusted.get().files().get(i), other.coefficients().get(i));
        List<String> warnings = new ArrayList<>();
        model.orElseThrow().doubts().told().forEach(doubt -> warnings.add("the " + doubt.inWords()));
        warnings.add(String.format(
                Locale.ROOT,
                "files of averages that are not what is stated are not read: with them the predicted error is %.1e",
                fit.predictedRelativeError()));
        warnings.addAll(other.warnings());
        return Optional.of(new Fit(
                fit.target(),
                fit.method(),
                coefficients,
                other.predictedRelativeErrors(),
                other.conditionNumber(),
                other.coefficientNorm(),
                other.profileResidual(),
                warnings));
    }

    /** Raw weights, and averages that are what is stated. */
    private record Trusted(List<Integer> files, Solver solver) {}

    private Optional<Trusted> trusted() {
        if (model.isEmpty() || model.get().doubts().changes().isEmpty()) return Optional.empty();
        Doubts doubts = model.get().doubts();
        List<Integer> files = IntStream.range(0, stored.size())
                .filter(i -> !doubts.isOf(stored.profile(i)))
                .boxed()
                .toList();
        long raw =
                files.stream().filter(i -> stored.profile(i) instanceof Impulse).count();
        return files.size() < stored.size() && raw >= MovementFit.FEW
                ? Optional.of(new Trusted(
                        files, new Solver(files.stream().map(stored.all()::get).toList())))
                : Optional.empty();
    }

    private Fit solveOfAll(Profile target, FitOptions options) {
        stored.requireReached(target);
        BitSet earlier = stored.until(target);
        Optional<Solution> ofPaper = options.method() == SolverKind.PAPER || earlier.cardinality() <= LARGEST_GRAM
                ? paper.solve(target, earlier, options.normalise())
                        .filter(x -> options.method() == SolverKind.PAPER || x.isFinite())
                : Optional.empty();
        OptionalDouble paperVariance = variance(target, ofPaper);
        Optional<Prediction> blup = blup(target, paperVariance, options);
        Solution chosen = switch (options.method()) {
            case PAPER ->
                ofPaper.orElseThrow(() -> Problem.invalid(
                        "solver",
                        "the paper's solver needs profiles with a square-integrable density, not raw "
                                + "checkpoints: use blup"));
            case BLUP -> blup.map(Solution::of).orElseThrow(() -> Problem.unprocessable(NOTHING_TO_AVERAGE));
            case GIVEN -> throw new IllegalArgumentException("no method finds coefficients that are given");
        };
        Map<SolverKind, Double> errors = new EnumMap<>(SolverKind.class);
        model.ifPresent(m -> {
            paperVariance.ifPresent(
                    v -> errors.put(SolverKind.PAPER, m.relativeError(target, v, ofPaper.orElseThrow())));
            blup.ifPresent(p -> errors.put(SolverKind.BLUP, m.relativeError(target, p.variance(), Solution.of(p))));
        });
        if (!chosen.isFinite()) throw tooSteep(target);
        double residual = stored.profileResidual(target, chosen);
        return new Fit(
                target,
                options.method(),
                Arrays.stream(chosen.coefficients()).boxed().toList(),
                errors,
                chosen.conditionNumber(),
                chosen.norm(),
                residual,
                warnings.of(target, options, chosen, residual));
    }

    /**
     * Takes coefficients as they are, those of merge tools for one.
     *
     * @param coefficients by file, in the order given to the solver; they sum to one
     * @param target which average they are
     * @param options of {@link SolverKind#BLUP} when {@code target} is the average that they are asked to be: then
     *     errors are predicted, that of blup beside theirs. Empty when {@code target} is what they are anyhow.
     * @throws Problem when errors are asked for and the target ends after the last stored average or before the first
     */
    public Fit given(List<Double> coefficients, Profile target, Optional<FitOptions> options) {
        var given = new Solution(coefficients.stream().mapToDouble(c -> c).toArray(), Double.NaN, false);
        Map<SolverKind, Double> errors = new EnumMap<>(SolverKind.class);
        List<String> said;
        double residual = Double.NaN;
        if (options.isPresent()) {
            errors.putAll(solve(target, options.get()).predictedRelativeErrors());
            variance(target, Optional.of(given))
                    .ifPresent(variance ->
                            errors.put(SolverKind.GIVEN, model.orElseThrow().relativeError(target, variance, given)));
            residual = stored.profileResidual(target, given);
            said = warnings.of(target, options.get(), given, residual);
        } else said = warnings.of(coefficients);
        return new Fit(target, SolverKind.GIVEN, coefficients, errors, Double.NaN, given.norm(), residual, said);
    }

    /** @param points at least 2 */
    public ProfileCurve curve(Fit fit, int points) {
        BitSet read = new BitSet();
        for (int i = 0; i < stored.size(); i++) read.set(i, fit.coefficients().get(i) != 0);
        int[] files = read.stream().toArray();
        double end = Math.max(fit.target().endTime(), stored.lastEnd(read));
        List<Double> times =
                IntStream.range(0, points).mapToObj(i -> end * i / (points - 1)).toList();
        return new ProfileCurve(
                times,
                times.stream().map(fit.target()::density).toList(),
                times.stream().map(t -> combine(fit, files, p -> p.density(t))).toList(),
                times.stream().map(fit.target()::cumulative).toList(),
                times.stream()
                        .map(t -> combine(fit, files, p -> p.cumulative(t)))
                        .toList());
    }

    private double combine(Fit fit, int[] files, ToDoubleFunction<Profile> of) {
        double sum = 0;
        for (int i : files) sum += fit.coefficients().get(i) * of.applyAsDouble(stored.profile(i));
        return sum;
    }

    /**
     * Predicts each stored file from the others and compares with what is stored.
     *
     * @return empty with fewer than two stored averages, with equal ones, or without samples
     */
    public Optional<RunReport> report() {
        return model.map(m -> new RunReport(
                Map.of(SolverKind.BLUP, m.actualToPredicted()),
                stored.size(),
                m.surprises(),
                m.all().innovations(),
                m.odd(),
                m.withoutOdd()
                        .flatMap(s -> s.model)
                        .map(RunModel::actualToPredicted)
                        .map(OptionalDouble::of)
                        .orElse(OptionalDouble.empty()),
                m.doubts().told(),
                m.fit().movement().rates().between(m.predictor().space().start(), stored.lastEnd(), meanSquare),
                m.fit().assumed()));
    }

    /**
     * Power profiles that the stored files can express: of the widths 0.01, 0.03 to 0.25, those whose least-squares fit
     * is at most 10 % off (of many files, of every second, third, ... time). All of them for raw checkpoints, which
     * have no density that could be off.
     *
     * @throws Problem when the end lies after the last stored average or before the first
     */
    public List<Profile> expressible(double endTime) {
        stored.requireReached(new Impulse(endTime));
        return paper.expressible(endTime, LARGEST_PROFILE_RESIDUAL);
    }

    /**
     * Which files may be deleted, so that the predicted error of no target exceeds a limit. A target above the limit
     * with all files may become 5 % worse. Costs as much as some dozens of solves per target.
     *
     * @param targets one or more
     * @param maxError predicted relative error, of the weights before they are rounded to their own type
     * @throws Problem when a target ends after the last stored average or before the first, or when errors cannot be
     *     predicted
     */
    public Retention retention(List<Profile> targets, double maxError) {
        if (!(maxError >= 0 && maxError < Double.POSITIVE_INFINITY))
            throw Problem.invalid("maxError", "maxError must be a number from 0 on, not " + maxError);
        targets.forEach(stored::requireReached);
        Predictor predictor = modelled().predictor();
        double limit = maxError * maxError * meanSquare;
        List<Thinning.Needs> needs = targets.stream().collect(groupingBy(Profile::endTime)).values().parallelStream()
                .map(together ->
                        new Thinning.Needs(predictor, together, stored.until(together.getFirst()), limit, TOLERANCE))
                .toList();
        List<BitSet> newest = new ArrayList<>(targets.stream()
                .map(t -> stored.newest(stored.until(t)))
                .distinct()
                .toList());
        newest.add(stored.newest(stored.every()));
        BitSet kept = Thinning.thin(predictor.space(), needs, newest);
        Map<Profile, Retention.TargetEffect> effects = needs.stream()
                .flatMap(together -> together.effects(kept, meanSquare))
                .collect(toMap(Retention.TargetEffect::target, effect -> effect, (effect, same) -> effect));
        return new Retention(
                IntStream.range(0, stored.size())
                        .filter(i -> !kept.get(i))
                        .boxed()
                        .toList(),
                targets.stream().map(effects::get).toList());
    }

    /**
     * Plans a run whose weights will move as those of this one.
     *
     * @throws Problem with a single stored average, which says nothing about movement
     */
    public Planning planning() {
        return Planning.like(modelled().fit().movement(), stored.lastEnd(), meanSquare);
    }

    private RunModel modelled() {
        return model.orElseThrow(() -> Problem.unprocessable(
                alike
                        ? "errors cannot be predicted from snapshots that are all equal"
                        : stored.size() > 1
                                ? NOTHING_TO_AVERAGE
                                : "errors cannot be predicted from a single snapshot; two are the least"));
    }

    /** @param paper variance that it must not be worse than, however few files it reads */
    private Optional<Prediction> blup(Profile target, OptionalDouble paper, FitOptions options) {
        if (stored.size() == 1) return Optional.of(new Prediction(new double[] {1}, Double.NaN));
        BitSet files = options.laterFiles() ? stored.every() : stored.until(target);
        if (alike) return Optional.of(onlyNewest(stored.until(target)));
        Optional<Prediction> prediction = model.map(RunModel::predictor).map(predictor -> switch (options.files()) {
            case ALL -> predictor.best(files, target);
            case FEWEST ->
                predictor.fewest(
                        files, target, TOLERANCE, options.outputVariance(), paper.orElse(Double.POSITIVE_INFINITY));
        });
        if (prediction.filter(p -> !Double.isFinite(p.variance())).isPresent()) throw tooSteep(target);
        return prediction;
    }

    private Prediction onlyNewest(BitSet files) {
        double[] coefficients = new double[stored.size()];
        coefficients[stored.newest(files).nextSetBit(0)] = 1;
        return new Prediction(coefficients, Double.NaN);
    }

    /** Empty without model or combination. */
    private OptionalDouble variance(Profile target, Optional<Solution> x) {
        return model.isPresent() && x.isPresent()
                ? OptionalDouble.of(model.get().variance(target, x.get()))
                : OptionalDouble.empty();
    }

    StoredAverages stored() {
        return stored;
    }

    Optional<RunModel> model() {
        return model;
    }

    static Problem tooSteep(Profile target) {
        return Problem.invalid("profile", OddFiles.name(target) + " is too short or too steep to compute with");
    }
}
