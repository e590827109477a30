package phema.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import phema.text.Labels;
import picocli.CommandLine.TypeConversionException;

/**
 * Says what a metric of the best point must be, as {@code fid<=2.6} or {@code fid<=last+1%}.
 *
 * @param bound a number, or, where there is a reference, what is added to it
 * @param reference what it is compared with; none for a number
 * @param percent whether what is added is a share of the reference
 */
record Gate(
        String metric,
        String operator,
        double bound,
        @Nullable GateReference reference,
        boolean percent) {
    /** An earlier result that gates compare with. */
    enum GateReference {
        /** The newest ended sweep of the same run, evaluator and metric. */
        LAST,
        /** The recommended average of the run. */
        RECOMMENDED
    }

    private static final String NUMBER = "(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?";
    private static final Pattern FORM = Pattern.compile("\\s*([^\\s<>=]+)\\s*(<=|>=|<|>)\\s*(?:([-+]?" + NUMBER
            + ")|(last|recommended)\\s*(?:([-+]\\s*" + NUMBER + ")\\s*(%)?)?)\\s*");

    static Gate parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches())
            throw new TypeConversionException("'" + text + "' is not a metric, one of <= >= < >, and a number, as in"
                    + " fid<=2.6, or last or recommended, as in fid<=last+1%");
        String word = matcher.group(4);
        String number = matcher.group(word == null ? 3 : 5);
        double bound = number == null ? 0 : Double.parseDouble(number.replaceAll("\\s", ""));
        if (!Double.isFinite(bound))
            throw new TypeConversionException("'" + text + "' has a bound beyond all numbers, which is no condition");
        return new Gate(
                matcher.group(1),
                matcher.group(2),
                bound,
                word == null ? null : GateReference.valueOf(word.toUpperCase(Locale.ROOT)),
                matcher.group(6) != null);
    }

    /** @param referred the metric's value there; of no meaning for a number */
    double bound(double referred) {
        if (reference == null) return bound;
        return referred + (percent ? Math.abs(referred) * bound / 100 : bound);
    }

    /** @param limit what {@link #bound(double)} says */
    boolean isMetBy(double value, double limit) {
        return switch (operator) {
            case "<=" -> value <= limit;
            case ">=" -> value >= limit;
            case "<" -> value < limit;
            default -> value > limit;
        };
    }

    @Override
    public String toString() {
        if (reference == null) return metric + operator + number(bound);
        String added = bound == 0 ? "" : (bound > 0 ? "+" : "") + number(bound) + (percent ? "%" : "");
        return metric + operator + Labels.of(reference) + added;
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e9
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.valueOf(value);
    }
}
