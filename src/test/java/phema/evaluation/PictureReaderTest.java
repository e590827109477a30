package phema.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import phema.TestImages;
import phema.metrics.Images;

/** Images that evaluators leave, and files that are none. */
class PictureReaderTest {
    @TempDir
    private Path folder;

    private static Picture read(byte[] content) {
        return PictureReader.read("000003", Path.of("000003.png"), content);
    }

    private static BufferedImage image(byte[] content) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(content));
    }

    @Test
    void smallImagesAreKeptToTheLastPixel() throws IOException {
        byte[] file = TestImages.of(200, 100, "png", Color.RED);
        Picture kept = read(file);
        assertThat(kept.problem()).isEmpty();
        assertThat(kept.media()).isEqualTo("image/png");
        BufferedImage before = image(file);
        BufferedImage after = image(kept.content());
        for (int y = 0; y < 100; y++)
            for (int x = 0; x < 200; x++) assertThat(after.getRGB(x, y)).isEqualTo(before.getRGB(x, y));
        BufferedImage thumbnail = image(kept.thumbnail());
        assertThat(List.of(thumbnail.getWidth(), thumbnail.getHeight())).containsExactly(128, 64);
        assertThat(read(TestImages.of(8, 8, "png", Color.RED)).thumbnail()).isEmpty();
    }

    @Test
    void largeOnesAreMadeSmaller() throws IOException {
        Picture kept = read(TestImages.of(3000, 1500, "jpeg", Color.BLACK));
        assertThat(List.of(kept.width(), kept.height())).containsExactly(3000, 1500);
        assertThat(kept.media()).isEqualTo("image/jpeg");
        BufferedImage after = image(kept.content());
        assertThat(List.of(after.getWidth(), after.getHeight())).containsExactly(1024, 512);
        // A checkerboard of black and white, each pixel of which counts.
        Color mean = new Color(after.getRGB(500, 300));
        assertThat(mean.getRed()).isBetween(110, 150);
        assertThat(kept.bytes()).isLessThan(400_000);
    }

    @Test
    void nothingIsDecodedBeforeItsSizeIsKnown() throws IOException {
        assertThat(read(TestImages.hugePng(40_000, 25_000)).problem())
                .isEqualTo("000003.png: has 40,000 x 25,000 pixels; an image may have 16,777,216 in all");
        byte[] jpeg = TestImages.of(64, 64, "jpeg", Color.RED);
        int frame = 0;
        while (jpeg[frame] != (byte) 0xff || jpeg[frame + 1] != (byte) 0xc0) frame++;
        Arrays.fill(jpeg, frame + 5, frame + 9, (byte) 0xfe);
        assertThat(read(jpeg).problem()).contains("65,278 x 65,278 pixels");
        assertThat(read(new byte[PictureReader.MOST_BYTES + 1]).problem())
                .isEqualTo("000003.png: is larger than 8 MiB, which an image may have at most");
    }

    @Test
    void whatIsNoImageIsSaidInWords() throws IOException {
        assertThat(read("hello".getBytes(StandardCharsets.UTF_8)).problem())
                .isEqualTo("000003.png: is neither a PNG nor a JPEG image");
        assertThat(read(new byte[0]).problem()).contains("neither");
        assertThat(read("RIFF\0\0\0\0WEBPVP8 ".getBytes(StandardCharsets.UTF_8)).problem())
                .isEqualTo("000003.png: is a WebP image, which is not read; save it as PNG or JPEG");
        byte[] whole = TestImages.of(64, 64, "png", Color.RED);
        assertThat(read(Arrays.copyOf(whole, whole.length / 2)).problem()).contains("cannot be read");
        assertThat(read(Arrays.copyOf(whole, 12)).problem()).contains("is a damaged PNG image");
        byte[] photo = TestImages.of(64, 64, "jpeg", Color.RED);
        assertThat(read(Arrays.copyOf(photo, photo.length / 2)).problem()).contains("damaged JPEG");
    }

    @Test
    void aJpegOfThousandsOfScansIsNotDecoded() throws IOException {
        byte[] image = TestImages.of(64, 64, "jpeg", Color.RED);
        byte[] file = Arrays.copyOf(image, image.length + 4000);
        for (int i = image.length; i + 1 < file.length; i += 2) {
            file[i] = (byte) 0xff;
            file[i + 1] = (byte) 0xda;
        }
        assertThat(read(file).problem()).isEqualTo("000003.png: is a JPEG image in more than 100 scans");
    }

    @Test
    void ourOwnAreNamedByTheirSeeds() throws IOException {
        byte[] rgb = new byte[2 * 3 * 4];
        Arrays.fill(rgb, 12, 16, (byte) 255); // the second image is red
        Picture second = PictureReader.of(7, new Images(2, rgb), 1);
        assertThat(second.name()).isEqualTo("000007");
        assertThat(image(second.content()).getRGB(1, 1)).isEqualTo(0xffff0000);
        assertThat(Picture.named("12")).isEqualTo(Picture.named("000012")).isEqualTo("000012");
        assertThat(Picture.named("1234567")).isEqualTo("1234567");
        assertThat(Picture.named("cat")).isEqualTo("cat");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aCommandsFolderIsReadInTheOrderOfSeeds() throws IOException {
        Path samples = Files.createDirectory(folder.resolve("samples"));
        for (String name : List.of("12.png", "2.png", "100.png", "cat.png", "notes.txt"))
            Files.write(samples.resolve(name), TestImages.of(8, 8, "png", Color.RED));
        Files.writeString(samples.resolve("3.png"), "none");
        Path secret = Files.write(folder.resolve("secret.png"), TestImages.of(8, 8, "png", Color.RED));
        Files.createSymbolicLink(samples.resolve("1.png"), secret);
        Files.createDirectory(samples.resolve("4.png"));
        EvaluationLog log = new EvaluationLog();
        Pictures pictures = new Pictures(4);
        PictureFiles.collect(folder, pictures, log);
        assertThat(pictures.all()).extracting(Picture::name).containsExactly("000002", "000003", "000012", "000100");
        assertThat(log.text())
                .isEqualTo("of 5 images the first 4 are kept; phema.samples says how many\n"
                        + "3.png: is neither a PNG nor a JPEG image\n");
        Pictures none = new Pictures(0);
        PictureFiles.collect(folder, none, log);
        assertThat(none.all()).isEmpty();
    }
}
