package phema.edm2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static phema.Fixtures.fixture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;
import phema.format.FormatException;
import phema.problem.Problem;

/** Compares what is read of images with what Pillow reads: fixtures/images/make.py. */
class StoredImageTest {
    private static final Path FIXTURES = fixture("images");
    private static final RandomGenerator RANDOM = Randoms.of(0, 0);

    @TempDir
    private Path folder = Path.of("");

    /** Of whatever kind: with fewer colours, progressive, to be turned, with a profile, in grey, without YCbCr. */
    @ParameterizedTest
    @ValueSource(strings = {"colours", "full", "progressive", "turned", "profile", "grey", "rgb"})
    void aJpegIsReadAsPillowReadsIt(String name) throws IOException {
        byte[] jpeg = Files.readAllBytes(FIXTURES.resolve("jpeg/" + name + ".jpg"));
        byte[] png = Files.readAllBytes(FIXTURES.resolve("png/" + name + ".png"));
        StoredImage read = StoredImage.decode(jpeg, StoredImageTest::broken);
        StoredImage expected = StoredImage.decode(png, StoredImageTest::broken);
        assertThat(read.channels()).isEqualTo(name.equals("grey") ? 1 : 3);
        assertThat(read.size()).isEqualTo("20x20");
        assertThat(read.values()).isEqualTo(expected.values());
    }

    /** Java would fill what is missing, and say nothing. */
    @ParameterizedTest
    @ValueSource(strings = {"full", "progressive", "grey"})
    void aJpegThatWasCutOffIsRefused(String name) throws IOException {
        byte[] jpeg = Files.readAllBytes(FIXTURES.resolve("jpeg/" + name + ".jpg"));
        for (int missing : new int[] {2, 6})
            assertThatThrownBy(() ->
                            StoredImage.decode(Arrays.copyOf(jpeg, jpeg.length - missing), StoredImageTest::broken))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("is a damaged JPEG image, a part of which is lost: Truncated File");
        byte[] longer = Arrays.copyOf(jpeg, jpeg.length + 10);
        assertThat(StoredImage.decode(longer, StoredImageTest::broken).values())
                .isEqualTo(StoredImage.decode(jpeg, StoredImageTest::broken).values());
    }

    private static FormatException broken(String problem) {
        return new FormatException(Path.of("x"), problem);
    }

    @Test
    void jpegsCountBesidePngs() throws IOException {
        Fixtures.copy("images/jpeg", folder);
        Files.move(folder.resolve("full.jpg"), folder.resolve("full.JPEG"));
        Files.copy(FIXTURES.resolve("png/colours.png"), folder.resolve("png.PNG"));
        try (Dataset dataset = Dataset.open(folder)) {
            assertThat(dataset.size()).isEqualTo(8);
            assertThat(dataset.notices()).containsExactly(folder + ": 1 PNG and 7 JPEG images");
            // By name: colours, full, grey, png, ...
            assertThat(dataset.read(0, RANDOM).pixels())
                    .isEqualTo(dataset.read(3, RANDOM).pixels());
            assertThat(dataset.identity()).startsWith("8 image files, ");
        }
    }

    @Test
    void whatIsLeftOutIsCountedAndNamed() throws IOException {
        Fixtures.copy("images/png", folder);
        for (String name :
                new String[] {"a.txt", "b.webp", "c.JPG.part", "d", "e.gif", "f.bmp", ".hidden.png", "._x.jpg"})
            Files.writeString(folder.resolve(name), "x");
        Files.createDirectories(folder.resolve("__MACOSX/a"));
        Files.writeString(folder.resolve("__MACOSX/a/x.png"), "x");
        Files.createDirectories(folder.resolve(".thumbnails"));
        Files.writeString(folder.resolve(".thumbnails/x.png"), "x");
        Files.createDirectories(folder.resolve("sub"));
        Files.createSymbolicLink(folder.resolve("sub/link"), folder.resolve("sub"));
        try (Dataset dataset = Dataset.open(folder)) {
            assertThat(dataset.size()).isEqualTo(7);
            assertThat(dataset.identity()).startsWith("7 png files, ");
            assertThat(dataset.notices())
                    .containsExactly(
                            folder + ": 7 files are left out, as they are no images (.png, .jpg): a.txt, b.webp, "
                                    + "c.JPG.part, d, e.gif and 2 more");
        }
    }

    @Test
    void aFolderOfOtherThingsSaysWhatItHolds() throws IOException {
        Files.writeString(folder.resolve("a.webp"), "x");
        assertThatThrownBy(() -> Dataset.open(folder))
                .isInstanceOf(Problem.class)
                .hasMessageEndingWith("holds no images (.png, .jpg) and no latents (.npy), only a.webp");
    }

    @Test
    void archivesAreReadWithoutWhatMacosAddsToThem() throws IOException {
        Path zip = FIXTURES.resolve("many.zip");
        try (Dataset images = Dataset.open(zip);
                Dataset array = Dataset.open(FIXTURES.resolve("npz/many.npz"))) {
            assertThat(images.size()).isEqualTo(70);
            assertThat(images.notices())
                    .containsExactly(
                            zip
                                    + ": 2 files are left out, as they are no images (.png, .jpg): set/README.txt, set/more.webp");
            assertThat(array.size()).isEqualTo(70);
            assertThat(array.notices()).isEmpty();
            for (int i = 0; i < 70; i++)
                assertThat(array.read(i, RANDOM).pixels())
                        .isEqualTo(images.read(i, RANDOM).pixels());
        }
    }

