package phema.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** Says what a metric of the best point must be, as {@code fid<=2.6}. */
record Gate(String metric, String operator, double bound) {
    private static final Pattern FORM =
            Pattern.compile("\\s*([^\\s<>=]+)\\s*(<=|>=|<|>)\\s*([-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?)\\s*");

    static Gate parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches())
            throw new TypeConversionException(
                    "'" + text + "' is not a metric, one of <= >= < >, and a number, as in fid<=2.6");
        return new Gate(matcher.group(1), matcher.group(2), Double.parseDouble(matcher.group(3)));
    }

    boolean isMetBy(double value) {
        return switch (operator) {
            case "<=" -> value <= bound;
            case ">=" -> value >= bound;
            case "<" -> value < bound;
            default -> value > bound;
        };
    }

    @Override
    public String toString() {
        return metric + operator + number(bound);
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e9
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.valueOf(value);
    }
}
