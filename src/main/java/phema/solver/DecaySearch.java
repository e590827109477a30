package phema.solver;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.DoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.math3.optim.MaxEval;
import org.apache.commons.math3.optim.nonlinear.scalar.GoalType;
import org.apache.commons.math3.optim.univariate.BrentOptimizer;
import org.apache.commons.math3.optim.univariate.SearchInterval;
import org.apache.commons.math3.optim.univariate.UnivariateObjectiveFunction;
import org.apache.commons.math3.optim.univariate.UnivariatePointValuePair;
import phema.profile.Decay;
import phema.profile.Exponential;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.profile.Scheduled;
import phema.profile.SlowerDecay;
import phema.profile.SteppedDecay;

/**
 * Recognises how averages forget of which nobody recorded it, beside files of the same run that are known: raw weights,
 * or another average. Those tell how the weights moved, and among the families that trainers use, with any number in
 * them, there is one with which the unknown files are likeliest. Alone, all widths are as likely.
 */
public final class DecaySearch {
    /** The fewest files of either. */
    private static final int FEWEST = 5;

    /** The number of files of either that are looked at, of more the newest. */
    private static final int MOST = 64;

    /** The number of these that are around the beginning of averages. */
    private static final int AROUND = 8;

    /** The number of values of a family's number that are tried before the best is made precise. */
    private static final int VALUES = 24;

    private static final int EVALUATIONS = 40;

    /** The rise of the loss within which values are as likely: some 2 sigma for 100 independent weights. */
    private static final double AS_LIKELY = 0.04;

    /** The difference of shares up to which two profiles are one reading: either will do. */
    private static final double SAME = 0.03;

    /** The least lead over the next reading of what is certain, in nats per weight. */
    private static final double CERTAIN_NATS = 1.5;

    /** The same of what the trainer averages unless told otherwise. */
    private static final double CERTAIN_NATS_OF_USUAL = 0.05;

    /** The greatest lead of another reading in a part of the files. */
    private static final double STEADY_NATS = 0.25;

    /** The difference of shares within which the halves of the files say the same. */
    private static final double STEADY = 0.05;

    /** The squared difference of shares, over the time between files, within which two beginnings are one reading. */
    private static final double APART = 0.1;

    /** The share of the time after which shares are compared again. */
    private static final double STEP = 0.005;

    /** The number of steps over which momentum makes them alike, so that a walk is no model of them. */
    private static final int ALIKE = 30;

    /** The least mean of squared innovations of a profile that explains its files. */
    private static final double LEAST_INNOVATION = 0.6;

    /** The greatest one. */
    private static final double GREATEST_INNOVATION = 1.6;

    /** The greatest squared innovation of any file. */
    private static final double GREATEST_OF_A_FILE = 2.5;

    /** The least one where averages began late: less says that weights moved less than the model has it then. */
    private static final double LEAST_OF_A_FILE = 0.2;

    /** The distance from the end of a family, as a logarithm, within which its value is the last one. */
    private static final double AT_THE_END = 0.02;

    /** The difference of shares within which what is certain is known. */
    private static final double PRECISE = 0.06;

    /** The numbers of steps from one update to the next that are tried, of those that files' times are multiples of. */
    private static final int[] UPDATES = {5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000};

    /** The least share of the time between files that they are apart: fewer hardly matter, and cost time. */
    private static final double FEWEST_UPDATES = 1 / 20.0;

    /** The lead over updates at each step from which on others are certain, in nats per weight. */
    private static final double CERTAIN_NATS_OF_UPDATES = 1;

    private final List<StoredAverage> files;
    private final int known;
    private final MovementFit fit;
    private final List<String> usual;
    private final Optional<String> recursion;
    private final Optional<Beginning> beginning;
    private final double[][] sketch;
    private final double[] noise;
    private final double end;

