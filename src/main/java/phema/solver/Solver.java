package phema.solver;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import java.lang.ref.SoftReference;
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
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import phema.problem.Problem;
import phema.profile.Decay;
import phema.profile.Impulse;
import phema.profile.Integrals;
import phema.profile.Power;
import phema.profile.PowerDecay;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.text.Labels;

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

    private static final double LARGEST_PROFILE_RESIDUAL = 0.1;

    /** The sum of absolute coefficients beyond which errors grow too far. */
    public static final double LARGEST_NORM = 30;

    /** The factor by which averages may forget faster or slower than stated where nothing else tells. */
    private static final double MISSTATED = 1.1;

    /** The factor by which actual errors may differ from predicted ones, over all files of a profile. */
    private static final double LARGEST_DISAGREEMENT = 1.5;

    /**
     * The number of files up to which the paper's error is always told: with more the paper's system, which is dense,
     * is solved only where it is asked for.
     */
    public static final int LARGEST_GRAM = 512;

    /** The most files of the paper's solver: time grows with their third power, memory with their second. */
    private static final int MOST_OF_PAPER = 1000;

    /** The number of odd files that an answer names though it does not read them. */
    private static final int NAMED = 3;

    /** The number of files that are enough to tell which widths a run can express. */
    private static final int ENOUGH_TO_EXPRESS = 256;

    private static final String NOTHING_TO_AVERAGE = "the snapshots hold no floating-point weights to average";

    private final List<StoredAverage> stored;
    private final double meanSquare;

    /** Whether no weight ever moved, so that there is nothing to model. */
    private final boolean alike;

    private final Optional<Model> model;

    private volatile SoftReference<@Nullable Gram> lastGram = new SoftReference<>(null);

    /** Empty where all files are what is stated, or too few. */
    private final Optional<Trusted> trusted;

    /** That predicted errors are rough, in words. */
    private final Optional<String> disagreement;

    /**
     * @param surprises by file
     * @param withoutOdd the same files less odd ones; empty where there are none, or too few others
     */
    private record Model(
            TrajectoryModel all,
            List<Double> surprises,
            List<OddFile> odd,
            Doubts doubts,
            Optional<Solver> withoutOdd) {
        static Model of(List<StoredAverage> stored, double meanSquare) {
            TrajectoryModel all = TrajectoryModel.of(stored);
            List<Double> surprises = all.surprises();
            Optional<Doubt> order = FileOrder.doubt(stored);
            if (order.isPresent())
                return new Model(
                        all, surprises, List.of(), new Doubts(List.of(order.get()), all.fit()), Optional.empty());
            List<OddFile> odd = OddFiles.among(stored, surprises, meanSquare);
            boolean suspicious = surprises.stream().anyMatch(s -> s > OddFiles.SUSPICIOUS);
            Doubts stated = Doubts.of(all, suspicious);
            // A wrong statement makes files odd that are not.
            if (odd.isEmpty() || stated.explains(odd))
                return new Model(all, surprises, List.of(), stated, Optional.empty());
            List<StoredAverage> others = new ArrayList<>(stored);
            odd.reversed().forEach(o -> others.remove(o.file()));
            var withoutOdd = new Solver(others);
            List<Doubt> doubts = withoutOdd.model.map(m -> m.doubts().told()).orElse(List.of());
            return new Model(all, surprises, odd, new Doubts(doubts, all.fit()), Optional.of(withoutOdd));
        }

        Predictor predictor() {
            return all.predictor();
        }

        MovementFit fit() {
            return all.fit();
        }

        /** The geometric mean, over files, of actual over predicted errors. */
        double actualToPredicted() {
            return actualToPredicted(surprises);
        }

        static double actualToPredicted(List<Double> surprises) {
            return Math.exp(surprises.stream()
                    .mapToDouble(s -> Math.log(Math.max(s, Double.MIN_NORMAL)) / 2)
                    .average()
                    .orElseThrow());
        }
    }

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
        alike = samples > 0
                && stored.size() > 1
                && stored.stream()
                        .allMatch(
                                s -> Arrays.equals(s.sample(), stored.getFirst().sample()));
        model = samples > 0 && stored.size() > 1 && !alike
                ? Optional.of(Model.of(this.stored, meanSquare))
                : Optional.empty();
        disagreement = model.flatMap(this::disagreement);
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
        if (trusted.isEmpty() || !trusted.get().solver().reaches(fit.target())) return Optional.empty();
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
                .filter(i -> !doubts.isOf(profile(i)))
                .boxed()
                .toList();
        long raw = files.stream().filter(i -> profile(i) instanceof Impulse).count();
        return files.size() < stored.size() && raw >= MovementFit.FEW
                ? Optional.of(new Trusted(
                        files, new Solver(files.stream().map(stored::get).toList())))
                : Optional.empty();
    }

    private Fit solveOfAll(Profile target, FitOptions options) {
        requireReached(target);
        BitSet earlier = until(target);
        Optional<Solution> paper = options.method() == SolverKind.PAPER || earlier.cardinality() <= LARGEST_GRAM
                ? paper(target, earlier, options.normalise())
                        .filter(x -> options.method() == SolverKind.PAPER || x.isFinite())
                : Optional.empty();
        OptionalDouble ofPaper = variance(target, paper);
        Optional<Prediction> blup = blup(target, ofPaper, options);
        Solution chosen = switch (options.method()) {
            case PAPER ->
                paper.orElseThrow(() -> Problem.invalid(
                        "solver",
                        "the paper's solver needs profiles with a square-integrable density, not raw "
                                + "checkpoints: use blup"));
            case BLUP -> blup.map(Solution::of).orElseThrow(() -> Problem.unprocessable(NOTHING_TO_AVERAGE));
            case GIVEN -> throw new IllegalArgumentException("no method finds coefficients that are given");
        };
        Map<SolverKind, Double> errors = new EnumMap<>(SolverKind.class);
        ofPaper.ifPresent(v -> errors.put(SolverKind.PAPER, relativeError(target, v, paper.orElseThrow())));
        if (model.isPresent())
            blup.ifPresent(p -> errors.put(SolverKind.BLUP, relativeError(target, p.variance(), Solution.of(p))));
        if (!chosen.isFinite()) throw tooSteep(target);
        double residual = profileResidual(target, chosen);
        return new Fit(
                target,
                options.method(),
                Arrays.stream(chosen.coefficients()).boxed().toList(),
                errors,
                chosen.conditionNumber(),
                chosen.norm(),
                residual,
                warnings(target, options, chosen, residual));
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
        List<String> warnings = new ArrayList<>();
        double residual = Double.NaN;
        if (options.isPresent()) {
            errors.putAll(solve(target, options.get()).predictedRelativeErrors());
            variance(target, Optional.of(given))
                    .ifPresent(variance -> errors.put(SolverKind.GIVEN, relativeError(target, variance, given)));
            residual = profileResidual(target, given);
            warnings.addAll(warnings(target, options.get(), given, residual));
        } else
            model.ifPresent(m -> {
                m.odd().stream().filter(o -> coefficients.get(o.file()) != 0).forEach(o -> warnings.add(oddFile(o)));
                oddButNotRead(m, coefficients).ifPresent(warnings::add);
            });
        return new Fit(target, SolverKind.GIVEN, coefficients, errors, Double.NaN, given.norm(), residual, warnings);
    }

    /** @param points at least 2 */
    public ProfileCurve curve(Fit fit, int points) {
        BitSet read = new BitSet();
        for (int i = 0; i < stored.size(); i++) read.set(i, fit.coefficients().get(i) != 0);
        int[] files = read.stream().toArray();
        double end = Math.max(fit.target().endTime(), lastEnd(read));
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
        for (int i : files) sum += fit.coefficients().get(i) * of.applyAsDouble(profile(i));
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
                        .map(Model::actualToPredicted)
                        .map(OptionalDouble::of)
                        .orElse(OptionalDouble.empty()),
                m.doubts().told(),
                m.fit()
                        .movement()
                        .rates()
                        .between(m.predictor().space().start(), lastEnd(files(any -> true)), meanSquare),
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
        requireReached(new Impulse(endTime));
        Optional<Gram> gram = gram(fewer(files(p -> p.endTime() <= endTime)));
        return IntStream.rangeClosed(0, 12)
                .<Profile>mapToObj(i -> Power.ofSigmaRel((1 + 2 * i) / 100.0, endTime))
                .filter(target -> gram.isEmpty()
                        || profileResidual(target, gram.get().fit(target).normalised()) <= LARGEST_PROFILE_RESIDUAL)
                .toList();
    }

    /** Those of every n-th time, counted back from the last, so that few enough are left. */
    private BitSet fewer(BitSet files) {
        if (files.cardinality() <= ENOUGH_TO_EXPRESS) return files;
        Set<Double> some = StateSpace.everyNth(
                files.stream().mapToObj(i -> profile(i).endTime()).toList(),
                Math.ceilDiv(files.cardinality(), ENOUGH_TO_EXPRESS));
        BitSet fewer = (BitSet) files.clone();
        files.stream().filter(i -> !some.contains(profile(i).endTime())).forEach(fewer::clear);
        return fewer;
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
        targets.forEach(this::requireReached);
        Predictor predictor = modelled().predictor();
        double limit = maxError * maxError * meanSquare;
        List<Thinning.Needs> needs = targets.stream().collect(groupingBy(Profile::endTime)).values().parallelStream()
                .map(together -> new Thinning.Needs(predictor, together, until(together.getFirst()), limit, TOLERANCE))
                .toList();
        List<BitSet> newest = new ArrayList<>(
                targets.stream().map(t -> newest(until(t))).distinct().toList());
        newest.add(newest(files(any -> true)));
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
        return Planning.like(modelled().fit().movement(), lastEnd(files(any -> true)), meanSquare);
    }

    private Model modelled() {
        return model.orElseThrow(() -> Problem.unprocessable(
                alike
                        ? "errors cannot be predicted from snapshots that are all equal"
                        : stored.size() > 1
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
    private record Gram(Solver solver, BitSet files, int[] indices, SymmetricSystem system, boolean singular) {
        Solution fit(Profile target) {
            double[] right = Arrays.stream(indices)
                    .mapToDouble(i -> Integrals.inner(solver.profile(i), target))
                    .toArray();
            return Solution.of(system.solve(right), indices, solver.stored.size(), system, singular);
        }
    }

    /** Of the same files as the last one in most cases, since targets mostly end at the same time. */
    private Optional<Gram> gram(BitSet files) {
        if (!files.stream().allMatch(i -> Integrals.isSquareIntegrable(profile(i)))) return Optional.empty();
        if (files.cardinality() > MOST_OF_PAPER)
            throw Problem.invalid(
                    "solver",
                    "the paper's solver would invert a matrix of all %d snapshots, and %d are the most: use blup"
                            .formatted(files.cardinality(), MOST_OF_PAPER));
        @Nullable Gram last = lastGram.get();
        if (last != null && files.equals(last.files())) return Optional.of(last);
        int[] indices = files.stream().toArray();
        double[][] part = new double[indices.length][indices.length];
        for (int i = 0; i < indices.length; i++)
            for (int j = 0; j <= i; j++)
                part[i][j] = part[j][i] = Integrals.inner(profile(indices[i]), profile(indices[j]));
        Optional<SymmetricSystem> regular = SymmetricSystem.regular(part);
        Gram gram = new Gram(
                this,
                (BitSet) files.clone(),
                indices,
                regular.orElseGet(() -> SymmetricSystem.truncated(part)),
                regular.isEmpty());
        lastGram = new SoftReference<>(gram);
        return Optional.of(gram);
    }

    /** @param paper variance that it must not be worse than, however few files it reads */
    private Optional<Prediction> blup(Profile target, OptionalDouble paper, FitOptions options) {
        if (stored.size() == 1) return Optional.of(new Prediction(new double[] {1}, Double.NaN));
        BitSet files = options.laterFiles() ? files(any -> true) : until(target);
        if (alike) return Optional.of(onlyNewest(until(target)));
        Optional<Prediction> prediction = model.map(Model::predictor).map(predictor -> switch (options.files()) {
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
        coefficients[newest(files).nextSetBit(0)] = 1;
        return new Prediction(coefficients, Double.NaN);
    }

    /** Under the model, of a combination scaled to coefficients that sum to one; empty without model or combination. */
    private OptionalDouble variance(Profile target, Optional<Solution> x) {
        if (model.isEmpty() || x.isEmpty()) return OptionalDouble.empty();
        double variance = model.get().predictor().variance(x.get().normalised().coefficients(), target);
        if (!Double.isFinite(variance)) throw tooSteep(target);
        return OptionalDouble.of(variance);
    }

    /**
     * Coefficients that do not sum to one shrink or stretch the weights themselves as well. Where files contradict what
     * is stated of them, the error is that of what is likelier.
     */
    private double relativeError(Profile target, double variance, Solution x) {
        double likelier = model.map(Model::doubts)
                .orElseThrow()
                .variance(model.get().all(), x.normalised().coefficients(), target)
                .orElse(0);
        double worst = Math.max(likelier, varianceIfMisstated(target, x));
        double excess = x.sum() - 1;
        return Math.sqrt(Math.max(variance, worst) / meanSquare + excess * excess);
    }

    /** The same if averages forget otherwise than stated; 0 where that matters little, or would show. */
    private double varianceIfMisstated(Profile target, Solution x) {
        if (!(x.norm() > LARGEST_NORM)) return 0;
        Optional<Decay> decay = unconfirmed();
        if (decay.isEmpty()) return 0;
        TrajectoryModel all = model.orElseThrow().all();
        return DoubleStream.of(MISSTATED, 1 / MISSTATED)
                .map(factor -> new Doubts(
                                List.of(),
                                List.of(new Doubts.Change(new Restatement.Slower(decay.get()), factor)),
                                all.fit())
                        .variance(all, x.normalised().coefficients(), target)
                        .orElseThrow())
                .max()
                .orElseThrow();
    }

    /**
     * How all files forget: alone, they are as likely with another decay, so that nothing confirms it. That of the
     * paper's averages is known by their names.
     */
    private Optional<Decay> unconfirmed() {
        List<Optional<Decay>> decays =
                stored.stream().map(s -> Decay.of(s.profile())).distinct().toList();
        return model.isPresent() && decays.size() == 1
                ? decays.getFirst().filter(decay -> !(decay instanceof PowerDecay))
                : Optional.empty();
    }

    private double profileResidual(Profile target, Solution x) {
        return ProfileDistance.of(
                target, stored.stream().map(StoredAverage::profile).toList(), x.coefficients());
    }

    private List<String> warnings(Profile target, FitOptions options, Solution chosen, double residual) {
        List<String> warnings = new ArrayList<>();
        if (stored.size() == 1) warnings.add("there is only one stored average: no error can be predicted");
        if (alike)
            warnings.add("all " + stored.size() + " stored files are equal in the "
                    + stored.getFirst().sample().length + " weights that were compared, so no error is predicted, and"
                    + " the newest is as good as any; that is what an EMA in bf16 with a decay near one gives, as each"
                    + " step rounds to no change, or a job that copied one file");
        model.ifPresent(m -> {
            m.odd().stream()
                    .filter(o -> chosen.coefficients()[o.file()] != 0)
                    .forEach(o -> warnings.add(oddFile(o) + without(target, options, m)));
            oddButNotRead(m, Arrays.stream(chosen.coefficients()).boxed().toList())
                    .ifPresent(warnings::add);
            m.doubts().told().forEach(doubt -> warnings.add("the " + doubt.inWords()));
            if (!m.doubts().changes().isEmpty())
                warnings.add("predicted errors are those of what is likelier, and smaller once it is stated");
            disagreement.ifPresent(warnings::add);
        });
        if (options.method() == SolverKind.BLUP
                && model.isPresent()
                && model.get().fit().assumed())
            warnings.add("fewer than " + MovementFit.FEW
                    + " stored averages do not say how the weights moved: their course is assumed, and "
                    + "predicted errors are rough");
        if (residual > LARGEST_PROFILE_RESIDUAL && !alike)
            warnings.add(String.format(
                    Locale.ROOT,
                    "the stored files can express this target only roughly: the fitted profile is %.0f %% off",
                    100 * residual));
        if (chosen.singular())
            warnings.add("the system is singular to working precision: some stored files have nearly equal profiles");
        if (chosen.norm() > LARGEST_NORM)
            warnings.add(String.format(
                    Locale.ROOT,
                    "the coefficients' absolute values sum to %.0f: rounding errors of the stored files grow with"
                            + " them%s",
                    chosen.norm(),
                    unconfirmed().isEmpty()
                            ? ""
                            : ", and so does what is wrong in the profile that is stated of all, which nothing here"
                                    + " confirms: the predicted error counts that they may forget 10 % faster or"
                                    + " slower. Raw weights of the same run beside them would tell, and need no such"
                                    + " coefficients"));
        double last = lastEnd(until(target));
        if (last < target.endTime() && (options.method() == SolverKind.PAPER || !options.laterFiles()))
            warnings.add("the target ends at " + Labels.plain(target.endTime())
                    + ", after the last file that may be read, at " + Labels.plain(last)
                    + ": choose that time; a request over REST can take later files (laterFiles, with blup)");
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

    private boolean reaches(Profile target) {
        return stored.stream().anyMatch(s -> s.profile().endTime() <= target.endTime())
                && stored.stream().anyMatch(s -> s.profile().endTime() >= target.endTime());
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

    private String oddFile(OddFile odd) {
        return String.format(
                Locale.ROOT,
                "the file %s does not belong to the others: its squared distance from what they let expect is %.3g "
                        + "times the usual one; it %s",
                name(profile(odd.file())),
                odd.surprise(),
                odd.likeness());
    }

    /** In one line: they change no answer, but may be odd because of what is stated of all. */
    private Optional<String> oddButNotRead(Model model, List<Double> coefficients) {
        List<String> odd = model.odd().stream()
                .filter(o -> coefficients.get(o.file()) == 0)
                .map(o -> name(profile(o.file())))
                .toList();
        if (odd.isEmpty()) return Optional.empty();
        String named = String.join(", ", odd.subList(0, Math.min(odd.size(), NAMED)));
        return Optional.of(String.format(
                Locale.ROOT,
                "%d of %d files %s: %s; what is stated of the run may be wrong, and phema inspect --fit tells more",
                odd.size(),
                stored.size(),
                odd.size() == 1
                        ? "does not belong to the others, and is not read here"
                        : "do not belong to the others, and are not read here",
                odd.size() > NAMED ? named + " and " + (odd.size() - NAMED) + " more" : named));
    }

    private static String without(Profile target, FitOptions options, Model model) {
        return model.withoutOdd()
                .filter(s -> s.lastEnd(s.files(any -> true)) >= target.endTime())
                .map(s -> s.solve(target, options).predictedRelativeError())
                .filter(Double::isFinite)
                .map(error -> String.format(Locale.ROOT, "; without it the predicted error is %.1e", error))
                .orElse("");
    }

    /** Of the profile whose files are predicted worst, if badly. */
    private Optional<String> disagreement(Model model) {
        if (model.fit().assumed() || !model.odd().isEmpty()) return Optional.empty();
        Map<String, List<Double>> byProfile = new TreeMap<>();
        for (int i = 0; i < stored.size(); i++)
            byProfile
                    .computeIfAbsent(ProfileSpec.print(profile(i)), p -> new ArrayList<>())
                    .add(model.surprises().get(i));
        return byProfile.entrySet().stream()
                .map(e -> Map.entry(e.getKey(), Model.actualToPredicted(e.getValue())))
                .max(Comparator.comparingDouble(e -> Math.abs(Math.log(e.getValue()))))
                .filter(e -> Math.abs(Math.log(e.getValue())) > Math.log(LARGEST_DISAGREEMENT))
                .map(e -> String.format(
                        Locale.ROOT,
                        "predicted errors are rough: leaving out each file of profile %s in turn, the actual error was "
                                + "%.2f times the predicted one%s",
                        e.getKey(),
                        e.getValue(),
                        model.doubts().told().isEmpty()
                                ? "; is the profile what it is said to be, and are all files of one run?"
                                : ", as the files contradict what is stated of them"));
    }

    private static Problem tooSteep(Profile target) {
        return Problem.invalid("profile", name(target) + " is too short or too steep to compute with");
    }

    private static String name(Profile profile) {
        return OddFiles.name(profile);
    }
}
