package phema.cli;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** Writes a number of things, as {@code 280M}, {@code 1.5B} or plainly; units are powers of 1000. */
record Count(long value) {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,12}(?:\\.[0-9]{1,9})?)([KMBT]?)");

    static Count parse(String text) {
        Matcher matcher = FORM.matcher(text.strip().toUpperCase(Locale.ROOT));
        if (!matcher.matches())
            throw new TypeConversionException("'" + text + "' is not a number such as 280M or 1.5B");
        int thousands = "KMBT".indexOf(matcher.group(2).isEmpty() ? "-" : matcher.group(2)) + 1;
        BigDecimal value = new BigDecimal(matcher.group(1)).movePointRight(3 * thousands);
        if (value.compareTo(BigDecimal.ONE) < 0 || value.compareTo(new BigDecimal("1e15")) > 0)
            throw new TypeConversionException("'" + text + "' must be 1 or more, and at most 1000T");
        return new Count(value.longValue());
    }
}
