package phema.edm2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import phema.format.FormatException;
import phema.problem.Problem;

class DatasetTest {
    private static final String LABELS = "{\"labels\": [[\"a/0.png\", 2], [\"b/1.png\", 0]]}";

    /** Written by NumPy: 0.npy and 1.npy in each. */
    private static final Path LATENTS = Path.of("src/test/resources/latents");

    private static final RandomGenerator RANDOM = Randoms.of(0, 0);

    @TempDir
    private Path folder = Path.of("");

    @Test
    void readsAFolder() throws IOException {
        writeImages(LABELS);
        try (Dataset dataset = Dataset.open(folder)) {
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
        try (Dataset dataset = Dataset.open(zip)) {
            assertIsOurs(dataset);
        }
    }

    @Test
    void leavesAloneWhatMacOsLeavesInFoldersAndArchives() throws IOException {
        writeImages(LABELS);
        Files.writeString(folder.resolve("a/._0.png"), "Mac OS X");
        Files.createDirectories(folder.resolve("__MACOSX/a"));
        Files.writeString(folder.resolve("__MACOSX/a/0.png"), "Mac OS X");
        try (Dataset dataset = Dataset.open(folder)) {
            assertIsOurs(dataset);
        }
        Path zip = folder.resolve("images.zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
            for (String name : new String[] {"a/0.png", "b/1.png", "dataset.json", "a/._0.png", "__MACOSX/a/0.png"}) {
                out.putNextEntry(new ZipEntry(name));
                Files.copy(folder.resolve(name), out);
            }
        }
        try (Dataset dataset = Dataset.open(zip)) {
            assertIsOurs(dataset);
        }
    }

    @Test
    void withoutLabelsThereAreNoClasses() throws IOException {
        writeImages("{\"labels\": null}");
        try (Dataset dataset = Dataset.open(folder)) {
            assertThat(dataset.classes()).isZero();
        }
    }

    @Test
    void namesADamagedImage() throws IOException {
        writeImages(LABELS);
        byte[] png = Files.readAllBytes(folder.resolve("b/1.png"));
        Files.write(folder.resolve("b/1.png"), Arrays.copyOf(png, 40));
        try (Dataset dataset = Dataset.open(folder)) {
            assertThatThrownBy(() -> dataset.read(1, RANDOM))
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
        try (Dataset dataset = Dataset.open(folder)) {
            assertThatThrownBy(() -> dataset.read(1, RANDOM))
                    .hasMessageContaining("b/1.png is 3x3; the first image is 2x2");
        }
    }

    @Test
    void namesALabelThatCannotBe() throws IOException {
        writeImages("{\"labels\": [[\"a/0.png\", -1]]}");
        assertThatThrownBy(() -> Dataset.open(folder)).hasMessageContaining("gives a/0.png the class -1");
    }

    @Test
    void namesAnImageWithoutLabel() throws IOException {
        writeImages("{\"labels\": [[\"a/0.png\", 1]]}");
        assertThatThrownBy(() -> Dataset.open(folder)).hasMessageContaining("has no class for b/1.png");
    }

    @Test
    void refusesADamagedZipFile() throws IOException {
        Path zip = Files.write(folder.resolve("images.zip"), new byte[100]);
        assertThatThrownBy(() -> Dataset.open(zip))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("is not a ZIP file, or a damaged one");
    }

    @Test
    void refusesAFolderWithoutImages() {
        assertThatThrownBy(() -> Dataset.open(folder))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("holds no images (.png, .jpg) and no latents (.npy)");
    }

    /** Values 0 and 153 are those of the colours below, and 153 is not what linear grey would give. */
    @ParameterizedTest
    @ValueSource(ints = {BufferedImage.TYPE_BYTE_INDEXED, BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_INT_RGB})
    void readsTheSameFromWhateverKindOfPng(int type) throws IOException {
        BufferedImage image = new BufferedImage(2, 2, type);
        if (type == BufferedImage.TYPE_BYTE_GRAY) image.getRaster().setSample(1, 0, 0, 153);
        else image.setRGB(1, 0, 0x999999);
        ImageIO.write(
                new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB),
                "png",
                folder.resolve("0.png").toFile());
        ImageIO.write(image, "png", folder.resolve("1.png").toFile());
        try (Dataset dataset = Dataset.open(folder)) {
            float[] pixels = dataset.read(1, RANDOM).pixels();
            assertThat(pixels).hasSize(12);
            for (int c = 0; c < 3; c++) {
                assertThat(pixels[4 * c]).isEqualTo(-1);
                assertThat(pixels[4 * c + 1]).isCloseTo(153 / 127.5f - 1, within(1e-6f));
            }
        }
    }

    @Test
    void readsPalettesAndSingleBits() throws IOException {
        BufferedImage colours = new BufferedImage(2, 2, BufferedImage.TYPE_BYTE_INDEXED);
        colours.setRGB(1, 0, 0xff0033);
        ImageIO.write(colours, "png", folder.resolve("0.png").toFile());
        try (Dataset dataset = Dataset.open(folder)) {
            assertThat(dataset.channels()).isEqualTo(3);
            assertThat(dataset.read(0, RANDOM).pixels()).startsWith(-1, 1, -1, -1, -1, -1);
        }
        BufferedImage bits = new BufferedImage(2, 2, BufferedImage.TYPE_BYTE_BINARY);
        bits.setRGB(1, 0, 0xffffff);
        ImageIO.write(bits, "png", folder.resolve("0.png").toFile());
        ImageIO.write(colours, "png", folder.resolve("1.png").toFile());
        try (Dataset dataset = Dataset.open(folder)) {
            assertThat(dataset.channels()).isEqualTo(1);
            assertThat(dataset.read(0, RANDOM).pixels()).containsExactly(-1, 1, -1, -1);
            assertThatThrownBy(() -> dataset.read(1, RANDOM))
                    .hasMessageContaining("1.png has colours; the first image is grey");
        }
    }

    @Test
    void followsALinkToTheFolder() throws IOException {
        writeImages(LABELS);
        Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("a"));
        try (Dataset dataset = Dataset.open(link)) {
            assertThat(dataset.size()).isEqualTo(1);
        }
    }

