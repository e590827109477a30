package phema.format;

import java.util.regex.Pattern;

/** Puts names of files, and text out of them, into one line of a message. */
public final class OneLine {
    private static final Pattern ODD = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]");

    private OneLine() {}

    /** Returns a text without what would end the line, steer a terminal or turn the reading direction. */
    public static String of(String text) {
        return ODD.matcher(text).replaceAll("?");
    }
}
