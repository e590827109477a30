package phema.solver;

import static java.util.stream.Collectors.toSet;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.math3.analysis.UnivariateFunction;
import org.apache.commons.math3.optim.MaxEval;
import org.apache.commons.math3.optim.nonlinear.scalar.GoalType;
import org.apache.commons.math3.optim.univariate.BrentOptimizer;
import org.apache.commons.math3.optim.univariate.SearchInterval;
import org.apache.commons.math3.optim.univariate.UnivariateObjectiveFunction;
import org.apache.commons.math3.optim.univariate.UnivariatePointValuePair;
import phema.profile.ChangedDecay;
import phema.profile.Decay;
import phema.profile.Impulse;
import phema.profile.Profile;

/**
 * Compares what is stated of a run with its neighbours: are the files likelier with averages that forget more slowly or
 * faster, in all of the run or in a part of it, or with a longer or shorter step of the clock? Are raw weights averages
 * from some time on? How slowly an average
 * forgets is known only beside another one or beside raw weights; alone, all are as likely, and there is nothing to
 * say. A width that is 5 % off shows by some 5 nats per weight. First by the movement fitted as it is stated, since at
 * its optimum that is as good as a fit of its own for small changes; then by new fits.
 *
 * @param told the strongest first
 * @param changes that make what is stated the likeliest; none where it is not known which would
 * @param fit how weights move if it is so
 */
record Doubts(List<Doubt> told, List<Change> changes, MovementFit fit) {
    /** What is stated otherwise. */
    record Change(Restatement restatement, double factor) {}

    /** The number of times that are looked at, of more every n-th. */
    private static final int TIMES = 48;

    /** The first look: the factor by which something is changed. */
    private static final double NEAR = 1.02;

    /** The same for what shows less: a part of the run, and a step of the clock. */
    private static final double NEAR_PART = 1.1;

    /** The same for raw weights that may be an average. */
    private static final double NEAR_AVERAGE = 1.5;

    /** The least fall of the loss there that makes a second look worth while. */
    private static final double WORTH_A_LOOK = 0.7;

    private static final double PART_WORTH_A_LOOK = 0.5;

    /** The shares of all times at which a part of the run begins or ends, at the first look. */
    private static final double[] PARTS = {1 / 16.0, 1 / 8.0, 1 / 4.0, 1 / 2.0, 3 / 4.0, 7 / 8.0, 15 / 16.0};

    /** The number of times from which on there are parts. */
    private static final int FEWEST_OF_PARTS = 4;

    /** The fewest times of raw weights of which parts are compared. */
    private static final int FEWEST_OF_RAW = 8;

    /** The factor by which something may be off at most. */
    private static final double FARTHEST = 100;

    private static final double FARTHEST_STEP = 30;

    /** The greatest number of updates between two files of which what lies between them counts. */
    private static final int FEW_UPDATES = 20;

    /** The least gain that is told, in nats per weight. Models that hold only roughly gain less. */
    private static final double LEAST_NATS = 1.5;

    /** The same of a part of the run, over that of the whole. */
    private static final double LEAST_NATS_OF_PART = 2;

    /** The same of raw weights that may be an average. Of 500 simulated runs that were none two had more. */
    private static final double LEAST_NATS_OF_AVERAGE = 1;

    /**
     * The rate, over that of new files, beyond which an average forgets too fast to seem to forget faster: momentum
     * makes steps alike for a while, and such averages follow the weights more closely than those of a walk.
     */
    private static final double FAST = 2.5;

    private static final int EVALUATIONS = 100;

    /** The number of fits in which a restatement is made precise. */
    private static final int FITS = 12;

    /** The fall of the loss by a fit after which there is another one. */
    private static final double WORTH_A_FIT = 0.02;

    /**
     * The gain of leaving files out, over that of a restatement, beyond which they are odd. Of disturbed, copied and
     * exchanged ones it was 6 and more, where statements were wrong 3.4 and less.
     */
    private static final double ODD_FILES_GAIN = 4;

    /** The number of doubts after which all is doubtful. */
    private static final int MOST = 4;

