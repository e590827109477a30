package phema.evaluation;

import com.fasterxml.jackson.annotation.JsonValue;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.regex.Pattern;
import phema.problem.Problem;

/**
 * Holds a number or a text that an evaluator gets as it was given. What reads as a number is one, and numbers of the
 * same value are equal.
 *
 * @param text as commands find it; of numbers, without an exponent
 */
public record ParamValue(String text) implements Comparable<ParamValue> {
    private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d{1,4})?");

    /** The form of texts. No spaces, quotes, dollars or braces: commands may be scripts of a shell. */
    private static final Pattern TEXT = Pattern.compile("[\\p{L}\\p{N}_./][\\p{L}\\p{N}_.:/@%+-]{0,99}");

    private static final int MOST_DIGITS = 40;

    private static final Comparator<ParamValue> ORDER = Comparator.comparing((ParamValue v) -> !v.isNumber())
            .thenComparing((a, b) -> a.isNumber() && b.isNumber() ? a.number().compareTo(b.number()) : 0)
            .thenComparing(ParamValue::text);

    /** @throws Problem naming the field of a value that could do harm */
    static ParamValue parse(String field, String text) {
        String given = text.strip();
        if (!NUMBER.matcher(given).matches()) {
            if (TEXT.matcher(given).matches()) return new ParamValue(given);
            throw Problem.invalid(
                    field,
                    field + " must be a number, or a text of up to 100 letters, digits and _ . : / @ % + -, not '"
                            + given + "'");
        }
        BigDecimal number = new BigDecimal(given);
        if (number.precision() > MOST_DIGITS || Math.abs(number.scale()) > MOST_DIGITS)
            throw Problem.invalid(field, field + " has more than " + MOST_DIGITS + " digits: " + given);
        return new ParamValue(
                number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString());
    }

    boolean isNumber() {
        return NUMBER.matcher(text).matches();
    }

    private BigDecimal number() {
        return new BigDecimal(text);
    }

    /** A number or a text, as JSON tells them apart. */
    @JsonValue
    Object json() {
        return isNumber() ? number() : text;
    }

    @Override
    public int compareTo(ParamValue other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return text;
    }
}
