package phema.solver;

/**
 * Reflects rows of small matrices. A reflection changes neither the length of a column nor the product of two of them,
 * so {@code A'A} stays what it is while {@code A} becomes triangular, and every column keeps its own precision, however
 * much smaller than its neighbours it is (Golub and Van Loan, Matrix Computations, section 5.2).
 */
final class Householder {
    private Householder() {}

    /**
     * Makes the first {@code pivots} columns of the first {@code count} rows upper triangular; all columns are
     * reflected with them.
     */
    static void triangularise(double[][] rows, int count, int pivots) {
        for (int k = 0; k < Math.min(pivots, count - 1); k++) reflect(rows, k, count, k);
    }

    /**
     * Reflects rows {@code first} to {@code end - 1} such that a column vanishes below the first of them. Columns left
     * of it are expected to be zero there if it is on the diagonal, and are reflected all the same if it is not.
     *
     * @return what is in row {@code first} of the column afterwards
     */
    static double reflect(double[][] rows, int first, int end, int column) {
        double below = 0;
        for (int i = first + 1; i < end; i++) below += rows[i][column] * rows[i][column];
        double head = rows[first][column];
        if (below == 0) return head;
        double square = below + head * head;
        double pivot = head > 0 ? -Math.sqrt(square) : Math.sqrt(square);
        double scale = 1 / (square - pivot * head);
        rows[first][column] = head - pivot; // the vector to reflect along now stands in the column
        int columns = rows[first].length;
        for (int j = first == column ? column + 1 : 0; j < columns; j++) {
            if (j == column) continue;
            double product = 0;
            for (int i = first; i < end; i++) product += rows[i][column] * rows[i][j];
            if (product == 0) continue;
            product *= scale;
            for (int i = first; i < end; i++) rows[i][j] -= product * rows[i][column];
        }
        rows[first][column] = pivot;
        for (int i = first + 1; i < end; i++) rows[i][column] = 0;
        return pivot;
    }
}
