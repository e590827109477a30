package phema.solver;

import static java.util.stream.Collectors.toSet;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.math3.optim.MaxEval;
import org.apache.commons.math3.optim.nonlinear.scalar.GoalType;
import org.apache.commons.math3.optim.univariate.BrentOptimizer;
import org.apache.commons.math3.optim.univariate.SearchInterval;
import org.apache.commons.math3.optim.univariate.UnivariateObjectiveFunction;
import org.apache.commons.math3.optim.univariate.UnivariatePointValuePair;
import phema.profile.Decay;

/**
 * Compares what is stated of a run with its neighbours: are the files likelier with wider or narrower averages, or with
 * a longer or shorter step of the clock? A width is known only beside another one or beside raw weights; alone, all are
 * as likely, and there is nothing to say. One that is 5 % off shows by some 5 nats per weight. First by the movement
 * fitted as it is stated, since at its optimum that is as good as a fit of its own for small changes; then by new fits.
 *
 * @param doubts the strongest first
 * @param restated the model of those files that were looked at, as they are likeliest
 */
record Doubts(List<Doubt> doubts, TrajectoryModel restated) {
    /** The number of times that are looked at, of more every n-th. */
    private static final int TIMES = 48;

    /** The first look: the factor by which something is changed. */
    private static final double NEAR = 1.02;

    /** The same for a step of the clock, which shows less. */
    private static final double NEAR_STEP = 1.1;

    /** The least fall of the loss there that makes a second look worth while. */
    private static final double WORTH_A_LOOK = 0.7;

    /** The factor by which something may be off at most. */
    private static final double FARTHEST = 2.5;

    private static final double FARTHEST_STEP = 30;

    /** The least change that is told. */
    private static final double LEAST_CHANGE = 1.02;

    /** The least gain that is told, in nats per weight. Models that hold only roughly gain less. */
    private static final double LEAST_NATS = 1.5;

    private static final int EVALUATIONS = 25;

    /** The number of doubts after which all is doubtful. */
    private static final int MOST = 4;

    /**
     * @param run without odd files
     * @param suspicious whether some file is so surprising that steps of the clock are looked at as well
     */
    static Doubts of(TrajectoryModel run, boolean suspicious) {
        List<StoredAverage> some = fewer(run.stored());
        TrajectoryModel model = some.size() == run.stored().size() ? run : TrajectoryModel.of(some);
        List<Doubt> doubts = new ArrayList<>();
        while (doubts.size() < MOST && !model.fit().assumed()) {
            TrajectoryModel now = model;
            double loss = now.loss();
            boolean clocks = suspicious || !doubts.isEmpty();
            Optional<Finding> best = Stream.concat(widths(some), clocks ? steps(some) : Stream.empty())
                    .flatMap(restatement -> finding(now, loss, restatement).stream())
                    .max(Comparator.comparingDouble(Finding::nats));
            if (best.isEmpty()) break;
            doubts.add(best.get()
                    .restatement()
                    .doubt(some, best.get().factor(), best.get().nats()));
            some = best.get().restatement().of(some, best.get().factor());
            model = TrajectoryModel.of(some);
        }
        return new Doubts(doubts, model);
    }

    private static Stream<Restatement> widths(List<StoredAverage> stored) {
        Set<Restatement> widths = new LinkedHashSet<>();
        stored.forEach(s -> Decay.of(s.profile()).ifPresent(decay -> widths.add(new Restatement.Wider(decay))));
        return widths.stream();
    }

    private static Stream<Restatement> steps(List<StoredAverage> stored) {
        List<Double> times = List.copyOf(
                new TreeSet<>(stored.stream().map(s -> s.profile().endTime()).toList()));
        return IntStream.range(1, times.size())
                .mapToObj(i -> new Restatement.LongerStep(times.get(i - 1), times.get(i)));
    }

    /** Every n-th time, counted back from the last. */
    private static List<StoredAverage> fewer(List<StoredAverage> stored) {
        Set<Double> times = stored.stream().map(s -> s.profile().endTime()).collect(toSet());
        Set<Double> some = StateSpace.everyNth(times, Math.ceilDiv(times.size(), TIMES));
        return stored.stream().filter(s -> some.contains(s.profile().endTime())).toList();
    }

    private record Finding(Restatement restatement, double factor, double nats) {}

    private static Optional<Finding> finding(TrajectoryModel model, double loss, Restatement restatement) {
        List<StoredAverage> stored = model.stored();
        boolean isStep = restatement instanceof Restatement.LongerStep;
        double near = isStep ? NEAR_STEP : NEAR;
        double good = loss - WORTH_A_LOOK;
        boolean more =
                TrajectoryModel.of(restatement.of(stored, near), model.fit()).loss() < good;
        if (!more
                && !(TrajectoryModel.of(restatement.of(stored, 1 / near), model.fit())
                                .loss()
                        < good)) return Optional.empty();
        double far = Math.log(isStep ? FARTHEST_STEP : FARTHEST);
        UnivariatePointValuePair best = new BrentOptimizer(1e-3, 1e-3)
                .optimize(
                        new MaxEval(EVALUATIONS),
                        GoalType.MINIMIZE,
                        new SearchInterval(
                                more ? 0 : -far, more ? far : 0, more ? 5 * Math.log(near) : -5 * Math.log(near)),
                        new UnivariateObjectiveFunction(log -> TrajectoryModel.of(restatement.of(stored, Math.exp(log)))
                                .loss()));
        double nats = (loss - best.getValue()) / 2;
        return nats < LEAST_NATS || Math.abs(best.getPoint()) < Math.log(LEAST_CHANGE)
                ? Optional.empty()
                : Optional.of(new Finding(restatement, Math.exp(best.getPoint()), nats));
    }
}
