package phema.solver;

import java.util.Optional;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.NonPositiveDefiniteMatrixException;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * Linear equations with a symmetric, positive semidefinite matrix that may be singular to working precision. It is scaled to unit diagonal and inverted by
 * Cholesky factorisation; where that inverse fails its residual check, by an eigenvalue decomposition without the eigenvalues that are lost in rounding.
 */
final class SymmetricSystem {
    /** Of {@code A A^-1} from the identity. Each round of refinement divides a solution's error by as much. */
    private static final double LARGEST_RESIDUAL = 0.01;

    private static final int REFINEMENTS = 3;
    private static final double EPSILON = Math.ulp(1.0);

    private final double[] scale;
    private final RealMatrix matrix;
    private final RealMatrix inverse;
    private final boolean truncated;

    /** @param matrix exactly symmetric, with a positive diagonal */
    SymmetricSystem(double[][] matrix) {
        int n = matrix.length;
        scale = new double[n];
        for (int i = 0; i < n; i++) scale[i] = 1 / Math.sqrt(matrix[i][i]);
        this.matrix = scaled(matrix);
        Optional<RealMatrix> exact = cholesky(this.matrix);
        truncated = exact.isEmpty();
        inverse = exact.orElseGet(() -> pseudoInverse(this.matrix));
    }

    private static Optional<RealMatrix> cholesky(RealMatrix matrix) {
        try {
            double smallestPivot = matrix.getRowDimension() * EPSILON;
            RealMatrix inverse = new CholeskyDecomposition(matrix, EPSILON, smallestPivot)
                    .getSolver()
                    .getInverse();
            RealMatrix residual =
                    matrix.multiply(inverse).subtract(MatrixUtils.createRealIdentityMatrix(matrix.getRowDimension()));
            return residual.getNorm() < LARGEST_RESIDUAL ? Optional.of(inverse) : Optional.empty();
        } catch (NonPositiveDefiniteMatrixException e) {
            return Optional.empty();
        }
    }

    private static RealMatrix pseudoInverse(RealMatrix matrix) {
        var eigen = new EigenDecomposition(matrix);
        double[] values = eigen.getRealEigenvalues();
        double smallest = values.length * EPSILON * values[0];
        for (int i = 0; i < values.length; i++) values[i] = values[i] > smallest ? 1 / values[i] : 0;
        return eigen.getV()
                .multiply(MatrixUtils.createRealDiagonalMatrix(values))
                .multiply(eigen.getVT());
    }

    double[] solve(double[] right) {
        double[] scaledRight = timesScale(right);
        double[] x = inverse.operate(scaledRight);
        for (int round = 0; round < REFINEMENTS && !truncated; round++) {
            double[] residual = matrix.operate(x);
            for (int i = 0; i < x.length; i++) residual[i] = scaledRight[i] - residual[i];
            double[] correction = inverse.operate(residual);
            for (int i = 0; i < x.length; i++) x[i] += correction[i];
        }
        return timesScale(x);
    }

    double[][] inverse() {
        return scaled(inverse.getData()).getData();
    }

    /** In the 1-norm, of the matrix scaled to unit diagonal. */
    double conditionNumber() {
        return matrix.getNorm() * inverse.getNorm();
    }

    /** Whether the matrix was singular to working precision. */
    boolean truncated() {
        return truncated;
    }

    private RealMatrix scaled(double[][] a) {
        int n = a.length;
        double[][] scaled = new double[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) scaled[i][j] = a[i][j] * (scale[i] * scale[j]);
        return MatrixUtils.createRealMatrix(scaled);
    }

    private double[] timesScale(double[] a) {
        double[] product = new double[a.length];
        for (int i = 0; i < a.length; i++) product[i] = a[i] * scale[i];
        return product;
    }
}
