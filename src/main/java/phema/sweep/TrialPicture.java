package phema.sweep;

/**
 * Describes an image of a trial, or says why there is none.
 *
 * @param trial its number
 * @param name its seed in six digits or more, where it is one
 * @param width of the image as it was given, in pixels
 * @param height likewise
 * @param media type of what is kept
 * @param digest SHA-256 of what is kept; changes with it
 * @param bytes that it takes with its thumbnail
 * @param problem empty where all is well; otherwise the rest means nothing
 */
public record TrialPicture(
        String sweep,
        int trial,
        String name,
        int width,
        int height,
        String media,
        String digest,
        long bytes,
        String problem) {
    public boolean isShown() {
        return problem.isEmpty();
    }

    /** Whether it is kept to the last pixel, as those are that are small. */
    public boolean isExact() {
        return media.equals("image/png");
    }
}
