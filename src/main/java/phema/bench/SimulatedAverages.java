package phema.bench;

import phema.profile.Power;

/**
 * Simulates power-function averages of random walks, as a training run would store them. What happens to a walk and its
 * averages from one time to the next is drawn from its exact distribution, so that a step costs the same however long
 * it is.
 *
 * <p>With {@code p = gamma + 1} and a walk {@code w}, an average at {@code t} is {@code p / t^p} times the integral of
 * {@code s^(p-1) w(s)}. Over an interval from {@code r} to {@code t} it becomes {@code (r/t)^p} of itself, the rest of
 * {@code w(r)}, and the integral of {@code 1 - (s/t)^p} over the walk's increments.
 */
final class SimulatedAverages {
    /** The distance that a weight moves in the whole run, where it begins with a deviation of 1. */
    private static final double MOVEMENT = 0.5;

    private static final int BITS = 21;
    private static final double ROOT_OF_THREE = Math.sqrt(3);

    /** Of a step and each average: what is left of the average before. */
    private final float[][] kept;

    /** Of a step: the lower triangle by which independent draws become increments of the walk and its averages. */
    private final float[][][] spread;

    /**
     * @param lengths sigma_rel of two averages
     * @param times at which they are stored, ascending and positive
     */
    SimulatedAverages(double[] lengths, double[] times) {
        if (lengths.length != 2) throw new IllegalArgumentException("a draw is cut into three numbers");
        kept = new float[times.length][lengths.length];
        spread = new float[times.length][][];
        double unit = MOVEMENT * MOVEMENT / times[times.length - 1];
        for (int k = 0; k < times.length; k++) {
            double end = times[k];
            double begin = k == 0 ? 0 : times[k - 1] / end;
            double[] powers = new double[lengths.length + 1]; // none of the walk itself
            for (int j = 0; j < lengths.length; j++) {
                powers[j + 1] = Power.ofSigmaRel(lengths[j], end).gamma() + 1;
                kept[k][j] = (float) Math.pow(begin, powers[j + 1]);
            }
            spread[k] = root(covariance(begin, powers), unit * end);
        }
    }

    /** Of integrals over one interval's increments, by the length of what ends with it. */
    private static double[][] covariance(double begin, double[] powers) {
        double[][] covariance = new double[powers.length][powers.length];
        for (int i = 0; i < powers.length; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = 1 - begin;
                if (i > 0) sum -= integral(begin, powers[i]);
                if (j > 0) sum -= integral(begin, powers[j]);
                if (i > 0 && j > 0) sum += integral(begin, powers[i] + powers[j]);
                covariance[i][j] = sum;
            }
        }
        return covariance;
    }

    /** Of {@code u^power} from {@code begin} to 1. */
    private static double integral(double begin, double power) {
        return (1 - Math.pow(begin, power + 1)) / (power + 1);
    }

    /** The Cholesky factor of a scaled matrix. Short intervals leave nothing of what rounding takes. */
    private static float[][] root(double[][] of, double scale) {
        int n = of.length;
        double[][] root = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double rest = of[i][j] * scale;
                for (int k = 0; k < j; k++) rest -= root[i][k] * root[j][k];
                if (i == j) root[i][i] = Math.sqrt(Math.max(0, rest));
                else root[i][j] = root[j][j] > 0 ? rest / root[j][j] : 0;
            }
        }
        float[][] rounded = new float[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j <= i; j++) rounded[i][j] = (float) root[i][j];
        return rounded;
    }

    /** Moves some weights through all times. */
    final class Walk {
        private final float[] weights;
        private final float[][] averages;
        private long seed;
        private int step;

        /** @param seed equal ones walk alike */
        Walk(int count, long seed) {
            this.seed = seed;
            weights = new float[count];
            averages = new float[2][];
            for (int i = 0; i < count; i++) weights[i] = (float) (ROOT_OF_THREE * unit(next()));
            for (int j = 0; j < averages.length; j++) averages[j] = weights.clone();
        }

        /** Goes on to the next time. */
        void advance() {
            float keptFirst = kept[step][0];
            float keptSecond = kept[step][1];
            float[][] l = spread[step++];
            float[] first = averages[0];
            float[] second = averages[1];
            for (int i = 0; i < weights.length; i++) {
                long drawn = next();
                float a = unit(drawn) * (float) ROOT_OF_THREE;
                float b = unit(drawn >>> BITS) * (float) ROOT_OF_THREE;
                float c = unit(drawn >>> 2 * BITS) * (float) ROOT_OF_THREE;
                float weight = weights[i];
                first[i] = keptFirst * first[i] + (1 - keptFirst) * weight + l[1][0] * a + l[1][1] * b;
                second[i] =
                        keptSecond * second[i] + (1 - keptSecond) * weight + l[2][0] * a + l[2][1] * b + l[2][2] * c;
                weights[i] = weight + l[0][0] * a;
            }
        }

        /** Of now; overwritten by the next step. */
        float[] average(int j) {
            return averages[j];
        }

        /** SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
        private long next() {
            seed += 0x9e3779b97f4a7c15L;
            long z = (seed ^ seed >>> 30) * 0xbf58476d1ce4e5b9L;
            z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
            return z ^ z >>> 31;
        }

        /** From -1 to 1. */
        private static float unit(long bits) {
            return ((int) (bits & (1 << BITS) - 1) + 0.5f - (1 << BITS - 1)) / (1 << BITS - 1);
        }
    }
}
