package phema.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** A number of bytes, as {@code 64KB}, {@code 256MB}, {@code 5GB} or plainly; units are powers of 1024. */
record ByteSize(long bytes) {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,9}) ?([KMGT]?)I?B?");

    static ByteSize parse(String text) {
        Matcher matcher = FORM.matcher(text.strip().toUpperCase(Locale.ROOT));
        if (!matcher.matches()) throw new TypeConversionException("'" + text + "' is not a size such as 256MB or 5GB");
        int shift = 10 * ("KMGT".indexOf(matcher.group(2).isEmpty() ? "-" : matcher.group(2)) + 1);
        try {
            return new ByteSize(Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << shift));
        } catch (ArithmeticException e) {
            throw new TypeConversionException("'" + text + "' is more than any disk holds");
        }
    }
}
