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

    /** The movement, squared and in ulps, beyond which errors are independent. */
    private static final double INDEPENDENT = 0.5;

    /** The correlations at movements from 0 to {@link #INDEPENDENT}, in steps of {@code 2^-13}. */
    private static final double[] CORRELATIONS = IntStream.rangeClosed(0, 1 << 12)
            .mapToDouble(i -> ofMovement(i * 0x1p-13))
            .toArray();

    private final StateSpace space;
    private final double[] roundingVariances;
    private final double[][] values;
    private final Octaves[] octaves;

    private RoundingNoise(StateSpace space, double[] roundingVariances, double[][] values) {
        this.space = space;
        this.roundingVariances = roundingVariances;
        this.values = values;
        octaves = Arrays.stream(values).parallel().map(Octaves::of).toArray(Octaves[]::new);
    }

    /**
     * @param roundingVariances {@code R}, by file
     * @param values by file
     * @return by file, never below {@code roundingVariances}
     */
    static double[] of(StateSpace space, double[] roundingVariances, double[][] values) {
        return new RoundingNoise(space, roundingVariances, values).byFile();
    }

    private double[] byFile() {
        List<int[]> kinds = new ArrayList<>();
        for (int coordinate = StateSpace.WEIGHTS; coordinate < space.size(); coordinate++) {
            int own = coordinate;
            int[] files = IntStream.range(0, values.length)
                    .filter(i -> space.coordinate(i) == own)
                    .boxed()
                    .sorted(Comparator.comparingDouble(this::time))
                    .mapToInt(i -> i)
                    .toArray();
            if (files.length > 0) kinds.add(files);
        }
        double[] noise = new double[values.length];
        for (int[] own : kinds)
            IntStream.range(0, own.length).parallel().forEach(place -> noise[own[place]] = of(own, place, kinds));
        return noise;
    }

    private double of(int[] own, int place, List<int[]> kinds) {
        int file = own[place];
        double alike = 1 + alike(own, place, 1) + alike(own, place, -1);
        double kindred = 1;
        for (int[] other : kinds) if (other != own) kindred += correlation(file, nearest(other, time(file)));
        return roundingVariances[file] * alike * kindred;
    }

    private double time(int file) {
        return space.file(file).endTime();
    }

    /** Of files in order of time, the one nearest to a time, the later of two. */
    private int nearest(int[] files, double time) {
        int low = 0;
        for (int high = files.length - 1; low < high; ) {
            int middle = (low + high) >>> 1;
            if (time(files[middle]) < time) low = middle + 1;
            else high = middle;
        }
        boolean earlier = low > 0 && time - time(files[low - 1]) < Math.abs(time(files[low]) - time);
        return files[earlier ? low - 1 : low];
    }

    /** The sum of correlations of a file with all on one side of it. */
    private double alike(int[] files, int place, int side) {
        int most = side > 0 ? files.length - 1 - place : place;
        double sum = 0;
        double before = 1;
        for (int lag = 0; lag < most && before > NEGLIGIBLE; ) {
            int next = Math.min(Math.max(1, 2 * lag), most);
            double now = correlation(files[place], files[place + side * next]);
            sum += (next - lag) * (before + now) / 2 + (now - before) / 2;
            before = now;
            lag = next;
        }
        return sum;
    }

    /** @param distance {@code D / 2R} */
    private static double correlation(double distance) {
        if (distance >= 6 * INDEPENDENT) return 0;
        int cell = 0;
        for (int step = CORRELATIONS.length >> 1; step > 0; step >>= 1) {
            double square = (cell + step) * 0x1p-13;
            if (6 * square + 1 - CORRELATIONS[cell + step] < distance) cell += step;
        }
        double low = cell * 0x1p-13;
        for (double step = 0x1p-14; step > 0x1p-22; step /= 2)
            if (6 * (low + step) + 1 - ofMovement(low + step) < distance) low += step;
        return ofMovement(low);
    }

    /** @param square of the movement, in ulps */
    private static double ofMovement(double square) {
        double sum = 0;
        for (int n = 1; n <= TERMS && n * n * square < 2; n++)
            sum += Math.exp(-2 * Math.PI * Math.PI * n * n * square) / (n * n);
        return sum * 6 / (Math.PI * Math.PI);
    }

    /** Of two files, over all weights, each octave of the second counting by its share of the rounding variance. */
    private double correlation(int a, int b) {
        double both = roundingVariances[a] + roundingVariances[b];
        double[] distances = octaves[b].sums(values[a], values[b]);
        double[] shares = octaves[b].shares();
        double correlation = 0;
        for (int octave = 0; octave < OCTAVES; octave++)
            if (shares[octave] > 0)
                correlation +=
                        shares[octave] * correlation(distances[octave] / values[a].length / (shares[octave] * both));
        return correlation;
    }

    /**
     * Sorts the weights of a file by their power of two, to the square of which their rounding variance is
     * proportional.
     *
     * @param byWeight counted from the largest down
     * @param shares of the octaves in the file's rounding variance
     */
    @SuppressWarnings("ArrayRecordComponent") // numbers, never compared
    private record Octaves(byte[] byWeight, double[] shares) {
        static Octaves of(double[] values) {
            int largest = Double.MIN_EXPONENT;
            for (double v : values) largest = Math.max(largest, Math.getExponent(v));
            byte[] byWeight = new byte[values.length];
            double[] shares = new double[OCTAVES];
            for (int k = 0; k < values.length; k++) {
                byWeight[k] = (byte) Math.min(largest - Math.getExponent(values[k]), OCTAVES - 1);
                shares[byWeight[k]] += Math.scalb(1.0, -2 * byWeight[k]);
            }
            double all = Arrays.stream(shares).sum();
            for (int octave = 0; octave < OCTAVES; octave++) shares[octave] /= all;
            return new Octaves(byWeight, shares);
        }

        /** By octave, of squared differences. */
        double[] sums(double[] a, double[] b) {
            double[] sums = new double[OCTAVES];
            for (int k = 0; k < a.length; k++) sums[byWeight[k]] += (a[k] - b[k]) * (a[k] - b[k]);
            return sums;
        }
    }
}
