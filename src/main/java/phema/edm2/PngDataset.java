package phema.edm2;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.io.InputStream;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/** Reads square PNG images of one size, grey or RGB. Black is -1, white 1. */
final class PngDataset implements Dataset {
    private final ImageFolder folder;
    private final int resolution;
    private final int channels;

    PngDataset(ImageFolder folder) throws IOException {
        this.folder = folder;
        BufferedImage first = image(0);
        if (first.getWidth() != first.getHeight())
            throw folder.broken(0, "is " + size(first) + "; images must be square");
        resolution = first.getWidth();
        channels = isGrey(first) ? 1 : 3;
    }

    @Override
    public int size() {
        return folder.size();
    }

    @Override
    public int resolution() {
        return resolution;
    }

    @Override
    public int channels() {
        return channels;
    }

    @Override
    public int classes() {
        return folder.classes();
    }

    @Override
    public String identity() {
        return folder.identity();
    }

    @Override
    public Example read(int index, RandomGenerator random) throws IOException {
        BufferedImage image = image(index);
        if (image.getWidth() != resolution || image.getHeight() != resolution)
            throw folder.broken(index, "is " + size(image) + "; the first image is " + resolution + "x" + resolution);
        boolean grey = isGrey(image);
        if (channels == 1 && !grey) throw folder.broken(index, "has colours; the first image is grey");
        float[] pixels = new float[channels * resolution * resolution];
        for (int y = 0; y < resolution; y++) {
            for (int x = 0; x < resolution; x++) {
                int rgb = grey ? 0x010101 * grey(image, x, y) : image.getRGB(x, y);
                for (int c = 0; c < channels; c++) {
                    int value = rgb >> (16 - 8 * c) & 0xff;
                    pixels[(c * resolution + y) * resolution + x] = value / 127.5f - 1;
                }
            }
        }
        return new Example(pixels, folder.label(index));
    }

    /** Images with a palette have one band too, and colours. */
    private static boolean isGrey(BufferedImage image) {
        return image.getColorModel() instanceof IndexColorModel palette
                ? isGrey(palette)
                : image.getRaster().getNumBands() <= 2;
    }

    private static boolean isGrey(IndexColorModel palette) {
        return IntStream.range(0, palette.getMapSize())
                .allMatch(i -> palette.getRed(i) == palette.getGreen(i) && palette.getRed(i) == palette.getBlue(i));
    }

    /** 0 to 255, as stored: Java would take grey values for linear light and brighten them. */
    private static int grey(BufferedImage image, int x, int y) {
        int stored = image.getRaster().getSample(x, y, 0);
        if (image.getColorModel() instanceof IndexColorModel palette) return palette.getRed(stored);
        return stored * 255 / ((1 << image.getSampleModel().getSampleSize(0)) - 1);
    }

    private BufferedImage image(int index) throws IOException {
        @Nullable BufferedImage image;
        try (InputStream in = folder.open(index)) {
            image = ImageIO.read(in);
        } catch (IOException | RuntimeException e) {
            throw folder.broken(index, "cannot be read as a PNG image: " + e.getMessage());
        }
        if (image == null) throw folder.broken(index, "is not a PNG image");
        if (image.getRaster().getSampleModel().getSampleSize(0) > 8)
            throw folder.broken(index, "has more than 8 bits per value");
        return image;
    }

    private static String size(BufferedImage image) {
        return image.getWidth() + "x" + image.getHeight();
    }

    @Override
    public void close() throws IOException {
        folder.close();
    }
}