    /**
     * @param fit how the known files say that the weights moved
     * @param recursion of updates at the files' times only, where that is far likelier than all else
     * @param beginning where averages may be younger than the run
     */
    private DecaySearch(
            List<StoredAverage> known,
            List<StoredAverage> unknown,
            MovementFit fit,
            List<String> usual,
            Optional<String> recursion,
            Optional<Beginning> beginning) {
        this.fit = fit;
        this.usual = usual;
        this.recursion = recursion;
        this.beginning = beginning;
        files = Stream.concat(known.stream(), unknown.stream()).toList();
        this.known = known.size();
        double[][] values = files.stream().map(StoredAverage::sample).toArray(double[][]::new);
        sketch = Sketch.of(values);
        end = unknown.stream().mapToDouble(s -> s.profile().endTime()).max().orElseThrow();
        // The noise depends on which files are of one kind, not on which kind that is.
        noise = RoundingNoise.of(
                new StateSpace(profiles("power:0.1")),
                files.stream().mapToDouble(StoredAverage::roundingVariance).toArray(),
                values);
    }

    /**
     * @param known files of the same run with profiles that are known, around the same times
     * @param unknown averages of one kind; of their profiles only the end times are looked at
     * @param clockIsSteps whether times are optimizer steps; otherwise decays that count steps are not tried
     * @param usual what the trainer that writes such files averages unless told otherwise, as text: tried as well, and
     *     of readings that are as likely the right one; several where its versions differ
     * @param told when the averages may have begun, as far as more than their numbers tells; empty where it does not
     * @return empty where there are too few files to say anything
     */
    public static Optional<RecognisedDecay> search(
            List<StoredAverage> known,
            List<StoredAverage> unknown,
            boolean clockIsSteps,
            List<String> usual,
            Optional<Beginning> told) {
        List<StoredAverage> oldestFirst = unknown.stream()
                .sorted(Comparator.comparingDouble(s -> s.profile().endTime()))
                .toList();
        int still = Beginning.still(known, unknown);
        Optional<Beginning> beginning = Beginning.of(oldestFirst, still, told);
        List<StoredAverage> begun = oldestFirst.subList(beginning.isPresent() ? still : 0, oldestFirst.size());
        if (known.size() < FEWEST || begun.size() < FEWEST) return Optional.empty();
        List<StoredAverage> beside = looked(known, beginning);
        MovementFit fit = TrajectoryModel.of(beside).fit();
        List<StoredAverage> averages = looked(begun, beginning);
        var search = new DecaySearch(beside, averages, fit, usual, Optional.empty(), beginning);
        List<Reading> readings = search.readings(clockIsSteps);
        Optional<String> recursion = FileRecursion.of(beside, averages)
                .filter(spec -> search.loss(spec)
                        < Math.min(readings.getFirst().loss(), search.atEachStep(spec)) - 2 * CERTAIN_NATS);
        if (recursion.isEmpty()) return Optional.of(search.search(readings, clockIsSteps));
        var withIt = new DecaySearch(beside, averages, fit, usual, recursion, beginning);
        return Optional.of(withIt.search(withIt.readings(clockIsSteps), clockIsSteps));
    }

    /** The files that are looked at, the newest first: the newest, and those around the beginning of averages. */
    private static List<StoredAverage> looked(List<StoredAverage> files, Optional<Beginning> beginning) {
        List<StoredAverage> newestFirst = files.stream()
                .sorted(Comparator.comparingDouble(s -> -s.profile().endTime()))
                .toList();
        if (newestFirst.size() <= MOST || beginning.isEmpty())
            return newestFirst.stream().limit(MOST).toList();
        List<StoredAverage> newest = newestFirst.subList(0, MOST - AROUND);
        List<StoredAverage> around = newestFirst.stream()
                .skip(newest.size())
                .sorted(Comparator.comparingDouble(
                        s -> Math.abs(s.profile().endTime() - beginning.get().latest())))
                .limit(AROUND)
                .sorted(Comparator.comparingDouble(s -> -s.profile().endTime()))
                .toList();
        return Stream.concat(newest.stream(), around.stream()).toList();
    }

