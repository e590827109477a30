package phema.solver;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Ordinary kriging of one target. With {@code E} the covariance of the errors {@code theta_i - theta_target} (rounding noise included), the variance of a
 * combination with coefficients of sum one is {@code x' E x}; it is smallest, {@code 1 / (1' E^-1 1)}, for {@code x = E^-1 1 / (1' E^-1 1)}. This is the bordered
 * system {@code [K 1; 1' 0] [x; mu] = [k; 1]} with the constraint eliminated, which keeps the matrix positive definite.
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

    double variance(double[] x) {
        return Math.max(Combination.quadraticForm(errors, x), 0);
    }

    /**
     * Backward elimination from the files given: drops the one whose loss costs least, as long as {@code variance + hidden} stays below
     * {@code (1 + tolerance)^2} times what it is with all of them.
     *
     * @param ceiling variance that is not to be passed although the tolerance would allow it
     * @param hidden variance that the result will have anyhow, from rounding to its element type
     */
    Combination fewest(BitSet files, double tolerance, double hidden, double ceiling) {
        Combination best = best(files);
        double least = variance(best.coefficients());
        double tolerated = (1 + tolerance) * (1 + tolerance) * (least + hidden) - hidden;
        double limit = Math.min(tolerated, Math.max(least, ceiling));
        BitSet kept = (BitSet) files.clone();
        List<Integer> dropped = eliminate(kept, limit);
        // The updates lose digits where the matrix is nearly singular, so a fresh solve has the last word.
        for (int restored = 1; !dropped.isEmpty(); restored *= 2) {
            Combination few = best(kept);
            if (variance(few.coefficients()) <= limit) return few;
            for (int i = 0; i < restored && !dropped.isEmpty(); i++) kept.set(dropped.removeLast());
        }
        return best;
    }

    /** @return what was taken out of {@code kept}, in this order */
    private List<Integer> eliminate(BitSet kept, double limit) {
        int[] files = kept.stream().toArray();
        double[][] part = Combination.part(errors, files);
        double[][] inverse =
                SymmetricSystem.regular(part).orElseGet(() -> withNoise(part)).inverse();
        BitSet left = new BitSet();
        left.set(0, files.length);
        double[] sums = new double[files.length]; // E^-1 1
        double total = 0;
        for (int i = 0; i < files.length; i++) {
            for (double v : inverse[i]) sums[i] += v;
            total += sums[i];
        }
        List<Integer> dropped = new ArrayList<>();
        while (left.cardinality() > 1) {
            int least = left.stream()
                    .boxed()
                    .min(Comparator.comparingDouble(i -> sums[i] * sums[i] / inverse[i][i]))
                    .orElseThrow();
            total -= sums[least] * sums[least] / inverse[least][least];
            if (!(total > 0 && 1 / total <= limit)) break;
            left.clear(least);
            kept.clear(files[least]);
            dropped.add(files[least]);
            double[] row = inverse[least];
            for (int i = left.nextSetBit(0); i >= 0; i = left.nextSetBit(i + 1)) {
                double factor = row[i] / row[least];
                sums[i] -= factor * sums[least];
                for (int j = left.nextSetBit(0); j >= 0; j = left.nextSetBit(j + 1)) inverse[i][j] -= factor * row[j];
            }
        }
        return dropped;
    }

    /** The best combination of the files given. */
    Combination best(BitSet files) {
        int[] indices = files.stream().toArray();
        double[][] part = Combination.part(errors, indices);
        Optional<SymmetricSystem> regular = SymmetricSystem.regular(part);
        SymmetricSystem system = regular.orElseGet(() -> withNoise(part));
        double[] ones = new double[indices.length];
        Arrays.fill(ones, 1);
        return Combination.of(system.solve(ones), indices, errors.length, system, regular.isEmpty())
                .normalised();
    }

    /** As much noise as makes a singular system regular. (Dropping its smallest eigenvalues instead would drop the best combinations.) */
    private static SymmetricSystem withNoise(double[][] errors) {
        for (double noise = RIDGE; ; noise *= 10) {
            for (int i = 0; i < errors.length; i++) errors[i][i] += noise * errors[i][i];
            Optional<SymmetricSystem> system = SymmetricSystem.regular(errors);
            if (system.isPresent()) return system.get();
        }
    }
}
