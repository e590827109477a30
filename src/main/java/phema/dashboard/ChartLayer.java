package phema.dashboard;

import static com.fasterxml.jackson.annotation.JsonInclude.Include.NON_DEFAULT;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Describes one series of a chart.
 *
 * @param style which of the palette's colours, dashes and markers, counted from 1
 * @param shade its value on the chart's third axis, which gives its colour instead of the palette; none where that does
 * @param unnamed whether the legend leaves it out, where there are too many
 * @param second whether its values are on the axis on the right
 * @param faint whether it is there for comparison only
 */
record ChartLayer(
        LayerKind kind,
        String name,
        int style,
        List<ChartPoint> points,
        @Nullable Double shade,
        @JsonInclude(NON_DEFAULT) boolean unnamed,
        @JsonInclude(NON_DEFAULT) boolean second,
        @JsonInclude(NON_DEFAULT) boolean faint) {
    /** The number of points of a series that a screen tells apart, about. */
    private static final int MOST_POINTS = 1000;

    enum LayerKind {
        /** A curve; with the band that it lies in where its points have a low and a high end. */
        LINE,
        /** With error bars where they have a low and a high end. */
        POINTS,
        /** Points, and a line that stays at each one's value until the next. */
        STEPS_AFTER,
        /** Points, and a line that has each one's value from the one before on. */
        STEPS_BEFORE,
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

    /** The same with no more points than are told apart: of each stretch of many the highest, or the last of equals. */
    ChartLayer thinned() {
        int count = points.size();
        if (count <= MOST_POINTS) return this;
        List<ChartPoint> highest = IntStream.range(0, MOST_POINTS)
                .mapToObj(i ->
                        points
                                .subList((int) ((long) count * i / MOST_POINTS), (int)
                                        ((long) count * (i + 1) / MOST_POINTS))
                                .stream()
                                .reduce((a, b) -> b.y() >= a.y() ? b : a)
                                .orElseThrow())
                .toList();
        return new ChartLayer(
                kind,
                String.format(Locale.ROOT, "%s, %,d of %,d", name, MOST_POINTS, count),
                style,
                highest,
                shade,
                unnamed,
                second,
                faint);
    }

    /**
     * A value. Where it lies has seven digits and what is there five, one more than pages show: those with thousands
     * of values have half as much to load.
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
        private static final MathContext PLACE = new MathContext(7);
        private static final MathContext VALUE = new MathContext(5);

        ChartPoint {
            x = rounded(x, PLACE);
            y = rounded(y, VALUE);
            if (low != null) low = rounded(low, VALUE);
            if (high != null) high = rounded(high, VALUE);
            if (z != null) z = rounded(z, VALUE);
        }

        private static double rounded(double value, MathContext digits) {
            return Double.isFinite(value)
                    ? BigDecimal.valueOf(value).round(digits).doubleValue()
                    : value;
        }

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

    ChartLayer(LayerKind kind, String name, int style, List<ChartPoint> points) {
        this(kind, name, style, points, null, false, false, false);
    }

    /** Where the others have no name either, their bands would hide each other. */
    ChartLayer shaded(double value, boolean named) {
        boolean bare = !named && kind == LayerKind.LINE;
        return new ChartLayer(
                kind,
                name,
                style,
                bare ? points.stream().map(p -> ChartPoint.of(p.x(), p.y())).toList() : points,
                value,
                !named,
                second,
                faint);
    }

    ChartLayer renamed(String other) {
        return new ChartLayer(kind, other, style, points, shade, unnamed, second, faint);
    }

    ChartLayer onTheRight() {
        return new ChartLayer(kind, name, style, points, shade, unnamed, true, faint);
    }

    ChartLayer asFaint() {
        return new ChartLayer(kind, name, style, points, shade, unnamed, second, true);
    }

    ChartLayer {
        points = List.copyOf(points);
    }
}