    /**
     * The simplest of the likeliest profiles of a family, and between which they are nearly as likely.
     *
     * @param family which of the families it is of
     * @param atTheEnd whether the least or the greatest value that was tried is the best, so that others may be better
     * @param asLikely of other beginnings that are nearly as likely
     */
    private record Reading(
            int family,
            String spec,
            String lowest,
            String highest,
            double loss,
            boolean atTheEnd,
            List<String> asLikely) {
        private Reading(int family, String spec, String lowest, String highest, double loss, boolean atTheEnd) {
            this(family, spec, lowest, highest, loss, atTheEnd, List.of());
        }

        private Reading with(List<String> others) {
            return new Reading(family, spec, lowest, highest, loss, atTheEnd, others);
        }
    }

    /** The best of each family, the likeliest first. */
    private List<Reading> readings(boolean clockIsSteps) {
        List<DecayFamily> families = new ArrayList<>();
        Stream.concat(usual.stream(), recursion.stream()).forEach(spec -> families.add(DecayFamily.only(spec)));
        if (beginning.filter(Beginning::proven).isEmpty())
            families.addAll(DecayFamily.of(spacing(files), end, clockIsSteps));
        Stream<Reading> late = beginning.stream().flatMap(begun -> late(families.size(), begun, clockIsSteps));
        return Stream.concat(IntStream.range(0, families.size()).mapToObj(i -> best(i, families.get(i))), late)
                .sorted(Comparator.comparingDouble(Reading::loss))
                .toList();
    }

    /** The best of each family that begins late. @param from the number of the first of them */
    private Stream<Reading> late(int from, Beginning begun, boolean clockIsSteps) {
        List<DoubleFunction<DecayFamily>> families = DecayFamily.late(spacing(files), end, clockIsSteps, begun);
        var search = new LateSearch(begun, AS_LIKELY, this::loss);
        return IntStream.range(0, families.size()).mapToObj(i -> {
            LateSearch.Begun found = search.of(families.get(i));
            return best(from + i, families.get(i).apply(found.time())).with(found.ends());
        });
    }

    private RecognisedDecay search(List<Reading> readings, boolean clockIsSteps) {
        Reading smooth = readings.getFirst();
        List<Updates> updates = clockIsSteps && !areCounted() ? updates(smooth) : List.of();
        Reading best = updates.stream()
                .findFirst()
                .filter(first -> !smooth.atTheEnd() && first.loss() < smooth.loss() - 2 * CERTAIN_NATS_OF_UPDATES)
                .flatMap(first -> atUpdates(smooth, first))
                .orElse(smooth);
        Reading next = readings.stream()
                .filter(r -> difference(r.spec(), best.spec()) >= SAME || areApart(r.spec(), best.spec()))
                .findFirst()
                .orElseThrow(); // a mean is no other profile
        double nats = (next.loss() - best.loss()) / 2;
        double[] innovations = innovations(best.spec());
        double innovation = Arrays.stream(innovations).average().orElseThrow();
        boolean certain = nats >= (usual.contains(best.spec()) ? CERTAIN_NATS_OF_USUAL : CERTAIN_NATS)
                && innovation >= LEAST_INNOVATION
                && innovation <= GREATEST_INNOVATION
                && Arrays.stream(innovations).max().orElseThrow() <= GREATEST_OF_A_FILE
                && (beginning.isEmpty()
                        || recursion.equals(Optional.of(best.spec()))
                        || Arrays.stream(innovations).min().orElseThrow() >= LEAST_OF_A_FILE)
                && !best.atTheEnd()
                && difference(best.lowest(), best.highest()) <= PRECISE
                && best.asLikely().stream().noneMatch(other -> areApart(best.spec(), other))
                && !(clockIsSteps && isShort(best.spec()))
                && (recursion.equals(Optional.of(best.spec())) || !hasCopies())
                && areCertain(updates, smooth, best)
                && isSteady(best, innovations, clockIsSteps) // these last, since they search again
                && !mayBeYounger(best, clockIsSteps);
        return new RecognisedDecay(best.spec(), best.lowest(), best.highest(), nats, next.spec(), innovation, certain);
    }

