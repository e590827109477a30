package phema.evaluation;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.digest.Digest;

/**
 * Shows what a network makes, as it is kept: an image that is bounded in size, or why there is none.
 *
 * @param name of the file without its suffix: the seed in six digits or more, where it is one
 * @param width of the image as it was given, in pixels; 0 where there is none
 * @param height likewise
 * @param media {@code image/png} or {@code image/jpeg} of what is kept; empty where there is none
 * @param content what is kept
 * @param thumbnail as a PNG; empty where the content is no larger
 * @param problem a sentence about a file that is no such image; empty where all is well
 */
@SuppressWarnings("ArrayRecordComponent")
public record Picture(
        String name, int width, int height, String media, byte[] content, byte[] thumbnail, String problem) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}");
    private static final Pattern SEED = Pattern.compile("0*(\\d{1,18})");
    private static final byte[] NOTHING = {};

    /** The same without the image. */
    public Picture withProblem(String why) {
        return refused(name, why);
    }

    /** Says why there is none. */
    static Picture refused(String name, String problem) {
        return new Picture(name, 0, 0, "", NOTHING, NOTHING, problem);
    }

    /** What it takes where it is kept. */
    public long bytes() {
        return (long) content.length + thumbnail.length;
    }

    /** Changes with the content. */
    public String digest() {
        return Digest.sha256().add(content).hex();
    }

    /** A picture may be called so. */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /** {@code 12.png} and {@code 000012.png} are of the same seed. */
    public static String named(String stem) {
        Matcher seed = SEED.matcher(stem);
        return seed.matches() ? named(Long.parseLong(seed.group(1))) : stem;
    }

    /** As EDM2's tools name the files of seeds. */
    static String named(long seed) {
        return String.format("%06d", seed);
    }
}