    /**
     * @param run without odd files
     * @param suspicious whether some file is so surprising that steps of the clock are looked at as well
     */
    static Doubts of(TrajectoryModel run, boolean suspicious) {
        if (run.fit().assumed()) return new Doubts(List.of(), run.fit());
        List<StoredAverage> some = fewer(run.stored());
        TrajectoryModel model = some.size() == run.stored().size() ? run : TrajectoryModel.of(some);
        var look = new Look(
                Statement.of(some),
                model.predictor().noise(), // depends on which files are of one kind, not on which kind that is
                Sketch.of(some.stream().map(StoredAverage::sample).toArray(double[][]::new)),
                model.fit());
        List<Doubt> told = new ArrayList<>();
        List<Change> changes = new ArrayList<>();
        while (told.size() < MOST) {
            Optional<Finding> found = look.strongest(suspicious || !told.isEmpty());
            if (found.isEmpty()) break;
            told.add(look.doubt(found.get()));
            changes.add(new Change(found.get().restatement(), found.get().factor()));
            look = look.after(found.get());
        }
        return new Doubts(told, changes, look.fit());
    }

    /** Doubts of which it is not known what would be right instead. */
    Doubts(List<Doubt> told, MovementFit fit) {
        this(told, List.of(), fit);
    }

    /**
     * The variance that a combination has if the files are what they are likeliest to be; empty where that is what they
     * are said to be, or is not known.
     *
     * @param run with all of its files
     * @param coefficients by file; they sum to one
     */
    OptionalDouble variance(TrajectoryModel run, double[] coefficients, Profile target) {
        if (changes.isEmpty()) return OptionalDouble.empty();
        List<Profile> profiles = new ArrayList<>(Statement.of(run.stored()).profiles());
        profiles.add(target); // moves with the clock
        var stated = new Statement(profiles, Map.of());
        for (Change change : changes) stated = change.restatement().of(stated, change.factor());
        Profile moved = stated.profiles().getLast();
        var files = new Statement(stated.profiles().subList(0, profiles.size() - 1), stated.decays());
        return OptionalDouble.of(
                new Predictor(files.space(), fit.movement(), run.predictor().noise()).variance(coefficients, moved));
    }

    /** Whether a file is of averages that are not what is stated. */
    boolean isOf(Profile profile) {
        Optional<Decay> decay = Decay.of(profile);
        return decay.isPresent()
                && changes.stream()
                        .anyMatch(change -> change.restatement().ofAverages().equals(decay));
    }

    /**
     * Whether files seem odd because of what is stated of them. Files that are odd are likelier without them by far
     * more than a wrong statement can explain.
     */
    boolean explains(List<OddFile> odd) {
        return ODD_FILES_GAIN * told.stream().mapToDouble(Doubt::nats).sum()
                >= odd.stream().mapToDouble(OddFile::nats).sum();
    }

    /** Every n-th time, counted back from the last. */
    private static List<StoredAverage> fewer(List<StoredAverage> stored) {
        Set<Double> times = stored.stream().map(s -> s.profile().endTime()).collect(toSet());
        Set<Double> some = StateSpace.everyNth(times, Math.ceilDiv(times.size(), TIMES));
        return stored.stream().filter(s -> some.contains(s.profile().endTime())).toList();
    }

    /** @param fit how weights move if it is so */
    private record Finding(Restatement restatement, double factor, MovementFit fit) {
        boolean isChange() {
            return restatement.isChange(factor);
        }
    }

    /** Files, as they are stated so far. */
    @SuppressWarnings("ArrayRecordComponent") // numbers for the likelihood, never compared
    private record Look(Statement stated, double[] noise, double[][] sketch, MovementFit fit) {
        Look after(Finding found) {
            return new Look(found.restatement().of(stated, found.factor()), noise, sketch, found.fit());
        }

        Doubt doubt(Finding found) {
            return found.restatement().doubt(stated, found.factor(), nats(found));
        }

