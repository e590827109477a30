package phema.sweep;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoublePredicate;
import java.util.stream.IntStream;
import phema.search.Interval;
import phema.sweep.Evidence.LengthEdge;

/** Finds lengths beyond the edge of those that were tried. */
final class Beyond {
    /** The number that it takes to see the metric turn. */
    private static final int LENGTHS = 3;

    /** The part of a difference that roundings of lengths may be. */
    private static final double EQUAL = 1e-6;

    private static final MathContext DIGITS = new MathContext(3);

    /** The digits of sums, without what binary fractions add. */
    private static final MathContext EXACT = new MathContext(9);

    private Beyond() {}

    /**
     * The next lengths, those nearest to the edge first: in equal steps where the outermost three are, else, and where
     * steps would lead to nothing, in the ratio of the outermost two.
     *
     * @param possible whether a run can give a length
     * @return none where there is no edge, nothing to tell the spacing by, or no length is possible there
     */
    static List<Double> of(List<Double> tried, LengthEdge edge, DoublePredicate possible) {
        List<Double> outward = tried.stream().distinct().sorted().toList();
        if (edge == LengthEdge.NONE || outward.size() < 2) return List.of();
        if (edge == LengthEdge.SHORTEST) outward = outward.reversed();
        int last = outward.size() - 1;
        double end = outward.get(last);
        double step = end - outward.get(last - 1);
        double ratio = end / outward.get(last - 1);
        boolean even = last > 1
                && Math.abs(step - (outward.get(last - 1) - outward.get(last - 2))) < EQUAL * Math.abs(step)
                && end + LENGTHS * step > 0;
        List<Double> beyond = new ArrayList<>();
        for (int i = 1; i <= LENGTHS; i++) {
            double length = even ? rounded(end + i * step, EXACT) : rounded(end * Math.pow(ratio, i), DIGITS);
            if (possible.test(length)) beyond.add(length);
        }
        return List.copyOf(beyond);
    }

    /**
     * The next lengths of a search, which has no spacing: half as far again as it has looked, by ratios, or as far as
     * is possible.
     *
     * @param looked between which lengths it has
     */
    static List<Double> of(Interval looked, LengthEdge edge, DoublePredicate possible) {
        // Less than the finest of these still counts as the edge.
        return IntStream.of(6, 12, 24, 48)
                .mapToObj(steps -> of(spaced(looked, steps), edge, possible))
                .filter(lengths -> !lengths.isEmpty())
                .findFirst()
                .orElse(List.of());
    }

    private static List<Double> spaced(Interval looked, int steps) {
        return IntStream.rangeClosed(0, steps)
                .mapToObj(i -> looked.low() * Math.pow(looked.high() / looked.low(), (double) i / steps))
                .toList();
    }

    private static double rounded(double value, MathContext digits) {
        return new BigDecimal(value).round(digits).doubleValue();
    }
}
