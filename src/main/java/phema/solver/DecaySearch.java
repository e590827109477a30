package phema.solver;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.math3.optim.MaxEval;
import org.apache.commons.math3.optim.nonlinear.scalar.GoalType;
import org.apache.commons.math3.optim.univariate.BrentOptimizer;
import org.apache.commons.math3.optim.univariate.SearchInterval;
import org.apache.commons.math3.optim.univariate.UnivariateObjectiveFunction;
import org.apache.commons.math3.optim.univariate.UnivariatePointValuePair;
import phema.profile.Profile;
import phema.profile.ProfileSpec;

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

    /** The number of steps over which momentum makes them alike, so that a walk is no model of them. */
    private static final int ALIKE = 30;

    /** The least mean of squared innovations of a profile that explains its files. */
    private static final double LEAST_INNOVATION = 0.6;

    /** The greatest one. */
    private static final double GREATEST_INNOVATION = 1.6;

    /** The greatest squared innovation of any file. */
    private static final double GREATEST_OF_A_FILE = 2.5;

    /** The distance from the end of a family, as a logarithm, within which its value is the last one. */
    private static final double AT_THE_END = 0.02;

    /** The difference of shares within which what is certain is known. */
    private static final double PRECISE = 0.06;

    private final List<StoredAverage> files;
    private final int known;
    private final MovementFit fit;
    private final Optional<String> usual;
    private final double[][] sketch;
    private final double[] noise;
    private final double end;

    /** @param fit how the known files say that the weights moved */
    private DecaySearch(
            List<StoredAverage> known, List<StoredAverage> unknown, MovementFit fit, Optional<String> usual) {
        this.fit = fit;
        this.usual = usual;
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
     *     of readings that are as likely the right one
     * @return empty where there are too few files to say anything
     */
    public static Optional<RecognisedDecay> search(
            List<StoredAverage> known, List<StoredAverage> unknown, boolean clockIsSteps, Optional<String> usual) {
        if (known.size() < FEWEST || unknown.size() < FEWEST) return Optional.empty();
        List<StoredAverage> beside = latest(known);
        MovementFit fit = TrajectoryModel.of(beside).fit();
        return Optional.of(new DecaySearch(beside, latest(unknown), fit, usual).search(clockIsSteps));
    }

    private static List<StoredAverage> latest(List<StoredAverage> files) {
        return files.stream()
                .sorted(Comparator.comparingDouble(s -> -s.profile().endTime()))
                .limit(MOST)
                .toList();
    }

    /**
     * The simplest of the likeliest profiles of a family, and between which they are nearly as likely.
     *
     * @param family which of the families it is of
     * @param atTheEnd whether the least or the greatest value that was tried is the best, so that others may be better
     */
    private record Reading(int family, String spec, String lowest, String highest, double loss, boolean atTheEnd) {}

    /** The best of each family, the likeliest first. */
    private List<Reading> readings(boolean clockIsSteps) {
        TreeSet<Double> times = new TreeSet<>();
        files.forEach(s -> times.add(s.profile().endTime()));
        double spacing = (times.last() - times.first()) / (times.size() - 1);
        List<DecayFamily> families = new ArrayList<>(DecayFamily.of(spacing, end, clockIsSteps));
        usual.ifPresent(spec -> families.add(DecayFamily.only(spec)));
        return IntStream.range(0, families.size())
                .mapToObj(i -> best(i, families.get(i)))
                .sorted(Comparator.comparingDouble(Reading::loss))
                .toList();
    }

    private RecognisedDecay search(boolean clockIsSteps) {
        List<Reading> readings = readings(clockIsSteps);
        Reading best = readings.getFirst();
        Reading next = readings.stream()
                .filter(r -> difference(r.spec(), best.spec()) >= SAME)
                .findFirst()
                .orElseThrow(); // a mean is no other profile
        double nats = (next.loss() - best.loss()) / 2;
        double[] innovations = innovations(best.spec());
        double innovation = Arrays.stream(innovations).average().orElseThrow();
        boolean certain = nats >= (usual.equals(Optional.of(best.spec())) ? CERTAIN_NATS_OF_USUAL : CERTAIN_NATS)
                && innovation >= LEAST_INNOVATION
                && innovation <= GREATEST_INNOVATION
                && Arrays.stream(innovations).max().orElseThrow() <= GREATEST_OF_A_FILE
                && !best.atTheEnd()
                && difference(best.lowest(), best.highest()) <= PRECISE
                && !(clockIsSteps && isShort(best.spec()))
                && !hasCopies()
                && isSteady(best, innovations, clockIsSteps); // last, since it searches again
        return new RecognisedDecay(best.spec(), best.lowest(), best.highest(), nats, next.spec(), innovation, certain);
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
        return likelihood(spec).score(fit.movement()).loss();
    }

    private Likelihood likelihood(String spec) {
        return new Likelihood(new StateSpace(profiles(spec)), fit.movement().rates(), noise, sketch);
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
        var search = new DecaySearch(files.subList(0, known), part, fit, usual);
        List<Reading> readings = search.readings(clockIsSteps);
        return search.loss(whole.spec()) - readings.getFirst().loss() < 2 * STEADY_NATS
                ? readings.stream()
                        .filter(own -> own.family() == whole.family())
                        .findFirst()
                : Optional.empty();
    }

    /** Whether an unknown file holds what a known one of the same time does: averages begin as copies, at some time. */
    private boolean hasCopies() {
        return IntStream.range(known, files.size())
                .anyMatch(i -> files.subList(0, known).stream()
                        .anyMatch(k -> k.profile().endTime()
                                        == files.get(i).profile().endTime()
                                && Arrays.equals(k.sample(), files.get(i).sample())));
    }

    /** Squared, of the unknown files. */
    private double[] innovations(String spec) {
        double[] all = likelihood(spec).squaredInnovations(fit.movement());
        return Arrays.copyOfRange(all, known, all.length);
    }

    /** The greatest difference of two profiles' shares at the last file. */
    private double difference(String spec, String other) {
        Profile one = ProfileSpec.parse(spec, end);
        Profile two = ProfileSpec.parse(other, end);
        return DoubleStream.iterate(0.005, x -> x < 1, x -> x + 0.005)
                .map(x -> Math.abs(one.cumulative(x * end) - two.cumulative(x * end)))
                .max()
                .orElseThrow();
    }
}
