package phema.solver;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleFunction;
import org.apache.commons.math3.distribution.NormalDistribution;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.tensor.DType;

/**
 * Predicts what snapshots will be good for, before a run starts: the predicted errors of {@link Solver}, for a
 * trajectory that is assumed instead of fitted.
 */
public final class Planning {
    private static final int QUANTILES = 1000;

    private final DoubleFunction<Movement> movement;

    /**
     * @param movement by the time from which on it is followed, on a clock that ends at 1, for weights of mean square 1
     */
    private Planning(DoubleFunction<Movement> movement) {
        this.movement = movement;
    }

    /** Weights that move as those of the sample run of docs/solver.md. */
    public static Planning typical() {
        return new Planning(start -> MovementFit.usual(start, 1));
    }

    /** Weights that move as those of a run that exists. */
    static Planning like(Movement movement, double endTime, double meanSquare) {
        Movement scaled = movement.onClock(endTime, meanSquare);
        return new Planning(start -> scaled);
    }

    /**
     * What to store.
     *
     * @param times how often, at equal intervals up to the end of the run
     * @param stored what each time, as {@link ProfileSpec} reads it: {@code impulse} for the weights themselves
     */
    public record Scheme(int times, List<String> stored, DType dtype) {
        public Scheme {
            stored = List.copyOf(stored);
        }

        public int files() {
            return times * stored.size();
        }

        /** Bytes of all files together. */
        public long bytes(long parameters) {
            return files() * parameters * dtype.bytes();
        }
    }

    /**
     * Predicted relative errors, in the order of the targets.
     *
     * @param targets one or more that end together, at the end of the run
     */
    public List<Double> errors(Scheme scheme, List<Profile> targets) {
        double end = targets.getFirst().endTime();
        double rounding = roundingVariance(scheme.dtype);
        List<Profile> stored = new ArrayList<>();
        for (int k = 1; k <= scheme.times; k++) {
            double time = end * k / scheme.times;
            for (String spec : scheme.stored) stored.add(ProfileSpec.parse(spec, time));
        }
        var space = new StateSpace(stored);
        double[] noise = new double[stored.size()];
        Arrays.fill(noise, rounding);
        Movement onClock = movement.apply(space.start() / end).onClock(1 / end, 1);
        var predictor = new Predictor(space, onClock, noise);
        return targets.parallelStream()
                .map(target -> predictor.best(space.all(), target))
                .map(prediction -> Math.sqrt(prediction.variance()))
                .toList();
    }

    /** Of normally distributed values of variance 1. */
    private static double roundingVariance(DType dtype) {
        var normal = new NormalDistribution();
        double sum = 0;
        for (int i = 0; i < QUANTILES; i++) {
            double ulp = dtype.ulp(normal.inverseCumulativeProbability((i + 0.5) / QUANTILES));
            sum += ulp * ulp / 12 / QUANTILES;
        }
        return sum;
    }
}
