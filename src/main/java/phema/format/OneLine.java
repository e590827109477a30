package phema.format;

/** Text out of files, and their names, in messages. */
public final class OneLine {
    private OneLine() {}

    /** Without what would end the line, steer a terminal or turn the reading direction. */
    public static String of(String text) {
        return text.replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
    }
}
