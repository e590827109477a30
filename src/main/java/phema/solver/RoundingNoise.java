package phema.solver;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Says how much noise rounding leaves in each file. Rounding errors are independent of each other where weights move by
 * more than an ulp from one file to the next; where they hardly move, neighbours are rounded the same way, and their
 * mean is no better than one of them. So each file's variance is multiplied by the sum of the correlations of its error
 * with those of the other files of its kind: then the mean of a group of them has the variance that it really has. When
 * a weight moves by a normal variate of standard deviation {@code sigma} ulps, the correlation is
 * {@code 6 / pi^2 * sum over n of exp(-2 pi^2 n^2 sigma^2) / n^2} (Widrow and Kollar, Quantization Noise, chapter 9),
 * and {@code D = 12 R sigma^2 + 2 R (1 - correlation)} is the mean squared distance of what is stored; from {@code D}
 * follows the one, hence the other, for the weights of each octave, which share an ulp. Files of one kind are compared
 * at distances of 1, 2, 4, ... files as long as they are alike, with linear interpolation between; of other kinds, the
 * file nearest in time.
 */
final class RoundingNoise {
    private static final int TERMS = 50;
    private static final double NEGLIGIBLE = 0.01;

    /**
     * The number of octaves of weights that are told apart. Smaller ones count with the smallest; they hardly matter.
     */
    private static final int OCTAVES = 5;

    private RoundingNoise() {}

    /**
     * @param roundingVariances {@code R}, by file
     * @param values by file
     * @return by file, never below {@code roundingVariances}
     */
    static double[] of(StateSpace space, double[] roundingVariances, double[][] values) {
        double[] noise = new double[roundingVariances.length];
        List<int[]> kinds = new ArrayList<>();
        for (int coordinate = StateSpace.WEIGHTS; coordinate < space.size(); coordinate++) {
            int own = coordinate;
            int[] files = IntStream.range(0, noise.length)
                    .filter(i -> space.coordinate(i) == own)
                    .boxed()
                    .sorted(Comparator.comparingDouble(i -> space.file(i).endTime()))
                    .mapToInt(i -> i)
                    .toArray();
            if (files.length > 0) kinds.add(files);
        }
        for (int[] own : kinds) {
            int[] nearest = new int[kinds.size()];
            for (int place = 0; place < own.length; place++) {
                int file = own[place];
                double alike = 1
                        + alike(own, place, 1, roundingVariances, values)
                        + alike(own, place, -1, roundingVariances, values);
                double kindred = 1;
                for (int k = 0; k < nearest.length; k++) {
                    int[] other = kinds.get(k);
                    if (other == own) continue;
                    while (nearest[k] + 1 < other.length
                            && Math.abs(time(space, other[nearest[k] + 1]) - time(space, file))
                                    <= Math.abs(time(space, other[nearest[k]]) - time(space, file))) nearest[k]++;
                    kindred += correlation(file, other[nearest[k]], roundingVariances, values);
                }
                noise[file] = roundingVariances[file] * alike * kindred;
            }
        }
        return noise;
    }

    private static double time(StateSpace space, int file) {
        return space.file(file).endTime();
    }

    /** The sum of correlations of a file with all on one side of it. */
    private static double alike(int[] files, int place, int side, double[] roundingVariances, double[][] values) {
        int most = side > 0 ? files.length - 1 - place : place;
        double sum = 0;
        double before = 1;
        for (int lag = 0; lag < most && before > NEGLIGIBLE; ) {
            int next = Math.min(Math.max(1, 2 * lag), most);
            double now = correlation(files[place], files[place + side * next], roundingVariances, values);
            sum += (next - lag) * (before + now) / 2 + (now - before) / 2;
            before = now;
            lag = next;
        }
        return sum;
    }

    private static double correlation(int a, int b, double[] roundingVariances, double[][] values) {
        return correlation(values[a], values[b], roundingVariances[a] + roundingVariances[b]);
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

    /**
     * Over all weights, each octave counting by its share of the rounding variance, which is proportional to the square
     * of its values' power of two.
     *
     * @param both the sum of the files' rounding variances
     */
    private static double correlation(double[] a, double[] b, double both) {
        double[] distances = new double[OCTAVES];
        double[] shares = new double[OCTAVES];
        int largest = Double.MIN_EXPONENT;
        for (double v : b) largest = Math.max(largest, Math.getExponent(v));
        for (int k = 0; k < a.length; k++) {
            int octave = Math.min(largest - Math.getExponent(b[k]), OCTAVES - 1);
            distances[octave] += (a[k] - b[k]) * (a[k] - b[k]);
            shares[octave] += Math.scalb(1.0, -2 * octave);
        }
        double all = Arrays.stream(shares).sum();
        double correlation = 0;
        for (int octave = 0; octave < OCTAVES; octave++) {
            double share = shares[octave] / all;
            if (share > 0) correlation += share * correlation(distances[octave] / a.length / (share * both));
        }
        return correlation;
    }
}
