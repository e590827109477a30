package phema.solver;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Says how much noise rounding leaves in each file. Rounding errors are independent of each other where weights move by more than an ulp from one file to the next; where they hardly move, neighbours are rounded the same way, and
 * their mean is no better than one of them. So each file's variance is multiplied by the sum of the correlations of its error with those of the other files of its kind: then the mean of a group of them has the
 * variance that it really has. When a weight moves by a normal variate of standard deviation {@code sigma} ulps, the correlation is {@code 6 / pi^2 * sum over n of exp(-2 pi^2 n^2 sigma^2) / n^2} (Widrow and Kollar,
 * Quantization Noise, chapter 9), and {@code D = 12 R sigma^2 + 2 R (1 - correlation)} is the mean squared distance of what is stored; from {@code D} follows the one, hence the other. Correlations multiply along a chain.
 */
final class RoundingNoise {
    private static final int TERMS = 50;

    private RoundingNoise() {}

    /**
     * @param roundingVariances {@code R}, by file
     * @param values by file
     * @return by file, never below {@code roundingVariances}
     */
    static double[] of(StateSpace space, double[] roundingVariances, double[][] values) {
        double[] noise = new double[roundingVariances.length];
        for (int coordinate = StateSpace.WEIGHTS; coordinate < space.size(); coordinate++) {
            int own = coordinate;
            int[] chain = IntStream.range(0, noise.length)
                    .filter(i -> space.coordinate(i) == own)
                    .boxed()
                    .sorted((a, b) -> Double.compare(space.file(a).endTime(), space.file(b).endTime()))
                    .mapToInt(i -> i)
                    .toArray();
            double[] correlation = new double[chain.length + 1]; // of each with the one before
            for (int i = 1; i < chain.length; i++) {
                double both = roundingVariances[chain[i - 1]] + roundingVariances[chain[i]];
                correlation[i] = correlation(meanSquaredDistance(values[chain[i - 1]], values[chain[i]]) / both);
            }
            double[] sums = new double[chain.length];
            Arrays.fill(sums, 1);
            double earlier = 0;
            double later = 0;
            for (int i = 0; i < chain.length; i++) {
                earlier = correlation[i] * (1 + earlier);
                sums[i] += earlier;
                int mirrored = chain.length - 1 - i;
                later = correlation[mirrored + 1] * (1 + later);
                sums[mirrored] += later;
            }
            for (int i = 0; i < chain.length; i++) noise[chain[i]] = sums[i] * roundingVariances[chain[i]];
        }
        return noise;
    }

    /** @param distance {@code D / 2R} */
    private static double correlation(double distance) {
        double low = 0;
        double high = 0.5; // beyond, errors are independent
        if (distance >= 6 * high) return 0;
        for (int i = 0; i < 20; i++) {
            double middle = (low + high) / 2;
            if (6 * middle + 1 - ofMovement(middle) < distance) low = middle;
            else high = middle;
        }
        return ofMovement(low);
    }

    /** @param square of the movement, in ulps */
    private static double ofMovement(double square) {
        double sum = 0;
        for (int n = 1; n <= TERMS && n * n * square < 2; n++)
            sum += Math.exp(-2 * Math.PI * Math.PI * n * n * square) / (n * n);
        return sum * 6 / (Math.PI * Math.PI);
    }

    private static double meanSquaredDistance(double[] a, double[] b) {
        double sum = 0;
        for (int k = 0; k < a.length; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
        return sum / a.length;
    }
}
