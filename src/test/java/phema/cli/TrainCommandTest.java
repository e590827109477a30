package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.tensor.DType;

class TrainCommandTest {
    private static final String TINY =
            " --resolution 4 --channels 4 --channel-mult 1 --batch 256 --duration 2Ki --snapshot 1Ki";

    @TempDir
    private Path folder = Path.of("");

    @ParameterizedTest
    @ValueSource(strings = {"edm2", "adm"})
    void whatWasTrainedIsReconstructedAndMakesImages(String architecture) throws Exception {
        Path run = folder.resolve("run");
        Shell.Result trained = Shell.phema("train --arch " + architecture + " --outdir " + run + TINY);
        assertThat(trained.status()).as(trained.err()).isZero();
        assertThat(trained.out()).contains("65,536 images of 4x4").contains("trained with 2,048 images");
        assertThat(trained.err()).contains("100% of 2,048 images, loss ");

        Shell.phema("reconstruct --indir " + run + " --outdir " + folder + " --outstd 0.07");
        Shell.Result generated = Shell.phema("generate --net " + folder.resolve("phema-0000002-0.070.safetensors")
                + " --outdir " + folder.resolve("images") + " --grid " + folder.resolve("images/grid.png")
                + " --seeds 1,5-6 --steps 2");
        assertThat(generated.out()).contains("wrote 3 images");
        assertThat(Shell.names(folder.resolve("images")))
                .containsExactly("000001.png", "000005.png", "000006.png", "grid.png");

        Shell.Result onTheFly = Shell.phema("generate --net phema:run@0.07 --roots " + folder + " --outdir "
                + folder.resolve("same") + " --grid " + folder.resolve("same/grid.png") + " --seeds 1,5-6 --steps 2");
        assertThat(onTheFly.out()).contains("phema:run@0.07 from ").contains("wrote 3 images");
        for (String image : Shell.names(folder.resolve("images")))
            assertThat(folder.resolve("same").resolve(image))
                    .hasSameBinaryContentAs(folder.resolve("images").resolve(image));
    }

    /**
     * The same training, so that the only difference is the rounding of its snapshots: to 8 bits of precision, to
     * nearest.
     */
    @Test
    void writesSnapshotsOfTheTypeThatWasAskedFor() throws Exception {
        for (String dtype : List.of("f32", "bf16"))
            assertThat(Shell.phema("train --dtype " + dtype + " --outdir " + folder.resolve(dtype) + TINY)
                            .status())
                    .isZero();
        String name = "network-snapshot-0000002-0.100.safetensors";
        WeightFile rounded = WeightFiles.read(folder.resolve("bf16").resolve(name));
        assertThat(rounded.tensors()).extracting(Tensor::dtype).containsOnly(DType.BF16);
        String same = "diff " + folder.resolve("f32").resolve(name) + " "
                + folder.resolve("bf16").resolve(name);
        assertThat(Shell.phema(same + " --tolerance 0.0039").status()).isZero();
        assertThat(Shell.phema(same + " --tolerance 0.0001").status()).isEqualTo(Cli.GATE);
        Shell.Result other = Shell.phema("train --dtype f32 --outdir " + folder.resolve("bf16") + TINY);
        assertThat(other.complaint()).contains("was trained with dtype BF16, not F32");
    }

