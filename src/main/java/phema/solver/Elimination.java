package phema.solver;

import java.util.BitSet;

/**
 * Eliminates files backwards, one by one, for one target. With {@code u = E^-1 1} and {@code G = E^-1}, dropping file
 * {@code i} takes {@code u_i^2 / G_ii} from {@code 1' E^-1 1}, whose inverse is the variance, and {@code G} loses
 * {@code G_.i G_i. / G_ii}. The updates lose digits where the matrix is nearly singular, so a fresh solve has to
 * confirm what comes out.
 */
final class Elimination {
    private final double[][] inverse;
    private final double[] sums; // E^-1 1
    private final BitSet left = new BitSet(); // rows of the inverse
    private final int[] rows; // by file
    private double total; // 1' E^-1 1

    /** @param system {@code E}, of these files */
    Elimination(SymmetricSystem system, BitSet files) {
        int[] indices = files.stream().toArray();
        rows = new int[files.length()];
        for (int i = 0; i < indices.length; i++) rows[indices[i]] = i;
        left.set(0, indices.length);
        inverse = system.inverse();
        sums = new double[indices.length];
        for (int i = 0; i < indices.length; i++) {
            for (double v : inverse[i]) sums[i] += v;
            total += sums[i];
        }
    }

    /** With the files that are left. */
    double variance() {
        return total > 0 ? 1 / total : Double.POSITIVE_INFINITY;
    }

    /** What dropping a file would make of it; infinite for the last one. */
    double varianceWithout(int file) {
        int row = rows[file];
        double rest = total - sums[row] * sums[row] / inverse[row][row];
        return rest > 0 && left.cardinality() > 1 ? 1 / rest : Double.POSITIVE_INFINITY;
    }

    void drop(int file) {
        int dropped = rows[file];
        total -= sums[dropped] * sums[dropped] / inverse[dropped][dropped];
        left.clear(dropped);
        double[] row = inverse[dropped];
        for (int i = left.nextSetBit(0); i >= 0; i = left.nextSetBit(i + 1)) {
            double factor = row[i] / row[dropped];
            sums[i] -= factor * sums[dropped];
            double[] own = inverse[i];
            // Dropped columns too, which nobody looks at: a loop this simple becomes vectors.
            for (int j = 0; j < own.length; j++) own[j] -= factor * row[j];
        }
    }
}
