package phema.solver;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import phema.profile.Profile;

/**
 * Fits one target by ordinary kriging. With {@code E} the covariance of the errors
 * {@code theta_i - theta_target} (rounding noise included), the variance of a combination with coefficients of sum one
 * is {@code x' E x}; it is smallest, {@code 1 / (1' E^-1 1)}, for {@code x = E^-1 1 / (1' E^-1 1)}. This is the
 * bordered system {@code [K 1; 1' 0] [x; mu] = [k; 1]} with the constraint eliminated, which keeps the matrix positive
 * definite.
 *
 * @param errors {@code E}, n x n
 */
record Kriging(double[][] errors) {
    /** Noise that stands for the rounding of the matrix itself, per file and relative to the diagonal. */
    private static final double RIDGE = 1e-15;

    Kriging {
        errors = Arrays.stream(errors).map(double[]::clone).toArray(double[][]::new);
        double largest = Double.MIN_NORMAL;
        for (int i = 0; i < errors.length; i++) largest = Math.max(largest, errors[i][i]);
        for (int i = 0; i < errors.length; i++) errors[i][i] = Math.max(errors[i][i], RIDGE * largest);
    }

    /**
     * @param stored their profiles and rounding errors
     * @param covariance of all pairs of them
     */
    static Kriging of(Trajectory trajectory, List<StoredAverage> stored, double[][] covariance, Profile target) {
        double[] toTarget = stored.stream()
                .mapToDouble(s -> trajectory.covariance(s.profile(), target))
                .toArray();
        double ofTarget = trajectory.covariance(target, target);
        double[][] errors = new double[stored.size()][stored.size()];
        for (int i = 0; i < errors.length; i++) {
            for (int j = 0; j < errors.length; j++)
                errors[i][j] = covariance[i][j] - (toTarget[i] + toTarget[j]) + ofTarget;
            errors[i][i] += stored.get(i).roundingVariance();
        }
        return new Kriging(errors);
    }

    /** Whether all covariances could be computed, which they cannot for the steepest of profiles. */
    boolean isFinite() {
        return Arrays.stream(errors).flatMapToDouble(Arrays::stream).allMatch(Double::isFinite);
    }

    double variance(double[] x) {
        return Math.max(Solution.quadraticForm(errors, x), 0);
    }

    /**
     * Backward elimination from the files given: drops the one whose loss costs least, as long as
     * {@code variance + hidden} stays below {@code (1 + tolerance)^2} times what it is with all of them.
     *
     * @param ceiling variance that is not to be passed although the tolerance would allow it
     * @param hidden variance that the result will have anyhow, from rounding to its element type
     */
    Solution fewest(BitSet files, double tolerance, double hidden, double ceiling) {
        Solution best = best(files);
        double least = variance(best.coefficients());
        double tolerated = (1 + tolerance) * (1 + tolerance) * (least + hidden) - hidden;
        double limit = Math.min(tolerated, Math.max(least, ceiling));
        BitSet kept = (BitSet) files.clone();
        List<Integer> dropped = eliminate(kept, limit);
        // The updates lose digits where the matrix is nearly singular, so a fresh solve has the last word.
        for (int restored = 1; !dropped.isEmpty(); restored *= 2) {
            Solution few = best(kept);
            if (variance(few.coefficients()) <= limit) return few;
            for (int i = 0; i < restored && !dropped.isEmpty(); i++) kept.set(dropped.removeLast());
        }
        return best;
    }

    /** @return what was taken out of {@code kept}, in this order */
    private List<Integer> eliminate(BitSet kept, double limit) {
        var elimination = new Elimination(system(kept.stream().toArray()), kept);
        List<Integer> dropped = new ArrayList<>();
        while (true) {
            int least = kept.stream()
                    .boxed()
                    .min(Comparator.comparingDouble(elimination::varianceWithout))
                    .orElseThrow();
            if (!(elimination.varianceWithout(least) <= limit)) return dropped;
            elimination.drop(least);
            kept.clear(least);
            dropped.add(least);
        }
    }

    /** Of the files given, with noise where it is singular. */
    SymmetricSystem system(int[] files) {
        double[][] part = Solution.part(errors, files);
        return SymmetricSystem.regular(part).orElseGet(() -> withNoise(part));
    }

    /** The best combination of the files given. */
    Solution best(BitSet files) {
        int[] indices = files.stream().toArray();
        double[][] part = Solution.part(errors, indices);
        Optional<SymmetricSystem> regular = SymmetricSystem.regular(part);
        return best(indices, regular.orElseGet(() -> withNoise(part)), regular.isEmpty());
    }

    /** @param system of the files, as {@link #system} gives it */
    Solution best(int[] files, SymmetricSystem system, boolean singular) {
        double[] ones = new double[files.length];
        Arrays.fill(ones, 1);
        return Solution.of(system.solve(ones), files, errors.length, system, singular)
                .normalised();
    }

    /**
     * As much noise as makes a singular system regular. (Dropping its smallest eigenvalues instead would drop the best
     * combinations.)
     */
    private static SymmetricSystem withNoise(double[][] errors) {
        for (double noise = RIDGE; noise < 1e15; noise *= 10) {
            for (int i = 0; i < errors.length; i++) errors[i][i] += noise * errors[i][i];
            Optional<SymmetricSystem> system = SymmetricSystem.regular(errors);
            if (system.isPresent()) return system.get();
        }
        throw new ArithmeticException("the covariances of errors are not finite");
    }
}
