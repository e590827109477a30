package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.storage.S3Endpoint;
import tools.jackson.databind.json.JsonMapper;

class MetricsCommandTest {
    private static final int IMAGES = 70;

    @TempDir
    private static Path folder = Path.of("");

    private static String net = "";

    @BeforeAll
    static void makeImages() {
        Shell.Result trained = Shell.phema("train --outdir " + folder.resolve("run")
                + " --resolution 4 --channels 4 --channel-mult 1 --batch 256 --duration 1Ki --snapshot 1Ki");
        assertThat(trained.status()).as(trained.err()).isZero();
        net = folder.resolve("run/network-snapshot-0000001-0.050.safetensors").toString();
        generate("a", "0-69");
        generate("b", "100-169");
        Shell.phema("metrics ref --data " + folder.resolve("a") + " --dest " + folder.resolve("a.npz"))
                .fine();
    }

    private static void generate(String name, String seeds) {
        Shell.phema("generate --net " + net + " --steps 2 --seeds " + seeds + " --outdir " + folder.resolve(name))
                .fine();
    }

    @Test
    void imagesAreNoDistanceFromTheirOwnStatistics() {
        assertThat(calc("a")).isCloseTo(0, within(1e-6));
        assertThat(calc("b")).isGreaterThan(1e-4);
    }

    @Test
    void aNetworksImagesMeasureTheSameInFilesAndInMemory() {
        assertThat(Shell.phema("metrics gen --json --steps 2 --net " + net + ref() + " --seed 100 --num " + IMAGES)
                        .json()
                        .get("fd_random")
                        .asDouble())
                .isCloseTo(calc("b"), within(1e-9));
    }

    @Test
    void anArrayOfImagesMeasuresAsTheirFilesDo() {
        Path images = Shell.FIXTURES.resolve("images");
        String reference = folder.resolve("many.npz").toString();
        assertThat(Shell.phema("metrics ref --data " + images.resolve("many.zip") + " --dest " + reference)
                        .fine()
                        .out())
                .contains("many.zip: 2 files are left out, as they are no images (.png, .jpg): set/README.txt")
                .contains("wrote statistics of 70 images");
        Shell.Result result = Shell.phema(
                "metrics calc --json --num 70 --images " + images.resolve("npz/many.npz") + " --ref " + reference);
        assertThat(result.json().get("fd_random").asDouble()).isCloseTo(0, within(1e-6));
    }

    @Test
    void whatIsLeftOutIsSaidBesideJson() {
        Shell.Result result = Shell.phema(
                "metrics calc --json --num 70 --images " + Shell.FIXTURES.resolve("images/many.zip") + ref());
        assertThat(result.err()).contains("2 files are left out");
        assertThat(JsonMapper.shared().readTree(result.out()).get("fd_random").asDouble())
                .isPositive();
    }

    @Test
    void theLeastOfSeveralEvaluationsCounts() {
        assertThat(Shell.phema("metrics gen --json --steps 2 --net " + net + ref() + " --seed 0 --repeats 2 --num "
                                + IMAGES)
                        .json()
                        .get("fd_random")
                        .asDouble())
                .isCloseTo(0, within(1e-6));
    }

    /** Both halves of an autoencoder change images, and so the statistics. */
    @Test
    void statisticsAreOfWhatAnAutoencoderKeeps() {
        String halves = " --encoder " + Shell.FIXTURES.resolve("vae/encoder.onnx") + " --decoder "
                + Shell.FIXTURES.resolve("vae/decoder.onnx");
        Path kept = folder.resolve("kept.npz");
        Shell.phema("metrics ref --data " + folder.resolve("a") + " --dest " + kept + halves)
                .fine();
        assertThat(Shell.phema("metrics calc --json --images " + folder.resolve("a") + " --ref " + kept + " --num "
                                + IMAGES)
                        .json()
                        .get("fd_random")
                        .asDouble())
                .isGreaterThan(0.01);
        assertThat(Shell.phema("metrics ref --data " + folder.resolve("a") + " --dest " + folder.resolve("no.npz")
                                + " --encoder " + Shell.FIXTURES.resolve("vae/encoder.onnx"))
                        .complaint())
                .isEqualTo("phema: --encoder needs --decoder: features are of images, not of latents");
    }

    @Test
    void whatIsNotComparableWithFidSaysSo() {
        assertThat(Shell.phema("metrics calc --images " + folder.resolve("b") + ref() + " --num " + IMAGES)
                        .fine()
                        .out())
                .contains("not comparable with FID");
    }

    @Test
    void theUsersNetworkCounts() {
        String features = " --features fid=src/test/resources/fixtures/metrics/means.onnx";
        Path dest = folder.resolve("fid.npz");
        Shell.phema("metrics ref --data " + folder.resolve("a") + " --dest " + dest + features)
                .fine();
        assertThat(Shell.phema("metrics calc --json --images " + folder.resolve("a") + " --ref " + dest + " --num "
                                + IMAGES + features)
                        .json()
                        .get("fid")
                        .asDouble())
                .isCloseTo(0, within(1e-6));
    }

