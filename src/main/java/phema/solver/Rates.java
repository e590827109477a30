package phema.solver;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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

    /**
     * Those of a stretch of time, in order.
     *
     * @param unit what they are divided by
     */
    List<RunReport.RateStretch> between(double start, double end, double unit) {
        List<RunReport.RateStretch> stretches = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            double from = i == 0 ? start : Math.max(edges[i - 1], start);
            double to = i == edges.length ? end : Math.min(edges[i], end);
            if (from < to) stretches.add(new RunReport.RateStretch(from, to, values[i] / unit));
        }
        return stretches;
    }
}
