package phema.dashboard;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One series of a chart.
 *
 * @param style which of the palette's colours, dashes and markers, counted from 1
 */
record Layer(Kind kind, String name, int style, List<Point> points) {
    enum Kind {
        LINE,
        POINTS,
        BARS,
        /** Marks a single point, as where a slider stands. */
        MARKER
    }

    /**
     * A value.
     *
     * @param note what it is, in words, where the numbers do not say
     */
    record Point(
            double x,
            double y,
            @Nullable Double low,
            @Nullable Double high,
            @Nullable String note) {
        static Point of(double x, double y) {
            return new Point(x, y, null, null, null);
        }

        static Point of(double x, double y, String note) {
            return new Point(x, y, null, null, note);
        }
    }

    Layer {
        points = List.copyOf(points);
    }
}
