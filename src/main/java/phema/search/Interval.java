package phema.search;

import java.util.Collections;
import java.util.List;

/** Holds an interval, both ends included. */
public record Interval(double low, double high) {
    public Interval {
        if (!(low <= high)) throw new IllegalArgumentException("an interval from " + low + " to " + high);
    }

    /** Returns the interval from the least to the greatest. */
    public static Interval of(List<Double> values) {
        return new Interval(Collections.min(values), Collections.max(values));
    }

    public boolean contains(double value) {
        return low <= value && value <= high;
    }
}
