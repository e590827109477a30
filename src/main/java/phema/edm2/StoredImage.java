package phema.edm2;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;
import phema.format.FormatException;
import phema.format.NumpyArray;

/**
 * Holds an image as its file has it, which is what the tools of EDM2 and others take from it: no profile of colours is
 * applied, nothing is turned or mirrored as EXIF may say, and transparency is ignored.
 *
 * @param channels 1 for grey, 3 for RGB
 * @param values [height, width, channels], 0 to 255
 */
@SuppressWarnings("ArrayRecordComponent")
public record StoredImage(int width, int height, int channels, byte[] values) {
    /** The word of the JPEG reader for bytes between segments, without which the image is whole. */
    private static final String SUPERFLUOUS = "extraneous bytes";

    /**
     * @param content of a PNG or JPEG file
     * @param problem makes the error for a sentence without subject
     * @throws FormatException when it is neither, is damaged, or is stored in a way that is not read: CMYK, more than 8
     *     bits
     */
    public static StoredImage decode(byte[] content, NumpyArray.ProblemFactory problem) throws FormatException {
        List<String> damage = new ArrayList<>();
        @Nullable BufferedImage image;
        try {
            image = JpegSegments.isJpeg(content)
                    ? jpeg(JpegSegments.withoutProfile(content, problem), damage)
                    : ImageIO.read(stream(content));
        } catch (FormatException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw problem.of("cannot be read as a PNG or JPEG image: " + e.getMessage());
        }
        if (image == null) throw problem.of("is neither a PNG nor a JPEG image");
        if (!damage.isEmpty())
            throw problem.of("is a damaged JPEG image, a part of which is lost: " + damage.getFirst());
        Raster raster = image.getRaster();
        if (raster.getSampleModel().getSampleSize(0) > Byte.SIZE)
            throw problem.of("has more than 8 bits per value; save it with 8");
        return image.getColorModel() instanceof IndexColorModel palette ? of(raster, palette) : of(raster);
    }

    private static ImageInputStream stream(byte[] content) {
        return new MemoryCacheImageInputStream(new ByteArrayInputStream(content));
    }

    /** @param damage is told what was made up, which is no error to the reader */
    private static BufferedImage jpeg(byte[] content, List<String> damage) throws IOException {
        ImageReader reader = ImageIO.getImageReadersByFormatName("jpeg").next();
        try {
            reader.addIIOReadWarningListener((source, warning) -> {
                if (!warning.contains(SUPERFLUOUS)) damage.add(warning);
            });
            reader.setInput(stream(content));
            return reader.read(0);
        } finally {
            reader.dispose();
        }
    }

    /** Values as stored: Java would take grey ones for linear light and brighten them. */
    private static StoredImage of(Raster raster) {
        int channels = raster.getNumBands() <= 2 ? 1 : 3;
        int most = (1 << raster.getSampleModel().getSampleSize(0)) - 1;
        StoredImage image = empty(raster, channels);
        int[] row = new int[raster.getWidth()];
        for (int c = 0; c < channels; c++)
            for (int y = 0; y < image.height; y++) {
                raster.getSamples(raster.getMinX(), raster.getMinY() + y, image.width, 1, c, row);
                for (int x = 0; x < image.width; x++)
                    image.values[(y * image.width + x) * channels + c] = (byte) (row[x] * 255 / most);
            }
        return image;
    }

    private static StoredImage of(Raster raster, IndexColorModel palette) {
        boolean grey = IntStream.range(0, palette.getMapSize())
                .allMatch(i -> palette.getRed(i) == palette.getGreen(i) && palette.getRed(i) == palette.getBlue(i));
        StoredImage image = empty(raster, grey ? 1 : 3);
        int[] row = new int[raster.getWidth()];
        for (int y = 0; y < image.height; y++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + y, image.width, 1, 0, row);
            for (int x = 0; x < image.width; x++) {
                int at = (y * image.width + x) * image.channels;
                image.values[at] = (byte) palette.getRed(row[x]);
                if (grey) continue;
                image.values[at + 1] = (byte) palette.getGreen(row[x]);
                image.values[at + 2] = (byte) palette.getBlue(row[x]);
            }
        }
        return image;
    }

    private static StoredImage empty(Raster raster, int channels) {
        int width = raster.getWidth();
        int height = raster.getHeight();
        return new StoredImage(width, height, channels, new byte[width * height * channels]);
    }

    /** From -1 to 1, [wanted, height, width]; of a grey image, all channels are the same. */
    float[] pixels(int wanted) {
        int plane = width * height;
        float[] pixels = new float[wanted * plane];
        for (int c = 0; c < wanted; c++)
            for (int i = 0; i < plane; i++)
                pixels[c * plane + i] =
                        Byte.toUnsignedInt(values[i * channels + Math.min(c, channels - 1)]) / 127.5f - 1;
        return pixels;
    }

    /** One pixel, as {@code 0xRRGGBB}. */
    public int rgb(int x, int y) {
        int at = (y * width + x) * channels;
        int last = channels - 1;
        return Byte.toUnsignedInt(values[at]) << 16
                | Byte.toUnsignedInt(values[at + Math.min(1, last)]) << 8
                | Byte.toUnsignedInt(values[at + last]);
    }

    String size() {
        return width + "x" + height;
    }
}
