package phema.search;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Holds the points that a search chooses from, and their coordinates in the model: the logarithm of the length, and
 * guidance stretched to the width that the usual range of lengths has there.
 *
 * @param guidance spans that of all points
 */
record Candidates(List<SearchPoint> points, Interval lengths, Interval guidance) {
    /**
     * The step of EMA lengths, as names of files write them; finer where a range is narrow, and a ratio where there
     * were more than {@link #MOST_STEPS}: of lengths that are windows or half-lives.
     */
    private static final double LENGTH_STEP = 0.001;

    private static final int MOST_STEPS = 300;
    private static final double LENGTH_RATIO = 1.015;
    private static final int LENGTH_DIGITS = 3;
    private static final int MOST_DIGITS = 12;

    private static final int FEWEST_LENGTHS = 25;
    /** The most EMA lengths of each guidance where there are several. */
    private static final int MOST_LENGTHS = 50;

    private static final double[] GUIDANCE_STEPS = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1};
    private static final int MOST_GUIDANCES = 31;

    /** The half of {@code ln 0.250 - ln 0.010}. */
    private static final double HALF_WIDTH = 1.6;

    static Candidates within(Interval lengths, Interval guidance) {
        return of(lengths, guidances(guidance));
    }

    /** @param guidances ascending */
    static Candidates of(Interval lengths, List<Double> guidances) {
        List<Double> each = each(lengths);
        if (guidances.size() > 1) each = thinned(each);
        List<SearchPoint> points = new ArrayList<>();
        for (double g : guidances) for (double length : each) points.add(new SearchPoint(length, g));
        return new Candidates(points, lengths, new Interval(guidances.getFirst(), guidances.getLast()));
    }

    boolean varyGuidance() {
        return guidance.high() > guidance.low();
    }

    double[] coordinates(SearchPoint point) {
        double length = Math.log(point.length()) - (Math.log(lengths.low()) + Math.log(lengths.high())) / 2;
        if (!varyGuidance()) return new double[] {length};
        double share = (point.guidance() - guidance.low()) / (guidance.high() - guidance.low());
        return new double[] {length, (2 * share - 1) * HALF_WIDTH};
    }

    double distance(SearchPoint a, SearchPoint b) {
        double[] x = coordinates(a);
        double[] y = coordinates(b);
        return x.length == 1 ? Math.abs(x[0] - y[0]) : Math.hypot(x[0] - y[0], x[1] - y[1]);
    }

    /** The candidate next to a place that is given by shares of the ranges, that of lengths in the logarithm. */
    SearchPoint at(double lengthShare, double guidanceShare) {
        var place = new SearchPoint(
                lengths.low() * Math.pow(lengths.high() / lengths.low(), lengthShare),
                guidance.low() + guidanceShare * (guidance.high() - guidance.low()));
        SearchPoint nearest = points.getFirst();
        for (SearchPoint point : points) if (distance(point, place) < distance(nearest, place)) nearest = point;
        return nearest;
    }

    /** The candidate that lies farthest from all of the points given. */
    SearchPoint farthest(List<SearchPoint> others) {
        return points.stream()
                .max(Comparator.comparingDouble(point -> others.stream()
                        .mapToDouble(other -> distance(point, other))
                        .min()
                        .orElse(0)))
                .orElseThrow();
    }

    private static List<Double> each(Interval range) {
        double step = LENGTH_STEP;
        double width = range.high() - range.low();
        if (width > MOST_STEPS * step) return ratios(range);
        while (width > 0 && width < FEWEST_LENGTHS * step) step /= 10;
        return multiples(range, step);
    }

    /** About equal ratios, in as few digits as tell them apart. Ends included. */
    private static List<Double> ratios(Interval range) {
        double ratio = range.high() / range.low();
        int steps = (int) Math.clamp(Math.log(ratio) / Math.log(LENGTH_RATIO), FEWEST_LENGTHS, MOST_STEPS);
        var values = new TreeSet<Double>();
        for (int digits = LENGTH_DIGITS; values.size() < FEWEST_LENGTHS && digits <= MOST_DIGITS; digits++) {
            values = new TreeSet<>(List.of(range.low(), range.high()));
            for (int i = 1; i < steps; i++)
                addBetween(range, range.low() * Math.pow(ratio, (double) i / steps), digits, values);
        }
        return List.copyOf(values);
    }

    private static List<Double> guidances(Interval range) {
        double width = range.high() - range.low();
        for (double step : GUIDANCE_STEPS) if (width <= (MOST_GUIDANCES - 1) * step) return multiples(range, step);
        return multiples(range, width / (MOST_GUIDANCES - 1));
    }

    /** Ends included. */
    private static List<Double> multiples(Interval range, double step) {
        var values = new TreeSet<Double>();
        values.add(range.low());
        values.add(range.high());
        double margin = step / 10;
        for (long i = (long) Math.ceil((range.low() + margin) / step); i * step < range.high() - margin; i++)
            addBetween(range, i * step, MOST_DIGITS, values);
        return List.copyOf(values);
    }

    private static void addBetween(Interval range, double value, int digits, Set<Double> values) {
        double rounded = new BigDecimal(value).round(new MathContext(digits)).doubleValue();
        if (rounded > range.low() && rounded < range.high()) values.add(rounded);
    }

    /** Those next to equal steps in the logarithm. */
    private static List<Double> thinned(List<Double> lengths) {
        double ratio = Math.pow(lengths.getLast() / lengths.getFirst(), 1.0 / (MOST_LENGTHS - 1));
        List<Double> kept = new ArrayList<>(List.of(lengths.getFirst()));
        for (double length : lengths) if (length >= kept.getLast() * ratio * (1 - 1e-9)) kept.add(length);
        return kept;
    }
}
