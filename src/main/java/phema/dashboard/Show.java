package phema.dashboard;

import java.math.BigDecimal;
import java.math.MathContext;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;

/** Numbers as the pages write them. */
final class Show {
    private static final String UNKNOWN = "unknown";

    private Show() {}

    /** Four digits: {@code 262.1}, {@code 2,147}. */
    static String number(double value) {
        if (!Double.isFinite(value)) return UNKNOWN;
        BigDecimal rounded = BigDecimal.valueOf(value).round(new MathContext(4));
        return new DecimalFormat("#,##0.######", DecimalFormatSymbols.getInstance(Locale.ROOT)).format(rounded);
    }

    /** {@code 0.213 %}. */
    static String percent(double share) {
        if (!Double.isFinite(share)) return UNKNOWN;
        return threeDigits(100 * share) + " %";
    }

    /** Three digits, two and an exponent where that is shorter: {@code 0.013}, {@code 4.1e+07}. */
    static String magnitude(double value) {
        if (!Double.isFinite(value)) return UNKNOWN;
        return value != 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e4)
                ? String.format(Locale.ROOT, "%.1e", value)
                : threeDigits(value);
    }

    /** Three digits, powers of 1000: {@code 23.2 KB}. */
    static String bytes(long bytes) {
        return scaled(bytes, "B", "KB", "MB", "GB", "TB", "PB");
    }

    /** Three digits: {@code 280 M}. */
    static String count(long count) {
        return scaled(count, "", "K", "M", "G", "T").strip();
    }

    private static String scaled(double value, String... units) {
        int unit = 0;
        while (value >= 999.5 && unit < units.length - 1) {
            value /= 1000;
            unit++;
        }
        return threeDigits(value) + " " + units[unit];
    }

    private static String threeDigits(double value) {
        return BigDecimal.valueOf(value)
                .round(new MathContext(3))
                .stripTrailingZeros()
                .toPlainString();
    }
}
