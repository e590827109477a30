package phema.solver;

import java.util.Arrays;
import java.util.List;
import phema.profile.Profile;

/**
 * Holds the movement that explains best what is stored, and predicts from it.
 *
 * @param stored two or more, with samples
 */
record TrajectoryModel(List<StoredAverage> stored, Predictor predictor, MovementFit fit) {
    static TrajectoryModel of(List<StoredAverage> stored) {
        var space = new StateSpace(stored.stream().map(StoredAverage::profile).toList());
        double[][] values = values(stored);
        double[] noise = noise(space, stored, values);
        MovementFit fit = MovementFit.of(space, noise, values);
        return new TrajectoryModel(stored, new Predictor(space, fit.movement(), noise), fit);
    }

    /** With a movement that is known, as from other profiles of the same files. */
    static TrajectoryModel of(List<StoredAverage> stored, MovementFit fit) {
        var space = new StateSpace(stored.stream().map(StoredAverage::profile).toList());
        return new TrajectoryModel(
                stored, new Predictor(space, fit.movement(), noise(space, stored, values(stored))), fit);
    }

    private static double[] noise(StateSpace space, List<StoredAverage> stored, double[][] values) {
        return RoundingNoise.of(
                space,
                stored.stream().mapToDouble(StoredAverage::roundingVariance).toArray(),
                values);
    }

    private static double[][] values(List<StoredAverage> stored) {
        return stored.stream().map(StoredAverage::sample).toArray(double[][]::new);
    }

    private Likelihood likelihood() {
        return new Likelihood(predictor.space(), fit.movement().rates(), predictor.noise(), Sketch.of(values(stored)));
    }

    /** Twice the negative logarithm of the likelihood per weight, less what is constant. */
    double loss() {
        return likelihood().score(fit.movement()).loss();
    }

    /** By file: see {@link Likelihood#surprises}. */
    List<Double> surprises() {
        return boxed(likelihood().surprises(fit.movement()));
    }

    /** By file: see {@link Likelihood#squaredInnovations}. */
    List<Double> innovations() {
        return boxed(likelihood().squaredInnovations(fit.movement()));
    }

    private static List<Double> boxed(double[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    /**
     * How far a file that is not among those stored is from what they let expect, if its profile is the one given: mean
     * squared distance over the expected one.
     *
     * @param other of the same weights
     */
    double surprise(StoredAverage other, Profile profile) {
        Prediction expected = predictor.best(predictor.space().all(), profile);
        return squaredDistance(other, expected) / (expected.variance() + other.roundingVariance());
    }

    /** Mean squared distance of a file from what those stored let expect. */
    double squaredDistance(StoredAverage other) {
        return squaredDistance(other, predictor.best(predictor.space().all(), other.profile()));
    }

    private double squaredDistance(StoredAverage other, Prediction expected) {
        double[] difference = other.sample().clone();
        for (int i = 0; i < stored.size(); i++) {
            double c = expected.coefficients()[i];
            double[] values = stored.get(i).sample();
            for (int k = 0; k < difference.length; k++) difference[k] -= c * values[k];
        }
        return Arrays.stream(difference).map(d -> d * d).average().orElseThrow();
    }
}
