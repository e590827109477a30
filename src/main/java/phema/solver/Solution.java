package phema.solver;

import java.util.Arrays;

/**
 * Holds the coefficients of stored averages.
 *
 * @param coefficients one per stored average, 0 where it is not read
 * @param conditionNumber of the system that gave them; NaN where there was none to solve
 * @param singular whether that system was, to working precision
 */
record Solution(double[] coefficients, double conditionNumber, boolean singular) {
    /** @param x solution of the system of the files at {@code indices}, out of {@code files} */
    static Solution of(double[] x, int[] indices, int files, SymmetricSystem system, boolean singular) {
        double[] coefficients = new double[files];
        for (int i = 0; i < x.length; i++) coefficients[indices[i]] = x[i];
        return new Solution(coefficients, system.conditionNumber(), singular);
    }

    static Solution of(Prediction prediction) {
        return new Solution(prediction.coefficients(), Double.NaN, false);
    }

    Solution normalised() {
        double sum = sum();
        return new Solution(Arrays.stream(coefficients).map(c -> c / sum).toArray(), conditionNumber, singular);
    }

    boolean isFinite() {
        return Arrays.stream(coefficients).allMatch(Double::isFinite);
    }

    double sum() {
        return Arrays.stream(coefficients).sum();
    }

    double norm() {
        return Arrays.stream(coefficients).map(Math::abs).sum();
    }
}
