package phema.worker;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.util.random.RandomGenerator;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/** Square PNG images of one size, grey or RGB. Black is -1, white 1. */
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
        channels = first.getRaster().getNumBands() <= 2 ? 1 : 3;
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
    public Example read(int index, RandomGenerator random) throws IOException {
        BufferedImage image = image(index);
        if (image.getWidth() != resolution || image.getHeight() != resolution)
            throw folder.broken(index, "is " + size(image) + "; the first image is " + resolution + "x" + resolution);
        float[] pixels = new float[channels * resolution * resolution];
        for (int y = 0; y < resolution; y++) {
            for (int x = 0; x < resolution; x++) {
                int rgb = image.getRGB(x, y);
                for (int c = 0; c < channels; c++) {
                    int value = channels == 1 ? image.getRaster().getSample(x, y, 0) : rgb >> (16 - 8 * c) & 0xff;
                    pixels[(c * resolution + y) * resolution + x] = value / 127.5f - 1;
                }
            }
        }
        return new Example(pixels, folder.label(index));
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
