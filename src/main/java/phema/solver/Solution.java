package phema.solver;

import java.util.Arrays;

/**
 * Coefficients of stored averages.
 *
 * @param coefficients one per stored average, 0 where it is not read
 * @param conditionNumber of the system that gave them
 * @param singular whether that system was, to working precision
 */
record Solution(double[] coefficients, double conditionNumber, boolean singular) {
    /** @param x solution of the system of the files at {@code indices}, out of {@code files} */
    static Solution of(double[] x, int[] indices, int files, SymmetricSystem system, boolean singular) {
        double[] coefficients = new double[files];
        for (int i = 0; i < x.length; i++) coefficients[indices[i]] = x[i];
        return new Solution(coefficients, system.conditionNumber(), singular);
    }

    Solution normalised() {
        double sum = sum();
        return new Solution(Arrays.stream(coefficients).map(c -> c / sum).toArray(), conditionNumber, singular);
    }

    double sum() {
        return Arrays.stream(coefficients).sum();
    }

    double norm() {
        return Arrays.stream(coefficients).map(Math::abs).sum();
    }

    /** The rows and columns at {@code indices}. */
    static double[][] part(double[][] matrix, int[] indices) {
        double[][] part = new double[indices.length][indices.length];
        for (int i = 0; i < indices.length; i++)
            for (int j = 0; j < indices.length; j++) part[i][j] = matrix[indices[i]][indices[j]];
        return part;
    }

    /** {@code x' A x}. */
    static double quadraticForm(double[][] a, double[] x) {
        double sum = 0;
        for (int i = 0; i < x.length; i++)
            if (x[i] != 0) for (int j = 0; j < x.length; j++) sum += x[i] * a[i][j] * x[j];
        return sum;
    }
}