    @Test
    void takesLatentsAsTheyAre() throws IOException {
        try (Dataset dataset = Dataset.open(LATENTS.resolve("plain"))) {
            assertThat(dataset.channels()).isEqualTo(3);
            assertThat(dataset.resolution()).isEqualTo(2);
            // Values of 1.npy, in float16: 1, 1 + 1/8, and so on.
            float[] latents = dataset.read(1, RANDOM).pixels();
            assertThat(latents).hasSize(12).startsWith(1f, 1.125f, 1.25f).endsWith(2.375f);
        }
    }

    /**
     * The mean of 0.npy is that of ImageNet, without deviation; that of 1.npy a standard deviation more, with half a
     * unit of deviation.
     */
    @Test
    void drawsAndNormalizesLatentsThatAreDistributions() throws IOException {
        try (Dataset dataset = Dataset.open(LATENTS.resolve("distributions"))) {
            assertThat(dataset.channels()).isEqualTo(4);
            for (float latent : dataset.read(0, RANDOM).pixels())
                assertThat(latent).isCloseTo(0, within(1e-6f));
            double[] deviations = {4.17, 4.62, 3.71, 3.28};
            SummaryStatistics[] seen = new SummaryStatistics[4];
            Arrays.setAll(seen, c -> new SummaryStatistics());
            for (int n = 0; n < 2000; n++) {
                float[] latents = dataset.read(1, RANDOM).pixels();
                for (int i = 0; i < 16; i++) seen[i / 4].addValue(latents[i]);
            }
            for (int c = 0; c < 4; c++) {
                assertThat(seen[c].getMean()).isCloseTo(0.5, within(0.002));
                assertThat(seen[c].getStandardDeviation()).isCloseTo(0.25 / deviations[c], within(0.002));
            }
        }
    }

    @Test
    void namesLatentsThatCannotBeTaken() throws IOException {
        byte[] first = Files.readAllBytes(LATENTS.resolve("plain/0.npy"));
        Files.write(folder.resolve("0.npy"), first);
        Files.write(folder.resolve("1.npy"), Arrays.copyOf(first, first.length - 1));
        Files.copy(LATENTS.resolve("distributions/0.npy"), folder.resolve("2.npy"));
        first[first.length - 1] = 0x7c; // the high byte of a float16: infinity, or nearly
        first[first.length - 2] = 0;
        Files.write(folder.resolve("3.npy"), first);
        try (Dataset dataset = Dataset.open(folder)) {
            assertThatThrownBy(() -> dataset.read(1, RANDOM))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("1.npy holds 23 bytes where its shape [3, 2, 2] needs 24");
            assertThatThrownBy(() -> dataset.read(2, RANDOM))
                    .hasMessageContaining("2.npy has the shape [8, 2, 2]; the first one has [3, 2, 2]");
            assertThatThrownBy(() -> dataset.read(3, RANDOM))
                    .hasMessageContaining("3.npy holds a value that is not finite");
        }
    }

    @Test
    void refusesImagesAndLatentsInOneFolder() throws IOException {
        writeImages(LABELS);
        Files.copy(LATENTS.resolve("plain/0.npy"), folder.resolve("0.npy"));
        assertThatThrownBy(() -> Dataset.open(folder))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("holds both images (.png, .jpg) and latents (.npy)");
    }

    private static void assertIsOurs(Dataset dataset) throws IOException {
        assertThat(dataset.size()).isEqualTo(2);
        assertThat(dataset.classes()).isEqualTo(3);
        assertThat(dataset.resolution()).isEqualTo(2);
        assertThat(dataset.channels()).isEqualTo(3);
        Dataset.Example first = dataset.read(0, RANDOM);
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