    @Test
    void transparencyIsIgnored() throws IOException {
        Files.copy(FIXTURES.resolve("others/alpha.png"), folder.resolve("alpha.png"));
        try (Dataset dataset = Dataset.open(folder);
                Dataset array = Dataset.open(FIXTURES.resolve("npz/adm.npz"))) {
            assertThat(dataset.channels()).isEqualTo(3);
            assertThat(dataset.read(0, RANDOM).pixels())
                    .isEqualTo(array.read(0, RANDOM).pixels());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            cmyk.jpg    | cmyk.jpg is a JPEG image in CMYK or YCCK
            twelve.jpg  | twelve.jpg is a JPEG image of 12 bits per value; save it with 8
            sixteen.png | sixteen.png has more than 8 bits per value; save it with 8
            """)
    void whatCannotBeReadIsRefusedByName(String name, String message) throws IOException {
        Files.copy(FIXTURES.resolve("others/" + name), folder.resolve(name));
        assertThatThrownBy(() -> Dataset.open(folder))
                .isInstanceOf(FormatException.class)
                .hasMessageStartingWith(folder + ": ")
                .hasMessageContaining(message);
    }

    @Test
    void somethingElseUnderAnImagesNameIsRefused() throws IOException {
        Files.copy(FIXTURES.resolve("others/colours.webp"), folder.resolve("a.jpg"));
        assertThatThrownBy(() -> Dataset.open(folder))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("a.jpg is neither a PNG nor a JPEG image");
    }

    /** Cut anywhere, it is refused in one line or, where only the picture's end is missing, read as far as it goes. */
    @Test
    void aDamagedJpegIsNoFault() throws IOException {
        byte[] jpeg = Files.readAllBytes(FIXTURES.resolve("jpeg/profile.jpg"));
        for (int size = 0; size < jpeg.length; size += 7) {
            byte[] cut = Arrays.copyOf(jpeg, size);
            try {
                assertThat(StoredImage.decode(cut, StoredImageTest::broken).size())
                        .isEqualTo("20x20");
            } catch (FormatException e) {
                assertThat(e).hasMessageStartingWith("x: ");
            }
        }
        for (int at = 0; at < jpeg.length; at += 3) {
            byte[] changed = jpeg.clone();
            changed[at] ^= 0x5a;
            try {
                StoredImage.decode(changed, StoredImageTest::broken);
            } catch (FormatException e) {
                assertThat(e).hasMessageStartingWith("x: ");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"adm.npz", "samples.npz", "compressed.npz"})
    void arraysOfAdmAreImages(String name) throws IOException {
        try (Dataset array = Dataset.open(FIXTURES.resolve("npz/" + name))) {
            assertThat(array.size()).isEqualTo(3);
            assertThat(array.resolution()).isEqualTo(20);
            assertThat(array.channels()).isEqualTo(3);
            assertThat(array.classes()).isZero();
            float[] first = array.read(0, RANDOM).pixels();
            float[] upsideDown = array.read(1, RANDOM).pixels();
            // Red grows to the right, green downwards.
            assertThat(first[19]).isEqualTo(1);
            assertThat(first[400 + 19]).isEqualTo(-1);
            assertThat(upsideDown[400 + 19]).isEqualTo(1);
        }
    }

    @Test
    void otherArraysAreNamed() throws IOException {
        Path samples = FIXTURES.resolve("npz/samples.npz");
        try (Dataset array = Dataset.open(samples)) {
            assertThat(array.notices())
                    .containsExactly(samples + ": the images are arr_0; left out are the arrays arr_1");
        }
    }

    @Test
    void unpackedArraysAreRemoved() throws IOException {
        long before = temporaryArrays();
        try (Dataset array = Dataset.open(FIXTURES.resolve("npz/compressed.npz"))) {
            assertThat(array.size()).isEqualTo(3);
        }
        assertThat(temporaryArrays()).isEqualTo(before);
    }

    private static long temporaryArrays() throws IOException {
        try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith("phema-array-"))
                    .count();
        }
    }

    @Test
    void greyArraysAreGrey() throws IOException {
        try (Dataset array = Dataset.open(FIXTURES.resolve("npz/grey.npz"))) {
            assertThat(array.channels()).isEqualTo(1);
            assertThat(array.read(0, RANDOM).pixels()).hasSize(400);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            first.npz   | array `arr_0` has the shape [3, 3, 20, 20]; square images are [N, height, width, 3]
            wide.npz    | array `arr_0` has the shape [3, 10, 20, 3]; square images are
            none.npz    | array `arr_0` has the shape [0, 20, 20, 3]; square images are
            flat.npz    | array `arr_0` has the shape [20, 20, 3]; square images are
            floats.npz  | array `arr_0` holds values of type f4; images are unsigned bytes, u1
            fortran.npz | array `arr_0` is a column-major array; save it row-major
            others.npz  | holds no array `arr_0`, in which images are [N, height, width, 3]; it has pictures
            """)
    void arraysThatAreNoImagesAreRefused(String name, String message) {
        Path path = FIXTURES.resolve("npz/" + name);
        assertThatThrownBy(() -> Dataset.open(path))
                .isInstanceOf(FormatException.class)
                .hasMessageStartingWith(path + ": ")
                .hasMessageContaining(message);
    }

    @Test
    void aDamagedArrayIsRefused() throws IOException {
        byte[] packed = Files.readAllBytes(FIXTURES.resolve("npz/compressed.npz"));
        packed[300] ^= 1;
        Path damaged = Files.write(folder.resolve("a.npz"), packed);
        assertThatThrownBy(() -> Dataset.open(damaged))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("is damaged");
        byte[] whole = Files.readAllBytes(FIXTURES.resolve("npz/samples.npz"));
        Path cut = Files.write(folder.resolve("b.npz"), Arrays.copyOf(whole, whole.length / 2));
        assertThatThrownBy(() -> Dataset.open(cut)).isInstanceOf(FormatException.class);
    }
}
