package phema.text;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads and prints sizes in bytes, everywhere alike: kB, MB, GB, TB and PB are powers of 1000, KiB, MiB, GiB, TiB and
 * PiB powers of 1024 (IEC 80000-13). What is printed can be typed.
 */
public record ByteSize(long bytes) {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,18}(?:\\.[0-9]{1,9})?) ?(?:([KMGTP])(I)?)?B?");
    private static final String PREFIXES = "KMGTP";
    private static final List<String> DECIMAL = List.of("B", "kB", "MB", "GB", "TB", "PB");
    private static final List<String> BINARY = List.of("B", "KiB", "MiB", "GiB", "TiB", "PiB");

    public ByteSize {
        if (bytes < 0) throw new IllegalArgumentException("a size cannot be negative, as " + bytes + " is");
    }

    /**
     * Reads {@code 5GB}, {@code 1.5 GiB}, {@code 64k} or a plain number of bytes; small and capital letters are the
     * same. Spring reads settings with it, too.
     *
     * @throws IllegalArgumentException with a sentence for the user
     */
    public static ByteSize of(String text) {
        Matcher matcher = FORM.matcher(text.strip().toUpperCase(Locale.ROOT));
        if (!matcher.matches())
            throw new IllegalArgumentException("'" + text + "' is not a size such as 256MiB or 5GB");
        int power = matcher.group(2) == null ? 0 : PREFIXES.indexOf(matcher.group(2)) + 1;
        BigDecimal unit =
                BigDecimal.valueOf(matcher.group(3) == null ? 1000 : 1024).pow(power);
        BigDecimal bytes = new BigDecimal(matcher.group(1)).multiply(unit);
        if (bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0)
            throw new IllegalArgumentException("'" + text + "' is more than any disk holds");
        return new ByteSize(bytes.longValue());
    }

    /** Three digits, in powers of 1000: {@code 23.2 kB}. */
    public static String print(long bytes) {
        double value = bytes;
        int unit = 0;
        while (Math.abs(value) >= 999.5 && unit < DECIMAL.size() - 1) {
            value /= 1000;
            unit++;
        }
        return BigDecimal.valueOf(value)
                        .round(new MathContext(3))
                        .stripTrailingZeros()
                        .toPlainString() + " " + DECIMAL.get(unit);
    }

    /** Exactly, in the unit of either kind that leaves the smallest number: {@code 256 MiB}, {@code 5 GB}. */
    @Override
    public String toString() {
        int decimal = divisions(1000);
        int binary = divisions(1024);
        long inDecimal = bytes / power(1000, decimal);
        long inBinary = bytes / power(1024, binary);
        return inBinary < inDecimal ? inBinary + " " + BINARY.get(binary) : inDecimal + " " + DECIMAL.get(decimal);
    }

    /** Counts how often the size can be divided by a unit without a rest. */
    private int divisions(long base) {
        int power = 0;
        while (bytes > 0 && power < DECIMAL.size() - 1 && bytes % power(base, power + 1) == 0) power++;
        return power;
    }

    private static long power(long base, int exponent) {
        long power = 1;
        for (int i = 0; i < exponent; i++) power *= base;
        return power;
    }
}
