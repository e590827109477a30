package phema.solver;

import java.util.Arrays;
import java.util.Random;

/**
 * Makes a run's sample small without changing what its likelihood depends on: the products of files over all weights.
 * Up to {@value #EXACT} files exactly, by rotating the weights until file {@code i} has none but the first {@code i}.
 * Beyond, weights are summed up with random signs in as many bins as keep files times bins near {@value #NUMBERS} (a
 * count sketch: Charikar, Chen and Farach-Colton 2002). Squares of each weight enter as before; products of different
 * weights in a bin vanish in the mean over bins and files.
 */
final class Sketch {
    private static final int EXACT = 64;
    private static final int NUMBERS = 1 << 18;
    private static final int FEWEST = 48;

    private Sketch() {}

    /**
     * @param values by file; they lose what all have in common
     * @return by file, scaled such that means of squares are those of the weights
     */
    static double[][] of(double[][] values) {
        int weights = values[0].length;
        int bins = Math.max(FEWEST, NUMBERS / values.length);
        if (values.length > EXACT && bins < weights) return summed(values, bins);
        double[][] differences =
                Arrays.stream(values).map(row -> difference(row, values[0])).toArray(double[][]::new);
        return values.length <= EXACT && weights > values.length ? rotated(differences) : differences;
    }

    private static double[] difference(double[] row, double[] first) {
        double[] difference = new double[row.length];
        for (int k = 0; k < row.length; k++) difference[k] = row[k] - first[k];
        return difference;
    }

    private static double[][] rotated(double[][] rows) {
        int files = rows.length;
        int weights = rows[0].length;
        double scale = Math.sqrt((double) files / weights);
        double[][] rotated = new double[files][files];
        int next = 0; // first weight that no earlier file has used up
        for (int i = 0; i < files; i++) {
            double[] own = rows[i];
            double square = 0;
            for (int k = next; k < weights; k++) square += own[k] * own[k];
            for (int k = 0; k < next; k++) rotated[i][k] = scale * own[k];
            if (square == 0) continue;
            double pivot = own[next] > 0 ? -Math.sqrt(square) : Math.sqrt(square);
            double factor = 1 / (square - pivot * own[next]);
            own[next] -= pivot;
            int from = next;
            Arrays.stream(rows, i + 1, files).parallel().forEach(other -> {
                double product = factor * product(own, other, from);
                for (int k = from; k < weights; k++) other[k] -= product * own[k];
            });
            rotated[i][next++] = scale * pivot;
        }
        return rotated;
    }

    /** In four sums, which processors add at once. */
    private static double product(double[] a, double[] b, int from) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int k = from;
        for (; k + 3 < a.length; k += 4) {
            s0 += a[k] * b[k];
            s1 += a[k + 1] * b[k + 1];
            s2 += a[k + 2] * b[k + 2];
            s3 += a[k + 3] * b[k + 3];
        }
        for (; k < a.length; k++) s0 += a[k] * b[k];
        return s0 + s1 + s2 + s3;
    }

    private static double[][] summed(double[][] rows, int bins) {
        int weights = rows[0].length;
        var random = new Random(weights);
        int[] order = new int[weights];
        Arrays.setAll(order, k -> k);
        for (int k = weights - 1; k > 0; k--) { // bins of equal size, whatever the order of the weights
            int other = random.nextInt(k + 1);
            int kept = order[k];
            order[k] = order[other];
            order[other] = kept;
        }
        double scale = Math.sqrt((double) bins / weights);
        double[] signs =
                random.doubles(weights).map(x -> x < 0.5 ? -scale : scale).toArray();
        for (int k = 0; k < weights; k++) order[k] %= bins;
        return Arrays.stream(rows)
                .parallel()
                .map(row -> {
                    double[] sums = new double[bins];
                    for (int k = 0; k < weights; k++) sums[order[k]] += signs[k] * (row[k] - rows[0][k]);
                    return sums;
                })
                .toArray(double[][]::new);
    }
}