        /** Of the whole run, unless a part of it says more. */
        Optional<Finding> strongest(boolean clocks) {
            List<Restatement.Slower> decays = stated.profiles().stream()
                    .flatMap(profile -> Decay.of(profile).stream())
                    .filter(decay -> !stated.decays().containsKey(decay))
                    .distinct()
                    .map(Restatement.Slower::new)
                    .toList();
            List<Double> times = List.copyOf(new TreeSet<>(
                    stated.profiles().stream().map(Profile::endTime).toList()));
            if (decays.isEmpty()) return ofRaw(times);
            Optional<Finding> whole = Stream.concat(
                            decays.stream()
                                    .flatMap(decay ->
                                            Stream.concat(ofDecay(decay).stream(), ofUpdates(decay, times).stream())),
                            clocks && !isChanged()
                                    ? steps(times).flatMap(step -> ofStep(step).stream())
                                    : Stream.empty())
                    .filter(found -> found.isChange() && nats(found) >= LEAST_NATS)
                    .max(Comparator.comparingDouble(this::nats));
            double least = LEAST_NATS_OF_PART + whole.map(this::nats).orElse(0.0);
            return ofPart(decays, times)
                    .filter(found -> found.isChange() && nats(found) >= least)
                    .or(() -> whole);
        }

        /** Once, and so perhaps gradually: what is left of that looks like steps of the clock. */
        private boolean isChanged() {
            return stated.decays().values().stream().anyMatch(decay -> decay instanceof ChangedDecay);
        }

        private static Stream<Restatement.LongerStep> steps(List<Double> times) {
            return IntStream.range(1, times.size())
                    .mapToObj(i -> new Restatement.LongerStep(times.get(i - 1), times.get(i)));
        }

        private Optional<Finding> ofDecay(Restatement.Slower decay) {
            return Stream.of(NEAR, 1 / NEAR)
                    .filter(near -> loss(decay, near, fit.movement()) < fit.loss() - WORTH_A_LOOK)
                    .findFirst()
                    .map(near -> likeliest(List.of(decay), decay, near));
        }

        /** Raw weights alone, of which those after some time may be averages. */
        private Optional<Finding> ofRaw(List<Double> times) {
            if (times.size() < FEWEST_OF_RAW || !stated.profiles().stream().allMatch(Impulse.class::isInstance))
                return Optional.empty();
            double spacing = (times.getLast() - times.getFirst()) / (times.size() - 1);
            List<Double> some = times.subList(FEWEST_OF_PARTS - 1, times.size() - FEWEST_OF_PARTS);
            return Stream.of(true, false)
                    .map(copied -> some.stream()
                            .map(time -> new Restatement.Averaged(time, copied, spacing))
                            .toList())
                    .flatMap(all -> all.stream()
                            .min(Comparator.comparingDouble(one -> loss(one, NEAR_AVERAGE, fit.movement())))
                            .filter(one -> loss(one, NEAR_AVERAGE, fit.movement()) < fit.loss())
                            .map(one -> likeliest(all, one, NEAR_PART))
                            .stream())
                    .max(Comparator.comparingDouble(this::nats))
                    .map(this::precise)
                    .filter(found -> nats(found) >= LEAST_NATS_OF_AVERAGE);
        }

        /** By fits of their own: an average that is older by far than its files hides how its weights move. */
        private Finding precise(Finding found) {
            double log = minimum(
                            new SearchInterval(0, Math.log(3 * FARTHEST), Math.log(found.factor())),
                            x -> fitted(found.restatement().of(stated, Math.exp(x)))
                                    .loss())
                    .getPoint();
            return new Finding(
                    found.restatement(),
                    Math.exp(log),
                    fitted(found.restatement().of(stated, Math.exp(log))));
        }

        /** Where files' times are whole numbers of updates, and not many. */
        private Optional<Finding> ofUpdates(Restatement.Slower decay, List<Double> times) {
            return Restatement.AtUpdates.of(decay)
                    .filter(updates ->
                            times.getLast() - times.getFirst() <= FEW_UPDATES * updates.period() * (times.size() - 1))
                    .filter(updates -> times.stream().allMatch(time -> time % updates.period() == 0))
                    .filter(updates -> loss(updates, 1, fit.movement()) < fit.loss() - WORTH_A_LOOK)
                    .map(updates -> new Finding(updates, 1, fitted(updates.of(stated, 1))));
        }

