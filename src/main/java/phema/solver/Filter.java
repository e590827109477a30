package phema.solver;

import java.util.Arrays;
import java.util.List;

/**
 * Follows the state through a run's files by a Kalman filter in square-root form (Kailath, Sayed and Hassibi, Linear
 * Estimation, chapter 12): the covariance of the state's error is {@code root' root}, and only orthogonal reflections
 * touch {@code root}. Observing coordinate {@code h} with noise {@code R}: reflect until column {@code h} has but its
 * first entry, then shrink the first row by {@code sqrt(R / S)}. So a file's coordinate is known to {@code R}
 * afterwards with all digits, even where {@code R} is 1e-17 of what moves.
 *
 * <p>The start is diffuse, exactly: weights and averages before the first file are one unknown, which the first
 * observation defines (its gain is one in all coordinates but the drift). Hence coefficients sum to one. Targets are
 * columns that are reflected along; nothing observes them, and the part of their error that is in no coordinate only
 * grows.
 */
final class Filter {
    private final List<Moment> moments;
    private final StateSpace space;
    private final int size;
    private final int columns;
    private final double[][] root;
    private final double[] rest;

    private Filter(StateSpace space, List<Moment> moments) {
        this.space = space;
        this.moments = moments;
        size = space.size();
        columns = moments.getFirst().step().keep.length;
        root = new double[3 * size][columns];
        rest = new double[columns];
    }

    /**
     * @param noise by file, the variance of its rounding
     * @param left out of the files: all are, when this is returned false for all but one
     */
    static Filtered run(StateSpace space, List<Moment> moments, Movement movement, double[] noise, boolean[] observed) {
        return new Filter(space, moments).run(movement, noise, observed);
    }

    private Filtered run(Movement movement, double[] noise, boolean[] observed) {
        int files = 0;
        for (Moment moment : moments) for (int file : moment.files()) if (observed[file]) files++;
        var filtered = new Filtered(space, moments, movement, noise, observed, files, columns);
        root[0][StateSpace.DRIFT] = Math.sqrt(movement.drift());
        int seen = 0;
        for (Moment moment : moments) {
            predict(moment.step(), movement.rates().values()[moment.rate()], movement.white());
            for (int file : moment.files()) {
                if (!observed[file]) continue;
                double[] gain = filtered.gains[seen];
                int coordinate = space.coordinate(file);
                if (seen == 0) define(coordinate, noise[file], gain);
                else filtered.variances[seen] = observe(coordinate, noise[file], gain);
                seen++;
            }
        }
        for (int j = size; j < columns; j++) {
            double variance = rest[j];
            for (int i = 0; i < size; i++) variance += root[i][j] * root[i][j];
            filtered.targetVariances[j - size] = variance;
        }
        return filtered;
    }

    /** {@code P <- F P F' + Q}. */
    private void predict(Step step, double rate, double white) {
        for (int i = 0; i < size; i++) {
            double[] row = root[i];
            double speed = row[StateSpace.DRIFT];
            double weights = row[StateSpace.WEIGHTS];
            for (int j = 2; j < columns; j++)
                row[j] = step.keep[j] * row[j] + step.take[j] * weights + step.drift[j] * speed;
            row[StateSpace.WEIGHTS] = weights + step.drift[StateSpace.WEIGHTS] * speed;
        }
        int count = append(step.walk, Math.sqrt(rate), size);
        if (white > 0) count = append(step.white, Math.sqrt(white), count);
        triangularise(count);
        for (int j = size; j < columns; j++) rest[j] += rate * step.walkRest[j] + white * step.whiteRest[j];
    }

    private int append(double[][] rows, double scale, int count) {
        int end = count;
        for (double[] row : rows) {
            double[] own = root[end++];
            for (int j = 0; j < columns; j++) own[j] = scale * row[j];
        }
        return end;
    }

    private void triangularise(int count) {
        Householder.triangularise(root, count, size);
        for (int i = size; i < count; i++) for (int j = size; j < columns; j++) rest[j] += root[i][j] * root[i][j];
    }

    /** The first observation: everything is known relative to it. */
    private void define(int coordinate, double noise, double[] gain) {
        Arrays.fill(gain, 1);
        gain[StateSpace.DRIFT] = 0;
        for (int i = 0; i < size; i++) {
            double seen = root[i][coordinate];
            for (int j = 1; j < columns; j++) root[i][j] -= seen;
        }
        Arrays.fill(root[size], Math.sqrt(noise));
        root[size][StateSpace.DRIFT] = 0;
        triangularise(size + 1);
    }

    /** {@code K = P h / S}, {@code P <- (1 - K h') P}. @return {@code S}, the variance of the innovation */
    private double observe(int coordinate, double noise, double[] gain) {
        double length = Householder.reflect(root, 0, size, coordinate);
        double variance = length * length + noise;
        double[] row = root[0];
        double shrink = Math.sqrt(noise / variance);
        for (int j = 0; j < columns; j++) {
            gain[j] = row[j] * length / variance;
            row[j] *= shrink;
        }
        return variance;
    }
}
