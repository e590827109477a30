package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is wrong with the input: status 2 and one line that says what, where and what to do. */
class BadInputTest {
    @TempDir
    private Path folder;

    private String complaint(String options) {
        return Shell.phema("reconstruct --indir " + Shell.EDM2 + " --outdir " + folder.resolve("out") + " " + options)
                .complaint();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --outstd 0.3               | phema: --outstd: sigma_rel must lie in (0, 0.288675), not 0.3
            --outstd 0.1,0             | phema: --outstd: sigma_rel must lie in (0, 0.288675), not 0.0
            --outstd -0.1              | phema: --outstd: sigma_rel must lie in (0, 0.288675), not -0.1
            --outstd 0.1,abc           | phema: Invalid value for option '--outstd': 'abc' in '0.1,abc' is not a number; see phema reconstruct --help
            --outstd 0.1 --outkimg 999 | phema: --outkimg: 999k lies outside of the snapshots of run edm2, which reach from 16k to 262k
            --outstd 0.1 --outkimg 15  | phema: --outkimg: 15k lies outside of the snapshots of run edm2, which reach from 16k to 262k
            --outstd 0.1 --outkimg -5  | phema: --outkimg: -5k is no time such as 131k or 2500
            --outstd 0.1 --solver lsq  | phema: Invalid value for option '--solver': expected one of [paper, blup] but was 'lsq'; see phema reconstruct --help
            --outstd 0.1 --files some  | phema: Invalid value for option '--files': expected one of [fewest, all] but was 'some'; see phema reconstruct --help
            --outstd 0.1 --dtype f64   | phema: Invalid value for option '--dtype': expected one of [f16, bf16, f32, same] but was 'f64'; see phema reconstruct --help
            --outstd 0.1 --format npz  | phema: Invalid value for option '--format': Unknown format npz; there are same, safetensors, pkl, pt, dcp; see phema reconstruct --help
            --outstd 0.1 --dtype f32   | phema: an EDM2 pickle keeps the element types of its inputs, and tensor `unet.out_gain` is F16, not F32; choose the format safetensors
            --outstd 0.1 --shard-size 1KB | phema: an EDM2 pickle cannot be split into shards; choose the format safetensors
            --outstd 0.1 --shard-size huge | phema: Invalid value for option '--shard-size': 'huge' is not a size such as 256MiB or 5GB; see phema reconstruct --help
            --outstd 0.1 --max-memory 1KB | phema: combining 1 files into 1 outputs at once needs buffers of 1 MiB at least; raise --max-memory, or make fewer at once
            --outstd 0.1 --batch 0     | phema: --batch must be at least 1, not 0
            --outstd 0.1 --skip --overwrite | phema: --skip and --overwrite contradict each other; give one of them
            --outstd 0.1,0.1000000001  | phema: two outputs would be named phema-0000262-0.100; ask for each average once, and for lengths that differ in the first nine decimals
            --outstd 0.1 --layer *attn*=power:0.05 | phema: --layer *attn* matches no parameter of edm2; they are called like unet.out_gain
            --outstd 0.1 --layer model.unet.out_gain=power:0.05 | phema: --layer model.unet.out_gain matches no parameter of edm2; did you mean unet.out_gain?
            --outstd 0.1 --layer out_gain=power:0.05 | phema: --layer out_gain matches no parameter of edm2; did you mean unet.out_gain?
            --outstd 0.1 --frobnicate  | phema: Unknown option: '--frobnicate'; see phema reconstruct --help
            --batch 2                  | 'phema: Missing required argument (specify one of these): (--outstd=LIST | --profile=SPEC [--profile=SPEC]... | (--weights=WEIGHTS [--normalize] [--like=SPEC])); see phema reconstruct --help'
            """)
    void isNamed(String options, String complaint) throws IOException {
        assertThat(complaint(options)).isEqualTo(complaint);
        assertThat(Shell.names(folder.resolve("out"))).isEmpty();
    }

    @Test
    void aCommandThatDoesNotExist() {
        assertThat(Shell.phema("reconstrukt").complaint())
                .isEqualTo("phema: Unmatched argument at index 0: 'reconstrukt'; see phema --help");
    }

    @Test
    void noCommandAtAllGetsTheUsage() {
        Shell.Result result = Shell.phema(new String[0]);
        assertThat(result.status()).isEqualTo(2);
        assertThat(result.out()).contains("Usage: phema", "reconstruct", "inspect", "fit", "serve");
    }

    @Test
    void aFolderThatIsMissingOrNone() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        for (Path path : new Path[] {folder.resolve("missing"), file})
            assertThat(Shell.phema("fit --outstd 0.1 --indir " + path).complaint())
                    .isEqualTo("phema: --indir: " + path + " is not a folder");
    }

    @Test
    void aFolderWithoutSnapshots() {
        assertThat(Shell.phema("fit --outstd 0.1 --indir " + folder).complaint())
                .isEqualTo(
                        "phema: " + folder
                                + " holds no usable snapshots; it holds no weight files that phema reads: their names look like network-snapshot-0001024-0.050.pkl (or .safetensors), or"
                                + " step-00001000.safetensors for raw checkpoints; others need a phema.yaml, see docs/snapshots.md");
    }

    @Test
    void aSelectionWithoutSnapshots() {
        for (String selection : new String[] {"--instd 0.2", "--inprefix other"})
            assertThat(complaint("--outstd 0.1 " + selection))
                    .startsWith("phema: " + Shell.EDM2
                            + " holds no usable snapshots of the chosen --inprefix and --instd." + " No file is named ")
                    .endsWith("the folder holds network-snapshot-* (32).");
    }

    @Test
    void aPrefixThatNoNumberFollows() {
        String run = Shell.FIXTURES.resolve("checkpoints").toString();
        assertThat(Shell.phema("reconstruct --indir " + run + " --outdir " + folder + " --outstd 0.1 --inprefix ste")
                        .complaint())
                .isEqualTo("phema: " + run + " holds no usable snapshots of the chosen --inprefix and --instd. No"
                        + " numbered file is named steN; the folder holds step-N (16), whose --inprefix is what stands"
                        + " before the N.");
    }

    @Test
    void aSnapshotOfAnotherShape() throws IOException {
        Path run = Shell.copy("safetensors", folder.resolve("run"));
        Path other = run.resolve("network-snapshot-0000131-0.050.safetensors");
        String bytes = Files.readString(other, StandardCharsets.ISO_8859_1);
        Files.writeString(other, bytes.replace("[16,4,3,3]", "[16,4,9,1]"), StandardCharsets.ISO_8859_1);
        assertThat(Shell.phema("reconstruct --indir " + run + " --outdir " + run + " --outstd 0.15")
                        .complaint())
                .isEqualTo("phema: network-snapshot-0000131-0.050.safetensors holds tensor"
                        + " unet.enc.8x8_block0.conv.weight with shape [16, 4, 9, 1], most of the run's files with"
                        + " [16, 4, 3, 3]. Move that file out of " + run
                        + ", or choose others with --inprefix or --instd");
        assertThat(Shell.names(run)).hasSize(32);
    }

    /** The first may be the exception. */
    @Test
    void theReasonThatMostFilesAreRefusedForIsGiven() throws IOException {
        Path run = Files.createDirectories(folder.resolve("run")).toRealPath();
        Files.write(run.resolve("step-100.pt"), new byte[] {'P', 'K', 3, 4});
        for (int step : new int[] {200, 300})
            Files.writeString(run.resolve("step-" + step + ".pt"), "hello, world of weights");
        for (int step : new int[] {100, 200, 300}) Shell.age(run.resolve("step-" + step + ".pt"));

        assertThat(Shell.phema("fit --outstd 0.15 --indir " + run).complaint())
                .startsWith("phema: " + run + "/step-200.pt: is neither")
                .endsWith(". None can be used of the 3 files in " + run);
    }

    /** Moving one of them away would lead to the next. */
    @Test
    void severalFilesThatCannotBeUsed() throws IOException {
        Path run = Files.createDirectories(folder.resolve("run")).toRealPath();
        for (int step : new int[] {100, 200}) {
            Path file = Files.writeString(run.resolve("step-" + step + ".pt"), "hello, world of weights");
            Shell.age(file);
        }
        String fit = "fit --outstd 0.15 --indir ";
        String hello = "/step-100.pt: is neither safetensors (or its *.index.json) nor an EDM2 pickle nor a torch"
                + " checkpoint (or the .metadata of a distributed one)";
        assertThat(Shell.phema(fit + run).complaint())
                .isEqualTo("phema: " + run + hello + ". So it is with all 2 files in " + run);
        Files.write(run.resolve("step-200.pt"), new byte[] {'P', 'K', 3, 4});
        Shell.age(run.resolve("step-200.pt"));
        assertThat(Shell.phema(fit + run).complaint())
                .isEqualTo("phema: " + run + hello + ". None can be used of the 2 files in " + run);
        Files.copy(
                Shell.FIXTURES.resolve("checkpoints/step-00016384.safetensors"), run.resolve("step-300.safetensors"));
        assertThat(Shell.phema(fit + run).complaint())
                .isEqualTo("phema: " + run + hello + ". Move that file and 1 more that `phema inspect` lists out of "
                        + run + ", or choose others with --inprefix or --instd");
    }

    @Test
    void aSnapshotThatIsCutShort() throws IOException {
        Path run = Shell.copy("safetensors", folder.resolve("run"));
        Path cut = run.resolve("network-snapshot-0000131-0.050.safetensors");
        Files.write(cut, Arrays.copyOf(Files.readAllBytes(cut), 12_000));
        Shell.age(cut);
        assertThat(Shell.phema("fit --indir " + run + " --outstd 0.15").complaint())
                .startsWith("phema: " + run.toRealPath().resolve(cut.getFileName()) + ": ");
    }

    @Test
    void aWeightThatIsNotANumberWhetherTheSampleHoldsItOrNot() throws IOException {
        byte[] nan = {0, 0x7e};
        for (int element : new int[] {0, 1, 100, 333, 500, 575}) {
            Path run = Shell.copy("safetensors", folder.resolve("run-" + element));
            Path damaged = run.toRealPath().resolve("network-snapshot-0000245-0.100.safetensors");
            Shell.poke(damaged, "unet.enc.8x8_block0.conv.weight", element, nan);
            Path out = folder.resolve("out-" + element);
            assertThat(Shell.phema("reconstruct --indir " + run + " --outdir " + out + " --outstd 0.15 --files all")
                            .complaint())
                    .startsWith("phema: " + damaged + ": tensor unet.enc.8x8_block0.conv.weight holds NaN");
            assertThat(Shell.names(out)).isEmpty();
        }
    }

    @Test
    void anOutputFolderThatIsAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThat(Shell.phema("reconstruct --indir " + Shell.EDM2 + " --outstd 0.1 --outdir " + file)
                        .complaint())
                .isEqualTo("phema: --outdir: " + file + " is a file, not a folder");
        assertThat(Shell.phema("reconstruct --indir " + Shell.EDM2 + " --outstd 0.1 --outdir " + file + "/out")
                        .complaint())
                .startsWith("phema: " + file);
    }

    @Test
    void comesWithATraceWhenAskedFor() {
        Shell.Result result = Shell.phema("fit --verbose --outstd 0.1 --indir " + folder.resolve("missing"));
        assertThat(result.status()).isEqualTo(2);
        assertThat(result.err()).contains("is not a folder", "\tat phema.cli.RunOptions.scan");
    }
}
