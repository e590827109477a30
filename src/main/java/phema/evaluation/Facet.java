package phema.evaluation;

import java.util.Collection;
import java.util.Comparator;
import java.util.Objects;
import java.util.function.BiFunction;

/**
 * Shows one thing that points may differ in: a column of tables, a choice of pages, a word of names. Facets of one
 * column are equal.
 *
 * @param axis that it belongs to
 * @param column in tables and names of trials, and in addresses of pages
 * @param label above columns and beside choices
 * @param shownAs in names of curves
 * @param text of a point's value; empty where it has none
 * @param order of points by it
 * @param isNumber whether columns of it are set as numbers are
 */
public record Facet(
        Axis<?, ?> axis,
        String column,
        String label,
        String shownAs,
        BiFunction<Point, ValuePrinter, String> text,
        Comparator<Point> order,
        boolean isNumber) {
    public String text(Point point, ValuePrinter printer) {
        return text.apply(point, printer);
    }

    /** Whether these points do not all have the same. */
    public boolean varies(Collection<Point> points) {
        if (points.isEmpty()) return false;
        Point first = points.iterator().next();
        return points.stream().anyMatch(point -> order.compare(first, point) != 0);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Facet facet && facet.column.equals(column);
    }

    @Override
    public int hashCode() {
        return Objects.hash(column);
    }
}
