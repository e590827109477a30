package phema.solver;

import java.util.List;

/** Holds what a {@link Filter} left behind, by observed file in order of time. */
final class Filtered {
    private final StateSpace space;
    private final List<Moment> moments;
    private final Movement movement;
    private final double[] noise;
    private final boolean[] observed;

    /** {@code K}: by observation, by coordinate and target. Of the first all ones, but for the drift. */
    final double[][] gains;

    /** {@code S}: variances of innovations; 0 for the first observation, which defines the weights. */
    final double[] variances;

    /** Of the targets' errors, at the end. */
    final double[] targetVariances;

    Filtered(
            StateSpace space,
            List<Moment> moments,
            Movement movement,
            double[] noise,
            boolean[] observed,
            int observations,
            int columns) {
        this.space = space;
        this.moments = moments;
        this.movement = movement;
        this.noise = noise;
        this.observed = observed;
        gains = new double[observations][columns];
        variances = new double[observations];
        targetVariances = new double[columns - space.size()];
    }

    Movement movement() {
        return movement;
    }

    /**
     * Coefficients of the files in the best linear unbiased prediction of a target, by one pass back through the gains:
     * {@code lambda} says how what is left of the state enters the target.
     *
     * @return by file, 0 where it was not observed; they sum to one
     */
    double[] coefficients(int target) {
        double[] coefficients = new double[space.files()];
        int size = space.size();
        double[] lambda = new double[size];
        int seen = gains.length;
        for (int m = moments.size() - 1; m >= 0; m--) {
            Moment moment = moments.get(m);
            for (int f = moment.files().length - 1; f >= 0; f--) {
                int file = moment.files()[f];
                if (!observed[file]) continue;
                double[] gain = gains[--seen];
                double coefficient = gain[size + target];
                for (int j = 0; j < size; j++) coefficient += lambda[j] * gain[j];
                coefficients[file] = coefficient;
                lambda[space.coordinate(file)] -= coefficient;
            }
            transpose(moment.step(), lambda);
            lambda[StateSpace.DRIFT] += moment.step().drift[size + target];
        }
        return coefficients;
    }

    /** {@code lambda <- F' lambda}. */
    private static void transpose(Step step, double[] lambda) {
        double weights = lambda[StateSpace.WEIGHTS];
        double drift = step.drift[StateSpace.WEIGHTS] * weights;
        for (int j = 2; j < lambda.length; j++) {
            drift += step.drift[j] * lambda[j];
            weights += step.take[j] * lambda[j];
            lambda[j] *= step.keep[j];
        }
        lambda[StateSpace.WEIGHTS] = weights;
        lambda[StateSpace.DRIFT] += drift;
    }

    /**
     * {@code D}, by file: the precision with which all other files predict it, own rounding included, so {@code 1 / D}
     * is the variance of that prediction's error, and {@code c^2 / D} is what the loss of a file with coefficient
     * {@code c} adds to a target's variance (de Jong, A cross-validation filter for time series models, Biometrika
     * 1988). By a pass back with the root of the smoother's {@code N}.
     */
    double[] precisions() {
        double[] precisions = new double[space.files()];
        var smoother = new Smoother(space.size());
        int seen = gains.length;
        for (int m = moments.size() - 1; m >= 0; m--) {
            Moment moment = moments.get(m);
            for (int f = moment.files().length - 1; f >= 0; f--) {
                int file = moment.files()[f];
                if (!observed[file]) continue;
                seen--;
                precisions[file] = smoother.observe(space.coordinate(file), gains[seen], variances[seen]);
            }
            smoother.step(moment.step());
        }
        return precisions;
    }

    double[] noise() {
        return noise;
    }
}
