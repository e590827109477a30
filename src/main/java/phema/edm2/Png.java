package phema.edm2;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import phema.storage.PendingFile;
import phema.tensor.PixelLevel;

/** Writes images as PNG files. */
public final class Png {
    private Png() {}

    /** Writes one image of a batch. */
    public static void write(Path path, ImageBatch images, int index) throws IOException {
        int size = images.resolution();
        BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        draw(image, 0, 0, images, index);
        write(path, image);
    }

    /** Writes all images side by side, as square as may be. */
    public static void writeGrid(Path path, ImageBatch images) throws IOException {
        int n = images.count();
        int columns = (int) Math.ceil(Math.sqrt(n));
        int size = images.resolution();
        BufferedImage image =
                new BufferedImage(columns * size, Math.ceilDiv(n, columns) * size, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < n; i++) draw(image, i % columns * size, i / columns * size, images, i);
        write(path, image);
    }

    private static void draw(BufferedImage to, int left, int top, ImageBatch images, int index) {
        int size = images.resolution();
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                int rgb = 0;
                for (int c = 0; c < 3; c++) {
                    int channel = Math.min(c, images.channels() - 1);
                    float value = images.values()[index * images.pixels() + (channel * size + y) * size + x];
                    rgb = rgb << 8 | PixelLevel.of(value);
                }
                to.setRGB(left + x, top + y, rgb);
            }
        }
    }

    private static void write(Path path, BufferedImage image) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        PendingFile.write(path, channel -> bytes.writeTo(Channels.newOutputStream(channel)));
    }
}
