package phema.hub;

import java.util.Base64;
import java.util.List;
import java.util.Locale;
import phema.sweep.TrialPictures.PictureContent;

/** Draws images of one trial side by side, as SVG that holds them: a card has no other files. */
final class SampleGrid {
    private static final int COLUMNS = 8;
    private static final int SIDE = 80;
    private static final int GAP = 4;

    /** The most bytes of images; the database keeps what is given out. */
    private static final int MOST_BYTES = 256 << 10;

    private SampleGrid() {}

    /** @param images at least one, of which those are drawn that there is room for */
    static String of(String title, List<PictureContent> images) {
        StringBuilder drawn = new StringBuilder();
        int count = 0;
        long bytes = 0;
        for (PictureContent image : images) {
            bytes += image.bytes().length;
            if (bytes > MOST_BYTES) break;
            drawn.append(String.format(
                    Locale.ROOT,
                    "<image x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" style=\"image-rendering:pixelated\""
                            + " href=\"data:%s;base64,%s\"/>%n",
                    count % COLUMNS * (SIDE + GAP),
                    count / COLUMNS * (SIDE + GAP),
                    SIDE,
                    SIDE,
                    image.media(),
                    Base64.getEncoder().encodeToString(image.bytes())));
            count++;
        }
        return String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\">%n<title>%s</title>%n%s</svg>%n",
                Math.min(count, COLUMNS) * (SIDE + GAP) - GAP,
                Math.ceilDiv(count, COLUMNS) * (SIDE + GAP) - GAP,
                title,
                drawn);
    }
}