    @Test
    void everyArgumentMayLieInABucket() throws IOException {
        Path bucket = S3Endpoint.bucket();
        Path images = S3Endpoint.upload(folder.resolve("a"), bucket.resolve("images"));
        Path zip = bucket.resolve("images.zip");
        Files.write(zip, zipped(folder.resolve("a")));
        Path weights = bucket.resolve("net.safetensors");
        Files.copy(Path.of(net), weights);
        Path means = bucket.resolve("means.onnx");
        Files.copy(Path.of("src/test/resources/fixtures/metrics/means.onnx"), means);
        Path ref = bucket.resolve("statistics/fid.npz");

        Shell.phema("metrics ref --data " + images + " --dest " + ref + " --features fid=" + means)
                .fine();
        assertThat(Shell.phema("metrics calc --json --images " + zip + " --ref " + ref + " --num " + IMAGES
                                + " --features fid=" + means)
                        .json()
                        .get("fid")
                        .asDouble())
                .isCloseTo(0, within(1e-6));

        Path made = bucket.resolve("made");
        Shell.phema("generate --net " + weights + " --gnet " + weights + " --steps 2 --seeds 0-1 --outdir " + made
                        + " --grid " + bucket.resolve("grids/all.png") + " --out " + bucket.resolve("made.safetensors"))
                .fine();
        assertThat(Shell.names(made)).containsExactly("000000.png", "000001.png");
        for (String name : Shell.names(made))
            assertThat(Files.readAllBytes(made.resolve(name)))
                    .isEqualTo(Files.readAllBytes(folder.resolve("a").resolve(name)));
        assertThat(Shell.phema("inspect " + bucket.resolve("made.safetensors"))
                        .fine()
                        .out())
                .contains("1 tensors, 96 elements");
        assertThat(bucket.resolve("grids/all.png")).exists();

        for (Path data : List.of(images, zip)) {
            Shell.Result trained = Shell.phema("train --data " + data + " --outdir "
                    + folder.resolve("from-" + data.getFileName())
                    + " --channels 4 --channel-mult 1 --batch 256 --duration 1Ki --snapshot 1Ki");
            assertThat(trained.status()).as(trained.err()).isZero();
            assertThat(trained.out()).contains("70 images of 4x4");
        }
    }

    private static byte[] zipped(Path images) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (String name : Shell.names(images)) {
                zip.putNextEntry(new ZipEntry(name));
                Files.copy(images.resolve(name), zip);
            }
        }
        return bytes.toByteArray();
    }

    private static double calc(String images) {
        return Shell.phema("metrics calc --json --images " + folder.resolve(images) + ref() + " --num " + IMAGES)
                .json()
                .get("fd_random")
                .asDouble();
    }

    private static String ref() {
        return " --ref " + folder.resolve("a.npz");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            calc --images FOLDER/a --ref FOLDER/a.npz                | FOLDER/a holds 70 images where --num asks for 50,000
            calc --images FOLDER/a --ref FOLDER/a.npz --num 64       | 64 images are too few for the covariance of 64 features, fd_random; it takes at least 65
            calc --images FOLDER/a --ref FOLDER/a.npz --metrics fid  | fid needs its feature network: --features fid=FILE.onnx; src/interop/export_features.py makes it
            calc --images FOLDER/a --ref FOLDER/a.npz --metrics kid  | no metric is called 'kid'; there are fid, fd_dinov2, fd_random
            calc --images FOLDER/a --ref FOLDER/a.npz --features x   | --features x: say what it is for, as in fid=x
            calc --images FOLDER/a --ref src/test/resources/fixtures/metrics/reference-4.pkl --num 70 | src/test/resources/fixtures/metrics/reference-4.pkl holds no statistics for fd_random, only for fid, fd_dinov2
            calc --images FOLDER/a --ref src/test/resources/fixtures/metrics/fid.npz --num 70 | statistics of 64 features cannot be compared with those of 3; they come from different networks
            calc --images FOLDER/run --ref FOLDER/a.npz              | FOLDER/run holds no images (.png, .jpg) and no latents (.npy), only magnitudes.jsonl, network-snapshot-0000001-0.050.safetensors, network-snapshot-0000001-0.100.safetensors, stats.jsonl, training-state-0000001.safetensors
            ref --data FOLDER/a --dest FOLDER/a.npz                  | FOLDER/a.npz exists; choose another name or --overwrite
            ref --data FOLDER/a --dest FOLDER/a.pkl                  | --dest FOLDER/a.pkl: statistics are written as .npz
            """)
    void refusesWhatCannotBeMeasured(String line, String complaint) {
        assertThat(Shell.phema(("metrics " + line).replace("FOLDER", folder.toString()))
                        .complaint())
                .isEqualTo("phema: " + complaint.replace("FOLDER", folder.toString()));
    }

    @Test
    void nothingIsLeftOfStatisticsThatCouldNotBeMade() throws Exception {
        Path few = Files.createDirectory(folder.resolve("few"));
        Files.copy(folder.resolve("a/000000.png"), few.resolve("0.png"));
        assertThat(Shell.phema("metrics ref --data " + few + " --dest " + folder.resolve("few.npz"))
                        .complaint())
                .endsWith("1 images are too few for the covariance of 64 features, fd_random; it takes at least 65");
        assertThat(folder.resolve("few.npz")).doesNotExist();
    }
}
