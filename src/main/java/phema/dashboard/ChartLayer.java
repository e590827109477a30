package phema.dashboard;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Describes one series of a chart.
 *
 * @param style which of the palette's colours, dashes and markers, counted from 1
 */
record ChartLayer(LayerKind kind, String name, int style, List<ChartPoint> points) {
    enum LayerKind {
        /** A curve; with the band that it lies in where its points have a low and a high end. */
        LINE,
        /** With error bars where they have a low and a high end. */
        POINTS,
        BARS,
        /** Marks a single point, as where a slider stands. */
        MARKER,
        /** What lies between the first point and the last is marked over the whole height. */
        SPAN,
        /** Small marks at the top, whose y is told and not drawn. */
        REFERENCES,
        /** Points of a plane, coloured by their {@code z}; all of a chart are of this kind, or none. */
        HEAT
    }

    /**
     * A value.
     *
     * @param z of a third axis, which colours tell
     * @param note what it is, in words, where the numbers do not say
     */
    record ChartPoint(
            double x,
            double y,
            @Nullable Double low,
            @Nullable Double high,
            @Nullable Double z,
            @Nullable String note) {
        static ChartPoint of(double x, double y) {
            return new ChartPoint(x, y, null, null, null, null);
        }

        static ChartPoint between(double x, double y, double low, double high) {
            return new ChartPoint(x, y, low, high, null, null);
        }

        static ChartPoint of(double x, double y, String note) {
            return new ChartPoint(x, y, null, null, null, note);
        }
    }

    ChartLayer {
        points = List.copyOf(points);
    }
}