    /**
     * A reading of which only every so many steps is an update.
     *
     * @param slower how many times as slowly it forgets then
     */
    private record Updates(int every, double slower, double loss) {}

    /** The best of each number of steps, the likeliest first. */
    private List<Updates> updates(Reading smooth) {
        Profile profile = ProfileSpec.parse(smooth.spec(), end);
        if (profile instanceof Scheduled scheduled && scheduled.decay().stepped()) return List.of();
        Decay decay = Decay.of(profile).orElseThrow();
        List<StoredAverage> unknown = files.subList(known, files.size());
        double spacing = spacing(unknown);
        return Arrays.stream(UPDATES)
                .filter(every -> every < spacing && every >= FEWEST_UPDATES * spacing)
                .filter(every -> unknown.stream().allMatch(s -> s.profile().endTime() % every == 0))
                .mapToObj(every -> {
                    double forgotten = every * decay.intake(end);
                    double asOld = Math.log(forgotten / Math.log1p(forgotten)); // what makes the mean age the same
                    UnivariatePointValuePair best = new BrentOptimizer(1e-3, 1e-3)
                            .optimize(
                                    new MaxEval(EVALUATIONS),
                                    GoalType.MINIMIZE,
                                    new SearchInterval(asOld - 0.3, asOld + 0.3, asOld),
                                    new UnivariateObjectiveFunction(x -> likelihood(new StateSpace(
                                                    profiles(smooth.spec()),
                                                    Map.of(
                                                            decay,
                                                            new SteppedDecay(
                                                                    new SlowerDecay(decay, Math.exp(x)), 0, every))))
                                            .loss(fit.movement())));
                    return new Updates(every, Math.exp(best.getPoint()), best.getValue());
                })
                .sorted(Comparator.comparingDouble(Updates::loss))
                .toList();
    }

    /** Of a constant decay; those of others cannot be said. */
    private Optional<Reading> atUpdates(Reading smooth, Updates updates) {
        return ProfileSpec.parse(smooth.spec(), end) instanceof Exponential e
                ? Optional.of(best(
                        smooth.family(),
                        DecayFamily.atUpdates(
                                updates.every(), -Math.expm1(-e.rate() * updates.every() / updates.slower()))))
                : Optional.empty();
    }

    /** Whether it is clear how far updates are apart, or that they are not. */
    private static boolean areCertain(List<Updates> updates, Reading smooth, Reading best) {
        if (updates.isEmpty()) return true;
        double least = updates.getFirst().loss();
        if (least > smooth.loss() - 2 * STEADY_NATS) return true;
        return best != smooth && updates.stream().skip(1).allMatch(other -> other.loss() > least + 2 * STEADY_NATS);
    }

    /** The loss if the average that is updated at files' times was updated at each step instead. */
    private double atEachStep(String recursion) {
        double rate = ((Scheduled) ProfileSpec.parse(recursion, end)).decay().intake(end);
        return best(0, DecayFamily.around(-Math.expm1(-rate))).loss();
    }

    /** The mean time between files. */
    static double spacing(List<StoredAverage> files) {
        TreeSet<Double> times = new TreeSet<>();
        files.forEach(s -> times.add(s.profile().endTime()));
        return (times.last() - times.first()) / (times.size() - 1);
    }

