package phema.solver;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Says how well a movement explains what is stored: {@code sum over files of mean over weights of v^2 / S + ln S},
 * twice the negative logarithm of the likelihood per weight, less what is constant; {@code v} is the innovation of a
 * file, what it holds beyond what was predicted from earlier ones, {@code S} its variance. The derivatives come from
 * one pass back (Koopman and Shephard, Exact score for time series models in state space form, Biometrika 1992): with
 * {@code r} the smoother's vector for a weight and {@code N} its variance, the loss falls by the trace of
 * {@code (mean r r' - N) dQ}. Costs of value and derivatives grow linearly with files times weights.
 */
final class Likelihood {
    private final StateSpace space;
    private final List<Moment> moments;
    private final double[] noise;
    private final double[][] values;
    private final int weights;
    private final boolean[] all;

    /**
     * @param rates whose edges those of every movement are that is asked about
     * @param values by file, its weights less those of any one file
     */
    Likelihood(StateSpace space, Rates rates, double[] noise, double[][] values) {
        this.space = space;
        moments = space.moments(space.all(), rates, List.of(), space.times());
        this.noise = noise;
        weights = values[0].length;
        all = new boolean[values.length];
        Arrays.fill(all, true);
        int first = first();
        this.values = new double[values.length][weights];
        for (int i = 0; i < values.length; i++)
            for (int k = 0; k < weights; k++) this.values[i][k] = values[i][k] - values[first][k];
    }

    private Likelihood(Likelihood other, List<Moment> moments) {
        this.moments = moments;
        space = other.space;
        noise = other.noise;
        values = other.values;
        weights = other.weights;
        all = other.all;
    }

    /** The same files, those after the time of one of them as another likelihood of the same steps takes them. */
    Likelihood changedAt(double time, Likelihood later) {
        return new Likelihood(
                this,
                IntStream.range(0, moments.size())
                        .mapToObj(i -> (moments.get(i).step().to > time ? later : this).moments.get(i))
                        .toList());
    }

    /** The way of the state through all files. */
    List<Moment> moments() {
        return moments;
    }

    private int first() {
        for (Moment moment : moments) if (moment.files().length > 0) return moment.files()[0];
        throw new IllegalArgumentException("no files");
    }

    /**
     * @param loss what is minimised
     * @param byRate its derivatives by the logarithm of each rate
     * @param byWhite by the logarithm of the white deviations' strength
     * @param byDrift by the logarithm of the drift's variance
     */
    @SuppressWarnings("ArrayRecordComponent") // numbers for the minimiser, never compared
    record Score(double loss, double[] byRate, double byWhite, double byDrift) {}

    /** What is minimised, without its derivatives. */
    double loss(Movement movement) {
        Filtered filtered = Filter.run(space, moments, movement, noise, all);
        return loss(filtered, innovations(filtered));
    }

    private double loss(Filtered filtered, double[][] innovations) {
        double loss = 0;
        for (int i = 1; i < innovations.length; i++)
            loss += meanSquare(innovations[i]) / filtered.variances[i] + Math.log(filtered.variances[i]);
        return loss;
    }

    Score score(Movement movement) {
        Filtered filtered = Filter.run(space, moments, movement, noise, all);
        double[][] innovations = innovations(filtered);
        double loss = loss(filtered, innovations);

        int size = space.size();
        double[] byRate = new double[movement.rates().values().length];
        double byWhite = 0;
        double[][] r = new double[size][weights];
        double[] sums = new double[weights];
        double[] product = new double[weights];
        var smoother = new Smoother(size);
        int seen = innovations.length;
        for (int m = moments.size() - 1; m >= 0; m--) {
            Moment moment = moments.get(m);
            for (int f = moment.files().length - 1; f >= 0; f--) {
                seen--;
                int coordinate = space.coordinate(moment.files()[f]);
                double[] gain = filtered.gains[seen];
                double variance = filtered.variances[seen];
                smoother.observe(coordinate, gain, variance);
                Arrays.fill(product, 0);
                for (int j = 0; j < size; j++) add(product, gain[j], r[j]);
                add(r[coordinate], -1, product);
                if (seen > 0) add(r[coordinate], 1 / variance, innovations[seen]);
            }
            Step step = moment.step();
            double rate = movement.rates().values()[moment.rate()];
            byRate[moment.rate()] += rate * (smoother.trace(step.walk) - meanSquares(step.walk, r, sums, product));
            if (movement.white() > 0)
                byWhite += movement.white() * (smoother.trace(step.white) - meanSquares(step.white, r, sums, product));
            smoother.step(step);
            transpose(step, r);
        }
        double byDrift = movement.drift() * (smoother.ofDrift() - meanSquare(r[StateSpace.DRIFT]));
        return new Score(loss, byRate, byWhite, byDrift);
    }

    /** {@code v}: by observation, in order of time; all zero for the first one, which defines the weights. */
    double[][] innovations(Filtered filtered) {
        int size = space.size();
        double[][] innovations = new double[filtered.variances.length][weights];
        double[][] x = new double[size][weights];
        int seen = 0;
        for (Moment moment : moments) {
            predict(moment.step(), x);
            for (int file : moment.files()) {
                double[] innovation = innovations[seen];
                if (seen > 0) {
                    double[] own = values[file];
                    double[] predicted = x[space.coordinate(file)];
                    for (int k = 0; k < weights; k++) innovation[k] = own[k] - predicted[k];
                    for (int j = 0; j < size; j++) add(x[j], filtered.gains[seen][j], innovation);
                } else for (int j = 1; j < size; j++) Arrays.fill(x[j], 0);
                seen++;
            }
        }
        return innovations;
    }

    /**
     * Mean over weights of {@code v^2 / S}, by file: 1 where a file is what the earlier ones let expect, and for the
     * first one, which defines the weights.
     */
    double[] squaredInnovations(Movement movement) {
        Filtered filtered = Filter.run(space, moments, movement, noise, all);
        double[][] innovations = innovations(filtered);
        double[] squares = new double[values.length];
        int seen = 0;
        for (Moment moment : moments)
            for (int file : moment.files()) {
                squares[file] = seen == 0 ? 1 : meanSquare(innovations[seen]) / filtered.variances[seen];
                seen++;
            }
        return squares;
    }

    /**
     * What each file holds beyond what all others predict, {@code u / D}, squared and over its variance {@code 1 / D}:
     * mean over weights of {@code u^2 / D}, by file. 1 where a file is what the others let expect (de Jong, A
     * cross-validation filter for time series models, Biometrika 1988).
     */
    double[] surprises(Movement movement) {
        Filtered filtered = Filter.run(space, moments, movement, noise, all);
        double[][] innovations = innovations(filtered);
        double[] surprises = new double[values.length];
        int size = space.size();
        double[][] r = new double[size][weights];
        double[] u = new double[weights];
        var smoother = new Smoother(size);
        int seen = innovations.length;
        for (int m = moments.size() - 1; m >= 0; m--) {
            Moment moment = moments.get(m);
            for (int f = moment.files().length - 1; f >= 0; f--) {
                seen--;
                int file = moment.files()[f];
                double[] gain = filtered.gains[seen];
                double variance = filtered.variances[seen];
                double precision = smoother.observe(space.coordinate(file), gain, variance);
                Arrays.fill(u, 0);
                for (int j = 0; j < size; j++) add(u, -gain[j], r[j]);
                if (seen > 0) add(u, 1 / variance, innovations[seen]);
                add(r[space.coordinate(file)], 1, u);
                surprises[file] = meanSquare(u) / precision;
            }
            smoother.step(moment.step());
            transpose(moment.step(), r);
        }
        return surprises;
    }

    /** {@code x <- F x}. */
    private void predict(Step step, double[][] x) {
        double[] drift = x[StateSpace.DRIFT];
        double[] now = x[StateSpace.WEIGHTS];
        for (int j = 2; j < x.length; j++) {
            double[] average = x[j];
            double keep = step.keep[j];
            double take = step.take[j];
            double speed = step.drift[j];
            for (int k = 0; k < average.length; k++) average[k] = keep * average[k] + take * now[k] + speed * drift[k];
        }
        add(now, step.drift[StateSpace.WEIGHTS], drift);
    }

    /** {@code r <- F' r}. */
    private static void transpose(Step step, double[][] r) {
        double[] drift = r[StateSpace.DRIFT];
        double[] now = r[StateSpace.WEIGHTS];
        add(drift, step.drift[StateSpace.WEIGHTS], now);
        for (int j = 2; j < r.length; j++) {
            double[] average = r[j];
            double keep = step.keep[j];
            double take = step.take[j];
            double speed = step.drift[j];
            for (int k = 0; k < average.length; k++) {
                drift[k] += speed * average[k];
                now[k] += take * average[k];
                average[k] *= keep;
            }
        }
    }

    /** Trace of {@code mean r r'} times the process noise with this root. */
    private double meanSquares(double[][] noiseRoot, double[][] r, double[] sums, double[] product) {
        Arrays.fill(sums, 0);
        for (double[] row : noiseRoot) {
            Arrays.fill(product, 0);
            for (int j = 1; j < r.length; j++) if (row[j] != 0) add(product, row[j], r[j]);
            for (int k = 0; k < sums.length; k++) sums[k] += product[k] * product[k];
        }
        double sum = 0;
        for (double s : sums) sum += s;
        return sum / weights;
    }

    private static void add(double[] to, double factor, double[] values) {
        for (int k = 0; k < to.length; k++) to[k] += factor * values[k];
    }

    private double meanSquare(double[] values) {
        double sum = 0;
        for (double v : values) sum += v * v;
        return sum / weights;
    }
}
