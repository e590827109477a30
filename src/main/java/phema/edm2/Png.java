package phema.edm2;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import phema.problem.Problem;
import phema.storage.PendingFile;
import phema.tensor.PixelLevel;

/** Writes network outputs as PNG images: -1 is black, 1 white. */
public final class Png {
    private Png() {}

    /** @throws Problem unless images are grey or RGB */
    public static void requireImages(NetworkSpec spec) {
        if (spec.channels() != 1 && spec.channels() != 3)
            throw Problem.invalid(
                    "net",
                    "the network makes latents of " + spec.channels()
                            + " channels, which are no images yet; write them into a safetensors file");
    }

    /** Writes one image of a batch. @param images [N, C, H, W] */
    public static void write(Path path, NetworkSpec spec, float[] images, int index) throws IOException {
        BufferedImage image = new BufferedImage(spec.resolution(), spec.resolution(), BufferedImage.TYPE_INT_RGB);
        draw(image, 0, 0, spec, images, index);
        write(path, image);
    }

    /** Writes all images side by side, as square as may be. @param images [N, C, H, W] */
    public static void writeGrid(Path path, NetworkSpec spec, float[] images) throws IOException {
        int n = images.length / spec.pixels();
        int columns = (int) Math.ceil(Math.sqrt(n));
        int size = spec.resolution();
        BufferedImage image =
                new BufferedImage(columns * size, Math.ceilDiv(n, columns) * size, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < n; i++) draw(image, i % columns * size, i / columns * size, spec, images, i);
        write(path, image);
    }

    private static void draw(BufferedImage to, int left, int top, NetworkSpec spec, float[] images, int index) {
        int size = spec.resolution();
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                int rgb = 0;
                for (int c = 0; c < 3; c++) {
                    int channel = Math.min(c, spec.channels() - 1);
                    float value = images[index * spec.pixels() + (channel * size + y) * size + x];
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
