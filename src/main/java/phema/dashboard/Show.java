package phema.dashboard;

import java.math.BigDecimal;
import java.math.MathContext;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Writes numbers as the pages write them. */
final class Show {
    private static final String UNKNOWN = "unknown";
    private static final DateTimeFormatter INSTANT =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** The value below which there are more zeros than anybody counts. */
    private static final double TINY = 1e-4;

    private Show() {}

    /** Four digits: {@code 262.1}, {@code 2,147}, {@code 2.002e-11}. */
    static String number(double value) {
        if (!Double.isFinite(value)) return UNKNOWN;
        if (value != 0 && Math.abs(value) < TINY) return String.format(Locale.ROOT, "%.3e", value);
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

    /** Three digits: {@code 280 M}. */
    static String count(long count) {
        return scaled(count, "", "K", "M", "G", "T").strip();
    }

    /** Two digits. */
    static String uncertainty(double value) {
        if (value != 0 && Math.abs(value) < TINY) return String.format(Locale.ROOT, "%.1e", value);
        return new BigDecimal(value).round(new MathContext(2)).toPlainString();
    }

    /** {@code 8 s}, {@code 4 min 12 s}, {@code 3 h 5 min}. */
    static String duration(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        if (seconds < 60) return seconds + " s";
        if (seconds < 3600) return seconds / 60 + " min " + seconds % 60 + " s";
        return seconds / 3600 + " h " + seconds % 3600 / 60 + " min";
    }

    /** {@code 2.5 a second}, {@code 12 a minute}, {@code 3 an hour}. */
    static String rate(double perSecond) {
        if (perSecond >= 1) return threeDigits(perSecond) + " a second";
        return perSecond * 60 >= 1
                ? threeDigits(perSecond * 60) + " a minute"
                : threeDigits(perSecond * 3600) + " an hour";
    }

    /** {@code 2026-11-25 15:26 UTC}; the browser makes it local. */
    static String instant(Instant instant) {
        return INSTANT.format(instant);
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
