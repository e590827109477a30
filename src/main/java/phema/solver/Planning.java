package phema.solver;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.math3.distribution.NormalDistribution;
import phema.profile.Impulse;
import phema.profile.Power;
import phema.profile.Profile;
import phema.tensor.DType;

/**
 * What snapshots will be good for, before a run starts: the predicted errors of {@link Solver}, for a trajectory that
 * is assumed instead of fitted.
 */
public final class Planning {
    /**
     * Strengths on a clock that ends at 1, for weights of mean square 1, as {@link Trajectory#fit} finds them in the
     * sample run of docs/solver.md: a random walk whose steps shrink like {@code t^-1/2} after a warm-up, as Adam's do
     * under EDM2's learning rate schedule.
     */
    private static final List<Double> TYPICAL = List.of(0.0119, 0.0226, 0.0225, 0.0074, 0.00058, 2.2e-6, 0.0095);

    private static final int QUANTILES = 1000;

    private final List<Double> strengths;

    private Planning(List<Double> strengths) {
        this.strengths = strengths;
    }

    /** Weights that move as those of the sample run. */
    public static Planning typical() {
        return new Planning(TYPICAL);
    }

    /** Weights that move as those of a run that exists. */
    static Planning like(Trajectory trajectory, double endTime, double meanSquare) {
        List<Double> scaled = new ArrayList<>();
        for (int m = 0; m < Trajectory.ALPHAS.length; m++)
            scaled.add(trajectory.strengths().get(m) * Math.pow(endTime, 1 - Trajectory.ALPHAS[m]) / meanSquare);
        scaled.add(trajectory.strengths().get(Trajectory.ALPHAS.length) / endTime / meanSquare);
        scaled.add(trajectory.strengths().get(Trajectory.ALPHAS.length + 1) * endTime * endTime / meanSquare);
        return new Planning(scaled);
    }

    /**
     * What to store.
     *
     * @param times how often, at equal intervals up to the end of the run
     * @param sigmaRels of the averages stored each time; empty for raw checkpoints
     */
    public record Scheme(int times, List<Double> sigmaRels, DType dtype) {
        public Scheme {
            sigmaRels = List.copyOf(sigmaRels);
        }

        public int files() {
            return times * Math.max(1, sigmaRels.size());
        }

        /** Bytes of all files together. */
        public long bytes(long parameters) {
            return files() * parameters * dtype.bytes();
        }
    }

    /** Predicted relative errors of the widths {@code targets} at the end of the run, in their order. */
    public List<Double> errors(Scheme scheme, List<Double> targets) {
        double rounding = roundingVariance(scheme.dtype);
        List<StoredAverage> stored = new ArrayList<>();
        for (int k = 1; k <= scheme.times; k++) {
            double time = (double) k / scheme.times;
            Stream<Profile> profiles = scheme.sigmaRels.isEmpty()
                    ? Stream.of(new Impulse(time))
                    : scheme.sigmaRels.stream().map(sigmaRel -> Power.ofSigmaRel(sigmaRel, time));
            profiles.forEach(profile -> stored.add(new StoredAverage(profile, new double[0], rounding)));
        }
        var trajectory = new Trajectory(strengths, Trajectory.BEFORE_FIRST / scheme.times, List.of(), Double.NaN);
        double[][] covariance = trajectory.covariances(stored);
        BitSet all = new BitSet();
        all.set(0, stored.size());
        return targets.parallelStream()
                .map(sigmaRel -> Kriging.of(trajectory, stored, covariance, Power.ofSigmaRel(sigmaRel, 1)))
                .map(kriging -> Math.sqrt(kriging.variance(kriging.best(all).coefficients())))
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
