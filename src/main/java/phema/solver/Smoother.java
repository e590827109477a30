package phema.solver;

import java.util.Arrays;

/**
 * Goes back through a filter's gains with {@code N}, the variance of what later files say of the state (fixed-interval
 * smoothing; de Jong 1989; Koopman and Shephard 1992), as the root of it, {@code N = root' root}. One entry of
 * {@code N} may be 1e17 times another, hence no {@code N} itself.
 */
final class Smoother {
    private final int size;
    private final double[][] root;

    Smoother(int size) {
        this.size = size;
        root = new double[size + 1][size];
    }

    /**
     * {@code N <- h h' / S + (1 - K h')' N (1 - K h')}.
     *
     * @param variance {@code S}, or 0 for the first file
     * @return {@code 1 / S + K' N K}: the precision with which all other files predict this one
     */
    double observe(int coordinate, double[] gain, double variance) {
        double precision = variance > 0 ? 1 / variance : 0;
        double[] own = root[size];
        Arrays.fill(own, 0);
        own[coordinate] = Math.sqrt(precision);
        for (int i = 0; i < size; i++) {
            double product = 0;
            for (int j = 0; j < size; j++) product += root[i][j] * gain[j];
            root[i][coordinate] -= product;
            precision += product * product;
        }
        Householder.triangularise(root, size + 1, size);
        return precision;
    }

    /** {@code N <- F' N F}. */
    void step(Step step) {
        for (int i = 0; i < size; i++) {
            double[] row = root[i];
            double weights = row[StateSpace.WEIGHTS];
            double drift = step.drift[StateSpace.WEIGHTS] * weights;
            for (int j = 2; j < size; j++) {
                drift += step.drift[j] * row[j];
                weights += step.take[j] * row[j];
                row[j] *= step.keep[j];
            }
            row[StateSpace.WEIGHTS] = weights;
            row[StateSpace.DRIFT] += drift;
        }
    }

    /** {@code trace(N Q)}, of process noise with the root given. */
    double trace(double[][] noiseRoot) {
        double trace = 0;
        for (double[] row : noiseRoot) {
            for (int i = 0; i < size; i++) {
                double product = 0;
                for (int j = 0; j < size; j++) product += root[i][j] * row[j];
                trace += product * product;
            }
        }
        return trace;
    }

    /** Entry of {@code N} that belongs to the drift. */
    double ofDrift() {
        double sum = 0;
        for (int i = 0; i < size; i++) sum += root[i][StateSpace.DRIFT] * root[i][StateSpace.DRIFT];
        return sum;
    }
}
