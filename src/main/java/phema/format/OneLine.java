package phema.format;

/** Puts names of files, and text out of them, into one line of a message. */
public final class OneLine {
    private OneLine() {}

    /** Returns a text without what would end the line, steer a terminal or turn the reading direction. */
    public static String of(String text) {
        return text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
    }
}