        private Optional<Finding> ofPart(List<Restatement.Slower> decays, List<Double> times) {
            record Candidate(Restatement.SlowerPart part, double near, double loss) {}
            if (decays.isEmpty() || times.size() < FEWEST_OF_PARTS) return Optional.empty();
            double fast = FAST * times.size() / times.getLast();
            Movement movement = fit.movement();
            Likelihood as = likelihood(stated, movement);
            List<Candidate> candidates = new ArrayList<>();
            for (Restatement.Slower decay : decays)
                for (double near : new double[] {NEAR_PART, 1 / NEAR_PART}) {
                    Likelihood all = likelihood(decay.of(stated, near), movement);
                    for (double share : PARTS) {
                        double time = times.get((int) (share * (times.size() - 1)));
                        if (near < 1 && decay.rate(time) > fast) continue;
                        candidates.add(new Candidate(
                                decay.from(time), near, as.changedAt(time, all).loss(movement)));
                        candidates.add(new Candidate(
                                decay.until(time), near, all.changedAt(time, as).loss(movement)));
                    }
                }
            return candidates.stream()
                    .min(Comparator.comparingDouble(Candidate::loss))
                    .filter(best -> best.loss() < fit.loss() - PART_WORTH_A_LOOK)
                    .map(best -> likeliest(
                            times.subList(0, times.size() - 1).stream()
                                    .filter(time ->
                                            best.near() > 1 || best.part().all().rate(time) <= fast)
                                    .map(best.part()::at)
                                    .toList(),
                            best.part(),
                            best.near()));
        }

        /**
         * In turns: which one and how much are likeliest by the movement so far, and how weights move if that is so. A
         * movement that was bent by what is wrong straightens on the way.
         *
         * @param some where it may be
         * @param first where it is likely to be
         * @param near a factor by which it is likelier than one
         */
        private Finding likeliest(List<? extends Restatement> some, Restatement first, double near) {
            var best = new Finding(first, Math.pow(near, 5), fit);
            double fall = Double.POSITIVE_INFINITY;
            for (int i = 0; i < FITS && fall > WORTH_A_FIT; i++) {
                Movement movement = best.fit().movement();
                Restatement so = best.restatement();
                double far = Math.log(FARTHEST);
                double factor = Math.exp(minimum(
                                new SearchInterval(near > 1 ? 0 : -far, near > 1 ? far : 0, Math.log(best.factor())),
                                log -> loss(so, Math.exp(log), movement))
                        .getPoint());
                Restatement there = some.stream()
                        .min(Comparator.comparingDouble(other -> loss(other, factor, movement)))
                        .orElseThrow();
                var same = new MovementFit(movement, loss(there, factor, movement), false);
                MovementFit own = fitted(there.of(stated, factor));
                MovementFit better = own.loss() < same.loss() ? own : same;
                fall = best.fit().loss() - better.loss();
                if (fall > 0) best = new Finding(there, factor, better);
            }
            return best;
        }

        private Optional<Finding> ofStep(Restatement.LongerStep step) {
            double far = Math.log(FARTHEST_STEP);
            return Stream.of(NEAR_PART, 1 / NEAR_PART)
                    .filter(near -> loss(step, near, fit.movement()) < fit.loss() - WORTH_A_LOOK)
                    .findFirst()
                    .map(near -> {
                        double log = minimum(
                                        new SearchInterval(near > 1 ? 0 : -far, near > 1 ? far : 0, 5 * Math.log(near)),
                                        x -> fitted(step.of(stated, Math.exp(x)))
                                                .loss())
                                .getPoint();
                        return new Finding(step, Math.exp(log), fitted(step.of(stated, Math.exp(log))));
                    });
        }

        private static UnivariatePointValuePair minimum(SearchInterval interval, UnivariateFunction loss) {
            return new BrentOptimizer(1e-3, 1e-3)
                    .optimize(
                            new MaxEval(EVALUATIONS),
                            GoalType.MINIMIZE,
                            interval,
                            new UnivariateObjectiveFunction(loss));
        }

        private double nats(Finding found) {
            return (fit.loss() - found.fit().loss()) / 2;
        }

        private MovementFit fitted(Statement statement) {
            return MovementFit.of(statement.space(), noise, sketch);
        }

        private double loss(Restatement restatement, double factor, Movement movement) {
            return likelihood(restatement.of(stated, factor), movement).loss(movement);
        }

        private Likelihood likelihood(Statement statement, Movement movement) {
            return new Likelihood(statement.space(), movement.rates(), noise, sketch);
        }
    }
}