    private Reading best(int number, DecayFamily family) {
        if (family.low() == family.high()) {
            String only = family.spec().apply(family.low());
            return new Reading(number, only, only, only, loss(only) - AS_LIKELY, false); // simpler, where as likely
        }
        double low = Math.log(family.low());
        double step = (Math.log(family.high()) - low) / (VALUES - 1);
        double[] losses = IntStream.range(0, VALUES)
                .parallel()
                .mapToDouble(i -> loss(family, low + i * step))
                .toArray();
        int least = IntStream.range(0, VALUES)
                .boxed()
                .min(Comparator.comparingDouble(i -> losses[i]))
                .orElseThrow();
        double from = low + Math.max(least - 1, 0) * step;
        double to = low + Math.min(least + 1, VALUES - 1) * step;
        UnivariatePointValuePair best = new BrentOptimizer(1e-5, 1e-5)
                .optimize(
                        new MaxEval(EVALUATIONS),
                        GoalType.MINIMIZE,
                        new SearchInterval(from, to, low + least * step),
                        new UnivariateObjectiveFunction(x -> loss(family, x)));
        double lowest = Math.exp(asLikely(family, best, -1));
        double highest = Math.exp(asLikely(family, best, 1));
        String simplest = family.spec().apply(family.simplest(Math.exp(best.getPoint()), lowest, highest));
        boolean atTheEnd = best.getPoint() - low < AT_THE_END && !isAsLikely(family, best, 10 * AT_THE_END)
                || Math.log(family.high()) - best.getPoint() < AT_THE_END
                        && !isAsLikely(family, best, -10 * AT_THE_END);
        return new Reading(
                number, simplest, family.spec().apply(lowest), family.spec().apply(highest), loss(simplest), atTheEnd);
    }

    /** The farthest value from the best one, on one side, that is nearly as likely. */
    private double asLikely(DecayFamily family, UnivariatePointValuePair best, int side) {
        double limit = Math.log(side < 0 ? family.low() : family.high());
        double most = Math.max(0, side * (limit - best.getPoint()));
        if (isAsLikely(family, best, side * most)) return limit;
        double within = 0;
        double beyond = Math.min(1e-4, most);
        while (beyond < most && isAsLikely(family, best, side * beyond)) {
            within = beyond;
            beyond = Math.min(2 * beyond, most);
        }
        for (int i = 0; i < 5; i++) {
            double middle = (within + beyond) / 2;
            if (isAsLikely(family, best, side * middle)) within = middle;
            else beyond = middle;
        }
        return best.getPoint() + side * within;
    }

    private boolean isAsLikely(DecayFamily family, UnivariatePointValuePair best, double farther) {
        return loss(family, best.getPoint() + farther) < best.getValue() + AS_LIKELY;
    }

    private double loss(DecayFamily family, double log) {
        return loss(family.spec().apply(Math.exp(log)));
    }

    private double loss(String spec) {
        return likelihood(spec).loss(fit.movement());
    }

    private Likelihood likelihood(String spec) {
        return likelihood(new StateSpace(profiles(spec)));
    }

    private Likelihood likelihood(StateSpace space) {
        return new Likelihood(space, fit.movement().rates(), noise, sketch);
    }

    private List<Profile> profiles(String spec) {
        return IntStream.range(0, files.size())
                .mapToObj(i -> {
                    Profile stated = files.get(i).profile();
                    return i < known ? stated : ProfileSpec.parse(spec, stated.endTime());
                })
                .toList();
    }

    /** Whether half of what the newest file holds is younger than a walk is a model of. */
    private boolean isShort(String spec) {
        return ProfileSpec.parse(spec, end).cumulative(end - ALIKE) < 0.5;
    }

    /**
     * Whether parts of the files, read alone, say the same: the older ones, the newer ones, and the strangest one.
     * Where a job changed its decay they do not; nor where the movement is misread, or no family is the right one:
     * that bends each part in a way of its own.
     */
    private boolean isSteady(Reading whole, double[] innovations, boolean clockIsSteps) {
        List<StoredAverage> unknown = files.subList(known, files.size());
        int middle = unknown.size() / 2;
        int strangest = IntStream.range(0, innovations.length)
                .boxed()
                .max(Comparator.comparingDouble(i -> innovations[i]))
                .orElseThrow();
        Optional<Reading> older = ofPart(unknown.subList(middle, unknown.size()), whole, clockIsSteps);
        Optional<Reading> newer = ofPart(unknown.subList(0, middle), whole, clockIsSteps);
        return older.isPresent()
                && newer.isPresent()
                && difference(older.get().spec(), newer.get().spec()) <= STEADY
                && ofPart(List.of(unknown.get(strangest)), whole, clockIsSteps).isPresent();
    }

