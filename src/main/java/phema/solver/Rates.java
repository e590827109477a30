package phema.solver;

import java.util.Arrays;

/**
 * Says how fast the weights move: the variance of their random walk per unit of time, constant between edges.
 *
 * @param edges ascending, one fewer than there are values
 * @param values per unit of time
 */
@SuppressWarnings("ArrayRecordComponent") // numbers for the filter, never compared
record Rates(double[] edges, double[] values) {
    /** Which of the values holds at a time. */
    int at(double time) {
        int i = Arrays.binarySearch(edges, time);
        return i < 0 ? -i - 1 : i;
    }

    Rates with(double[] other) {
        return new Rates(edges, other);
    }
}