    @Test
    void trainsOnLatentsAndMakesSome() throws Exception {
        Path data = Path.of("src/test/resources/latents/distributions");
        Shell.Result trained = Shell.phema("train --data " + data + " --outdir " + folder.resolve("run") + TINY);
        assertThat(trained.out()).contains("2 images of 2x2").contains("trained with 2,048 images");
        Path net = folder.resolve("run/network-snapshot-0000002-0.100.safetensors");
        Path out = folder.resolve("latents.safetensors");
        String generate = "generate --net " + net + " --seeds 3-7 --steps 2 --batch 2 ";
        assertThat(Shell.phema(generate + "--grid " + folder.resolve("grid.png"))
                        .complaint())
                .isEqualTo(
                        "phema: latents of 4 channels are no images yet; give their decoder, or write them into a safetensors file");
        assertThat(Shell.phema(generate + "--out " + out).out()).contains("wrote 5 images to " + out);
        assertThat(WeightFiles.read(out).tensors())
                .extracting(tensor -> tensor.name() + " " + tensor.shape())
                .containsExactly("images [5, 4, 2, 2]");
        assertThat(Shell.phema("metrics ref --data " + data + " --dest " + folder.resolve("ref.npz"))
                        .complaint())
                .isEqualTo("phema: latents are no images, and features are of images; give their decoder");
        String decoder = " --decoder " + Shell.FIXTURES.resolve("vae/decoder.onnx");
        Shell.phema(generate + "--outdir " + folder.resolve("decoded") + decoder)
                .fine();
        assertThat(Shell.names(folder.resolve("decoded"))).hasSize(5);
        assertThat(ImageIO.read(folder.resolve("decoded/000003.png").toFile()).getWidth())
                .isEqualTo(4);
        assertThat(Shell.phema("metrics ref --data " + data + " --dest " + folder.resolve("ref.npz") + decoder
                                + " --encoder " + Shell.FIXTURES.resolve("vae/encoder.onnx"))
                        .complaint())
                .contains("encoder.onnx takes FLOAT [any, 3, any, any], and these are 4 channels of 2x2");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --data nowhere                 | phema: nowhere is neither a folder nor a ZIP file
            --resolution 10 --channel-mult 1,2,3 | phema: a resolution of 10 cannot be halved 2 times; use a multiple of 4 or fewer levels
            --batch 100                    | phema: --duration 65536 is not a multiple of the batch, 100
            --ema 0.05,0.0500000001        | phema: --ema names an EMA length twice: 0.050, 0.050
            --ema-halflife 0               | phema: --ema-halflife must be at least 1 image, not 0
            --batch 3000000000             | phema: --batch 3000000000 is more than fits into memory
            --duration 999999999999Gi      | phema: Invalid value for option '--duration': '999999999999Gi' is more than 10^15 images; see phema train --help
            --ema 0.4                      | phema: --ema: sigma_rel must lie in (0, 0.288675), not 0.4
            --snapshot 1536 --batch 512 --duration 1536 | phema: --snapshot 1536 is not a multiple of 1024 images, which the names of snapshots can tell apart
            --dtype same                   | phema: --dtype takes f16, bf16 or f32; a new run has no snapshots to be the same as
            --duration soon                | phema: Invalid value for option '--duration': 'soon' is not a number of images such as 1024, 128Ki or 8Mi; see phema train --help
            """)
    void refusesWhatCannotBeTrained(String options, String complaint) {
        assertThat(Shell.phema("train --outdir " + folder.resolve("run") + " " + options)
                        .complaint())
                .isEqualTo(complaint);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            phema:edm2       | phema: --net phema:edm2 is not of the form phema:RUN@0.100 or phema:RUN@0.100@131k
            phema:edm3@0.1   | phema: No run is named edm3; there is checkpoints, edm2, ema-pytorch, lora, safetensors, torch__tied, truth
            phema:edm2@0.4   | phema: --net: sigma_rel must lie in (0, 0.288675), not 0.4
            phema:edm2@0.1@9999k | phema: --net: 9999k lies outside of the snapshots of run edm2, which reach from 16k to 262k
            """)
    void refusesAnAverageThatCannotBeReconstructed(String net, String complaint) {
        assertThat(Shell.phema("generate --grid x --roots src/test/resources/fixtures --net " + net)
                        .complaint())
                .isEqualTo(complaint);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --seeds 3-1 --outdir x | phema: Invalid value for option '--seeds': '3-1' ends before it begins; see phema generate --help
            --noise x              | phema: --noise needs --out
            --noise x --out y --grid z  | phema: --grid has no effect with --noise; leave one of them out
            --noise x --out y --seeds 3 | phema: --seeds has no effect with --noise; leave one of them out
            --out y --latent-scale 2    | phema: --decoder is missing, though scale, shift or range of latents to be decoded are given
            --out y --decoder-range 0-1 --decoder d | phema: --decoder-range is 0..1 or -1..1, not 0-1
            --grid /nowhere/x.png  | phema: --grid: /nowhere is no folder that can be written to
            --steps 2              | phema: say where images go: --outdir, --grid or --out
            --grid x               | phema: none.safetensors: does not exist
            """)
    void refusesWhatCannotBeGenerated(String options, String complaint) {
        assertThat(Shell.phema("generate --net none.safetensors " + options).complaint())
                .isEqualTo(complaint);
    }
}