    /** What a part of the files says within the same family; empty if another reading of it is much likelier. */
    private Optional<Reading> ofPart(List<StoredAverage> part, Reading whole, boolean clockIsSteps) {
        var search = new DecaySearch(files.subList(0, known), part, fit, usual, recursion, begunAsIn(whole));
        List<Reading> readings = search.readings(clockIsSteps);
        return search.loss(whole.spec()) - readings.getFirst().loss() < 2 * STEADY_NATS
                ? readings.stream()
                        .filter(own -> own.family() == whole.family())
                        .findFirst()
                : Optional.empty();
    }

    /** Where averages began late, when that was as a reading has it. */
    private Optional<Beginning> begunAsIn(Reading whole) {
        return beginning.map(begun -> ProfileSpec.parse(whole.spec(), end) instanceof Scheduled scheduled
                ? begun.at(scheduled.decay().begin()
                        + (begun.counted() && scheduled.decay().isMean() ? begun.every() : 0))
                : begun.at(begun.latest()));
    }

    private boolean areCounted() {
        return beginning.filter(Beginning::counted).isPresent();
    }

    /** Whether an unknown file holds what a known one of the same time does: averages begin as copies, at some time. */
    private boolean hasCopies() {
        return files.subList(known, files.size()).stream()
                .anyMatch(average -> Beginning.isCopy(average, files.subList(0, known)));
    }

    /** Squared, of the unknown files. */
    private double[] innovations(String spec) {
        double[] all = likelihood(spec).squaredInnovations(fit.movement());
        return Arrays.copyOfRange(all, known, all.length);
    }

    /**
     * Whether an average is likelier to have begun later than it seems, though nothing but its numbers says so: before
     * its first file or, where that holds what it was made with, before the second one.
     */
    private boolean mayBeYounger(Reading best, boolean clockIsSteps) {
        if (beginning.isPresent() || recursion.equals(Optional.of(best.spec()))) return false;
        List<StoredAverage> unknown = files.subList(known, files.size());
        double first = unknown.getLast().profile().endTime();
        double second = unknown.get(unknown.size() - 2).profile().endTime();
        return isLikelierSince(0, first, unknown, best, clockIsSteps)
                || isLikelierSince(first, second, unknown.subList(0, unknown.size() - 1), best, clockIsSteps);
    }

    private boolean isLikelierSince(
            double earliest, double latest, List<StoredAverage> part, Reading best, boolean clockIsSteps) {
        var begun = new Beginning(earliest, latest, 1, false, false);
        var search =
                new DecaySearch(files.subList(0, known), part, fit, List.of(), Optional.empty(), Optional.of(begun));
        double loss = search.loss(best.spec());
        return search.late(0, begun, clockIsSteps)
                .anyMatch(late -> late.loss() < loss - 2 * STEADY_NATS && search.areApart(late.spec(), best.spec()));
    }

    /**
     * Whether two profiles are, at any of the files, as different as weights that move for a tenth of the time between
     * two files; where all are as old as the run, that is for their shares at the last file to say.
     */
    private boolean areApart(String spec, String other) {
        if (beginning.isEmpty()) return false;
        List<StoredAverage> unknown = files.subList(known, files.size());
        double most = APART * spacing(files);
        return unknown.stream()
                .mapToDouble(file -> file.profile().endTime())
                .anyMatch(time -> differences(spec, other, time).map(x -> x * x).sum() * STEP * time > most);
    }

    /** The greatest difference of two profiles' shares at the last file. */
    private double difference(String spec, String other) {
        return differences(spec, other, end).max().orElseThrow();
    }

    /** The differences of two profiles' shares, at times that are {@value #STEP} of the whole apart. */
    private static DoubleStream differences(String spec, String other, double time) {
        Profile one = ProfileSpec.parse(spec, time);
        Profile two = ProfileSpec.parse(other, time);
        return DoubleStream.iterate(STEP, x -> x < 1, x -> x + STEP)
                .map(x -> Math.abs(one.cumulative(x * time) - two.cumulative(x * time)));
    }
}
