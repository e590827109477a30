package phema.evaluation;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import phema.edm2.StoredImage;
import phema.format.FormatException;
import phema.metrics.Images;

/**
 * Reads images that others made, which may be anything, and makes them small: nothing is decoded before its kind and
 * the size that it states are known, one image at a time in the whole process.
 */
public final class PictureReader {
    /** The most bytes of a file. */
    public static final int MOST_BYTES = 8 << 20;

    /** The most pixels of an image. */
    static final int MOST_PIXELS = 1 << 24;

    /** The longest side of what is kept, in pixels. */
    static final int SIDE = 1024;

    /** The longest side of a thumbnail, in pixels. */
    static final int THUMBNAIL = 128;

    /** The longest side of images that are kept as PNG, to the last pixel. */
    private static final int EXACT = 256;

    /** The most scans of a JPEG file, which has ten; each of thousands would be decoded over the whole image. */
    private static final int MOST_SCANS = 100;

    private static final String PNG = "png";
    private static final String JPEG = "jpeg";
    private static final byte[] PNG_SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final ReentrantLock DECODING = new ReentrantLock();

    private PictureReader() {}

    /**
     * Reads a file.
     *
     * @param name of the picture
     * @param file what its problem is said of
     * @param content of the file, of which at most one byte more than {@link #MOST_BYTES} need be there
     */
    public static Picture read(String name, Path file, byte[] content) {
        return read(name, file, content, MOST_PIXELS);
    }

    /** The same of an image that is as small as those that are kept: of many that come at once. */
    public static Picture readSmall(String name, Path file, byte[] content) {
        return read(name, file, content, SIDE * SIDE);
    }

    private static Picture read(String name, Path file, byte[] content, int mostPixels) {
        DECODING.lock();
        try {
            requireReadable(file, content, mostPixels);
            return kept(name, drawn(StoredImage.decode(content, problem -> new FormatException(file, problem))));
        } catch (FormatException e) {
            return Picture.refused(name, String.valueOf(e.getMessage()));
        } finally {
            DECODING.unlock();
        }
    }

    /** Takes one image of those that we made. */
    static Picture of(long seed, Images images, int index) {
        int side = images.resolution();
        int plane = side * side;
        BufferedImage drawn = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < plane; i++) {
            int rgb = 0;
            for (int c = 0; c < 3; c++) rgb = rgb << 8 | Byte.toUnsignedInt(images.rgb()[(index * 3 + c) * plane + i]);
            drawn.setRGB(i % side, i / side, rgb);
        }
        return kept(Picture.named(seed), drawn);
    }

    private static void requireReadable(Path file, byte[] content, int mostPixels) throws FormatException {
        if (content.length > MOST_BYTES)
            throw new FormatException(
                    file, "is larger than " + (MOST_BYTES >> 20) + " MiB, which an image may have at most");
        String format = format(file, content);
        try (ImageInputStream stream = new MemoryCacheImageInputStream(new ByteArrayInputStream(content))) {
            ImageReader reader = ImageIO.getImageReadersByFormatName(format).next();
            try {
                reader.setInput(stream, true, true);
                long width = reader.getWidth(0);
                long height = reader.getHeight(0);
                if (width * height > mostPixels)
                    throw new FormatException(
                            file,
                            String.format(
                                    Locale.ROOT,
                                    "has %,d x %,d pixels; an image may have %,d in all",
                                    width,
                                    height,
                                    mostPixels));
            } finally {
                reader.dispose();
            }
        } catch (FormatException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new FormatException(
                    file, "is a damaged " + format.toUpperCase(Locale.ROOT) + " image: " + e.getMessage());
        }
        if (format.equals(JPEG) && scans(content) > MOST_SCANS)
            throw new FormatException(file, "is a JPEG image in more than " + MOST_SCANS + " scans");
    }

    private static int scans(byte[] content) {
        int scans = 0;
        for (int i = 0; i + 1 < content.length; i++)
            if (content[i] == (byte) 0xff && content[i + 1] == (byte) 0xda) scans++;
        return scans;
    }

    private static String format(Path file, byte[] content) throws FormatException {
        if (begins(content, 0, PNG_SIGNATURE)) return PNG;
        if (begins(content, 0, (byte) 0xff, (byte) 0xd8, (byte) 0xff)) return JPEG;
        String other = "";
        if (isText(content, 0, "RIFF") && isText(content, 8, "WEBP")) other = "WebP";
        else if (isText(content, 0, "GIF8")) other = "GIF";
        else if (isText(content, 4, "ftypavif")) other = "AVIF";
        else if (isText(content, 0, "II*") || isText(content, 0, "MM\0*")) other = "TIFF";
        if (other.isEmpty()) throw new FormatException(file, "is neither a PNG nor a JPEG image");
        throw new FormatException(file, "is a " + other + " image, which is not read; save it as PNG or JPEG");
    }

    private static boolean isText(byte[] content, int at, String text) {
        return begins(content, at, text.getBytes(StandardCharsets.US_ASCII));
    }

    private static boolean begins(byte[] content, int at, byte... with) {
        if (content.length < at + with.length) return false;
        for (int i = 0; i < with.length; i++) if (content[at + i] != with[i]) return false;
        return true;
    }

    private static BufferedImage drawn(StoredImage image) {
        BufferedImage drawn = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
        int[] row = new int[image.width()];
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < row.length; x++) row[x] = image.rgb(x, y);
            drawn.setRGB(0, y, row.length, 1, row, 0, row.length);
        }
        return drawn;
    }

    private static Picture kept(String name, BufferedImage image) {
        BufferedImage whole = within(SIDE, image);
        boolean exact = Math.max(whole.getWidth(), whole.getHeight()) <= EXACT;
        BufferedImage small = within(THUMBNAIL, whole);
        return new Picture(
                name,
                image.getWidth(),
                image.getHeight(),
                exact ? "image/png" : "image/jpeg",
                written(whole, exact ? PNG : JPEG),
                small.getWidth() == whole.getWidth() && small.getHeight() == whole.getHeight()
                        ? new byte[0]
                        : written(small, PNG),
                "");
    }

    /** The same where it is no longer on either side. Halved as often as may be, so that every pixel counts. */
    private static BufferedImage within(int side, BufferedImage image) {
        BufferedImage now = image;
        while (Math.max(now.getWidth(), now.getHeight()) > side) {
            double factor = Math.max(0.5, (double) side / Math.max(now.getWidth(), now.getHeight()));
            BufferedImage next = new BufferedImage(
                    Math.max(1, (int) Math.round(now.getWidth() * factor)),
                    Math.max(1, (int) Math.round(now.getHeight() * factor)),
                    BufferedImage.TYPE_INT_RGB);
            Graphics2D graphics = next.createGraphics();
            graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
            graphics.drawImage(now, 0, 0, next.getWidth(), next.getHeight(), null);
            graphics.dispose();
            now = next;
        }
        return now;
    }

    private static byte[] written(BufferedImage image, String format) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            if (!ImageIO.write(image, format, bytes)) throw new IllegalStateException("no writer of " + format);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
