package phema.solver;

import java.util.Optional;
import org.apache.commons.math3.linear.CholeskyDecomposition;
import org.apache.commons.math3.linear.EigenDecomposition;
import org.apache.commons.math3.linear.MatrixUtils;
import org.apache.commons.math3.linear.NonPositiveDefiniteMatrixException;
import org.apache.commons.math3.linear.RealMatrix;

/** Solves linear equations with a symmetric, positive semidefinite matrix, scaled to unit diagonal. */
final class SymmetricSystem {
    /**
     * The largest distance of {@code A A^-1} from the identity. Each round of refinement divides a solution's error by
     * as much.
     */
    private static final double LARGEST_RESIDUAL = 0.1;

    private static final int REFINEMENTS = 8;
    private static final double EPSILON = Math.ulp(1.0);

    private final double[] scale;
    private final RealMatrix matrix;
    private final RealMatrix inverse;

    private SymmetricSystem(double[] scale, RealMatrix matrix, RealMatrix inverse) {
        this.scale = scale;
        this.matrix = matrix;
        this.inverse = inverse;
    }

    /**
     * Inverts by Cholesky factorisation.
     *
     * @param matrix exactly symmetric, with a positive diagonal
     * @return empty when the matrix is singular to working precision: when the inverse fails its residual check
     */
    static Optional<SymmetricSystem> regular(double[][] matrix) {
        double[] scale = scaleOf(matrix);
        RealMatrix scaled = scaled(matrix, scale);
        try {
            double smallestPivot = scale.length * EPSILON;
            // Of the same kind as the matrix, since products of different kinds of matrices are slow.
            RealMatrix inverse = MatrixUtils.createRealMatrix(new CholeskyDecomposition(scaled, EPSILON, smallestPivot)
                    .getSolver()
                    .getInverse()
                    .getData());
            RealMatrix residual = scaled.multiply(inverse).subtract(MatrixUtils.createRealIdentityMatrix(scale.length));
            return residual.getNorm() < LARGEST_RESIDUAL
                    ? Optional.of(new SymmetricSystem(scale, scaled, inverse))
                    : Optional.empty();
        } catch (NonPositiveDefiniteMatrixException e) {
            return Optional.empty();
        }
    }

    /** Solves by least squares, without the eigenvalues that are lost in rounding. */
    static SymmetricSystem truncated(double[][] matrix) {
        double[] scale = scaleOf(matrix);
        RealMatrix scaled = scaled(matrix, scale);
        var eigen = new EigenDecomposition(scaled);
        double[] values = eigen.getRealEigenvalues();
        double smallest = values.length * EPSILON * values[0];
        for (int i = 0; i < values.length; i++) values[i] = values[i] > smallest ? 1 / values[i] : 0;
        RealMatrix inverse = eigen.getV()
                .multiply(MatrixUtils.createRealDiagonalMatrix(values))
                .multiply(eigen.getVT());
        return new SymmetricSystem(scale, scaled, inverse);
    }

    double[] solve(double[] right) {
        double[] scaledRight = timesScale(right);
        double[] x = inverse.operate(scaledRight);
        for (int round = 0; round < REFINEMENTS; round++) {
            double[] residual = matrix.operate(x);
            for (int i = 0; i < x.length; i++) residual[i] = scaledRight[i] - residual[i];
            double[] correction = inverse.operate(residual);
            for (int i = 0; i < x.length; i++) x[i] += correction[i];
        }
        return timesScale(x);
    }

    /** In the 1-norm, of the matrix scaled to unit diagonal. */
    double conditionNumber() {
        return matrix.getNorm() * inverse.getNorm();
    }

    private static double[] scaleOf(double[][] a) {
        double[] scale = new double[a.length];
        for (int i = 0; i < a.length; i++) scale[i] = 1 / Math.sqrt(a[i][i]);
        return scale;
    }

    private static RealMatrix scaled(double[][] a, double[] scale) {
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
