package phema.solver;

import java.util.List;

/**
 * Computes the variance of any combination's error under a movement: what each moment's noise does to files and target,
 * through the coefficients, summed up backwards in time. A sum of squares, so nothing cancels.
 */
final class CombinationError {
    private CombinationError() {}

    /**
     * @param moments with one target
     * @param coefficients by file; they sum to one
     */
    static double of(StateSpace space, List<Moment> moments, Movement movement, double[] noise, double[] coefficients) {
        int size = space.size();
        double[] lambda = new double[size + 1]; // how the state enters the error
        lambda[size] = -1;
        double variance = 0;
        for (int m = moments.size() - 1; m >= 0; m--) {
            Moment moment = moments.get(m);
            for (int file : moment.files()) {
                lambda[space.coordinate(file)] += coefficients[file];
                variance += coefficients[file] * coefficients[file] * noise[file];
            }
            Step step = moment.step();
            double rate = movement.rates().values()[moment.rate()];
            variance += rate * (square(step.walk, lambda) + step.walkRest[size]);
            variance += movement.white() * (square(step.white, lambda) + step.whiteRest[size]);
            double weights = lambda[StateSpace.WEIGHTS];
            double drift = step.drift[StateSpace.WEIGHTS] * weights;
            for (int j = 2; j <= size; j++) {
                drift += step.drift[j] * lambda[j];
                weights += step.take[j] * lambda[j];
                lambda[j] *= step.keep[j];
            }
            lambda[StateSpace.WEIGHTS] = weights;
            lambda[StateSpace.DRIFT] += drift;
        }
        return variance + movement.drift() * lambda[StateSpace.DRIFT] * lambda[StateSpace.DRIFT];
    }

    private static double square(double[][] root, double[] lambda) {
        double sum = 0;
        for (double[] row : root) {
            double product = 0;
            for (int j = 1; j < lambda.length; j++) product += row[j] * lambda[j];
            sum += product * product;
        }
        return sum;
    }
}
