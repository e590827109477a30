package phema.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** Reads a number of images as EDM2's scripts take it: {@code 1024}, {@code 128Ki}, {@code 8Mi}, {@code 10M}. */
record ImageCount(long images) {
    private static final Pattern PATTERN = Pattern.compile("(\\d{1,12})(|k|ki|m|mi|g|gi)");

    private static final long MOST = 1_000_000_000_000_000L;

    static ImageCount parse(String text) {
        Matcher matcher = PATTERN.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches())
            throw new TypeConversionException("'" + text + "' is not a number of images such as 1024, 128Ki or 8Mi");
        long unit = switch (matcher.group(2)) {
            case "k" -> 1000;
            case "ki" -> 1 << 10;
            case "m" -> 1_000_000;
            case "mi" -> 1 << 20;
            case "g" -> 1_000_000_000;
            case "gi" -> 1 << 30;
            default -> 1;
        };
        long images = Long.parseLong(matcher.group(1));
        if (images > MOST / unit) throw new TypeConversionException("'" + text + "' is more than 10^15 images");
        return new ImageCount(images * unit);
    }
}
