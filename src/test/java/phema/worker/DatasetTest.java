package phema.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.format.FormatException;
import phema.problem.Problem;

class PngDatasetTest {
    private static final String LABELS = "{\"labels\": [[\"a/0.png\", 2], [\"b/1.png\", 0]]}";

    @TempDir
    private Path folder = Path.of("");

    @Test
    void readsAFolder() throws IOException {
        writeImages(LABELS);
        try (Dataset dataset = PngDataset.open(folder)) {
            assertIsOurs(dataset);
        }
    }

    @Test
    void readsAZipFile() throws IOException {
        writeImages(LABELS);
        Path zip = folder.resolve("images.zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
            for (String name : new String[] {"a/0.png", "b/1.png", "dataset.json"}) {
                out.putNextEntry(new ZipEntry(name));
                Files.copy(folder.resolve(name), out);
            }
        }
        try (Dataset dataset = PngDataset.open(zip)) {
            assertIsOurs(dataset);
        }
    }

    @Test
    void withoutLabelsThereAreNoClasses() throws IOException {
        writeImages("{\"labels\": null}");
        try (Dataset dataset = PngDataset.open(folder)) {
            assertThat(dataset.classes()).isZero();
        }
    }

    @Test
    void namesADamagedImage() throws IOException {
        writeImages(LABELS);
        byte[] png = Files.readAllBytes(folder.resolve("b/1.png"));
        Files.write(folder.resolve("b/1.png"), java.util.Arrays.copyOf(png, 40));
        try (Dataset dataset = PngDataset.open(folder)) {
            assertThatThrownBy(() -> dataset.read(1))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("b/1.png");
        }
    }

    @Test
    void namesAnImageOfAnotherSize() throws IOException {
        writeImages(LABELS);
        ImageIO.write(
                new BufferedImage(3, 3, BufferedImage.TYPE_INT_RGB),
                "png",
                folder.resolve("b/1.png").toFile());
        try (Dataset dataset = PngDataset.open(folder)) {
            assertThatThrownBy(() -> dataset.read(1)).hasMessageContaining("b/1.png is 3x3; the first image is 2x2");
        }
    }

    @Test
    void namesALabelThatCannotBe() throws IOException {
        writeImages("{\"labels\": [[\"a/0.png\", -1]]}");
        assertThatThrownBy(() -> PngDataset.open(folder)).hasMessageContaining("gives a/0.png the class -1");
    }

    @Test
    void namesAnImageWithoutLabel() throws IOException {
        writeImages("{\"labels\": [[\"a/0.png\", 1]]}");
        assertThatThrownBy(() -> PngDataset.open(folder)).hasMessageContaining("has no class for b/1.png");
    }

    @Test
    void refusesADamagedZipFile() throws IOException {
        Path zip = Files.write(folder.resolve("images.zip"), new byte[100]);
        assertThatThrownBy(() -> PngDataset.open(zip))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("is not a ZIP file, or a damaged one");
    }

    @Test
    void refusesAFolderWithoutImages() {
        assertThatThrownBy(() -> PngDataset.open(folder))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("holds no PNG images");
    }

    private static void assertIsOurs(Dataset dataset) throws IOException {
        assertThat(dataset.size()).isEqualTo(2);
        assertThat(dataset.classes()).isEqualTo(3);
        assertThat(dataset.resolution()).isEqualTo(2);
        assertThat(dataset.channels()).isEqualTo(3);
        Dataset.Example first = dataset.read(0);
        assertThat(first.label()).isEqualTo(2);
        // Upper right: red 255, green 0, blue 51.
        assertThat(first.pixels()[1]).isEqualTo(1);
        assertThat(first.pixels()[4 + 1]).isEqualTo(-1);
        assertThat(first.pixels()[8 + 1]).isCloseTo(51 / 127.5f - 1, within(1e-6f));
    }

    private void writeImages(String labels) throws IOException {
        Files.createDirectories(folder.resolve("a"));
        Files.createDirectories(folder.resolve("b"));
        BufferedImage image = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
        image.setRGB(1, 0, 0xff0033);
        ImageIO.write(image, "png", folder.resolve("a/0.png").toFile());
        ImageIO.write(image, "png", folder.resolve("b/1.png").toFile());
        Files.writeString(folder.resolve("dataset.json"), labels);
    }
}
