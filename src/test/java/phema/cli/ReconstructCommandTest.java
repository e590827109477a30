package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.TestWeights;
import phema.format.Format;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.tensor.DType;

class ReconstructCommandTest {
    @TempDir
    private Path folder;

    private Shell.Result reconstruct(String options) {
        return Shell.phema("reconstruct --indir " + Shell.EDM2 + " --outdir " + folder.resolve("out") + " " + options);
    }

    private List<String> written() throws IOException {
        return Shell.names(folder.resolve("out"));
    }

    @Test
    void namesFilesAsEdm2DoesAndKeepsTheirFormat() throws IOException {
        reconstruct("--outstd 0.050,0.075,...,0.125 --outkimg 131").fine();
        assertThat(written())
                .containsExactly(
                        "phema-0000131-0.050.pkl",
                        "phema-0000131-0.075.pkl",
                        "phema-0000131-0.100.pkl",
                        "phema-0000131-0.125.pkl");
        for (String name : written())
            assertThat(WeightFiles.read(folder.resolve("out").resolve(name)).format())
                    .isEqualTo(Format.EDM2_PICKLE);
    }

    @Test
    void saysWhatItChoseAndHowToChooseOtherwise() {
        Shell.Result result = reconstruct("--outstd 0.02,0.15").fine();
        assertThat(result.out().lines().toList().getFirst())
                .matches("solver blup, \\d+ of 32 files: predicted error at most \\d\\.\\de-\\d\\d"
                        + " \\(paper: \\d\\.\\de-\\d\\d there, with --solver paper\\)");
        assertThat(result.out())
                .contains("warning: 0.020: ")
                .contains("wrote " + folder.resolve("out/phema-0000262-0.150.pkl") + " from ");
        assertThat(reconstruct("--outstd 0.075 --solver paper").fine().out())
                .startsWith("solver paper, 32 of 32 files: ")
                .contains("with --solver blup");
    }

    @ParameterizedTest
    @CsvSource({"f16, F16", "bf16, BF16", "F32, F32", "same, F16"})
    void storesWhateverTypeIsWanted(String word, DType dtype) throws IOException {
        reconstruct("--outstd 0.1 --format safetensors --dtype " + word).fine();
        WeightFile file = WeightFiles.read(folder.resolve("out/phema-0000262-0.100.safetensors"));
        assertThat(file.tensors())
                .hasSize(14)
                .allMatch(tensor -> tensor.dtype() == (tensor.name().equals("unet.steps") ? DType.I64 : dtype));
    }

    @Test
    void writesTorchCheckpointsOfTheSameWeights() throws IOException {
        reconstruct("--outstd 0.1 --format pt").fine();
        reconstruct("--outstd 0.1 --format safetensors").fine();
        assertThat(written()).containsExactly("phema-0000262-0.100.pt", "phema-0000262-0.100.safetensors");
        String base = folder.resolve("out/phema-0000262-0.100").toString();
        assertThat(Shell.phema("diff " + base + ".pt " + base + ".safetensors")
                        .fine()
                        .out())
                .startsWith("14 tensors in both: relative error 0,");
        assertThat(reconstruct("--outstd 0.15 --format pt --shard-size 1KB").complaint())
                .contains("cannot be split into shards");
    }

    @Test
    void keepsWhatExistsWithSkip() throws IOException {
        reconstruct("--outstd 0.1").fine();
        Path kept = folder.resolve("out/phema-0000262-0.100.pkl");
        Files.writeString(kept, "mine");
        Shell.Result result = reconstruct("--outstd 0.1,0.15 --skip").fine();
        assertThat(result.out()).contains("kept " + kept);
        assertThat(kept).hasContent("mine");
        assertThat(written()).containsExactly("phema-0000262-0.100.pkl", "phema-0000262-0.150.pkl");
        assertThat(reconstruct("--outstd 0.1,0.15 --skip").fine().out()).doesNotContain("wrote");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--time 262100 | it states the time 262000, not 262100",
                "--time 262000 --solver paper | it states the solver blup, not paper",
                "--time 262000 --dtype f32 | its tensor `unet.out_gain` is F16 [], not F32 []",
            })
    void keepsNoOutputThatSaysThatItIsAnother(String options, String difference) throws IOException {
        reconstruct("--outstd 0.1 --format safetensors --time 262000").fine();
        assertThat(written()).containsExactly("phema-0000262-0.100.safetensors");
        assertThat(reconstruct("--outstd 0.1 --format safetensors --skip --time 262000")
                        .fine()
                        .out())
                .contains("kept ")
                .doesNotContain("warning: " + folder);
        assertThat(reconstruct("--outstd 0.1,0.15 --format safetensors --skip " + options)
                        .complaint())
                .isEqualTo("phema: " + folder.resolve("out/phema-0000262-0.100.safetensors")
                        + " is not what --skip would keep: " + difference
                        + "; use --overwrite to replace it, or another --outdir");
        assertThat(written()).containsExactly("phema-0000262-0.100.safetensors");
    }

    @Test
    void keepsNoCheckpointOfAnotherElementTypeOrNetwork() throws IOException {
        reconstruct("--outstd 0.1 --format pt").fine();
        assertThat(reconstruct("--outstd 0.1 --format pt --dtype f32 --skip").complaint())
                .contains(
                        "phema-0000262-0.100.pt is not what --skip would keep: its tensor `", "is F16 [", "not F32 [");
        Files.copy(
                Shell.FIXTURES.resolve("lora/me-000002.safetensors"),
                folder.resolve("out/phema-0000262-0.100.safetensors"));
        assertThat(reconstruct("--outstd 0.1 --format safetensors --skip").complaint())
                .contains("phema-0000262-0.100.safetensors is not what --skip would keep: it holds no tensor `unet.");
    }

    @Test
    void saysWhenWhatItKeepsWasMadeOfOtherSnapshots() {
        reconstruct("--outstd 0.1 --format safetensors --instd 0.05").fine();
        assertThat(reconstruct("--outstd 0.1 --format safetensors --skip")
                        .fine()
                        .out())
                .containsPattern("warning: " + folder.resolve("out/phema-0000262-0.100.safetensors")
                        + ": it states a predicted error of \\S+, and \\S+ is predicted now: it was made of other"
                        + " snapshots, or by another version");
    }

    @Test
    void replacesWhatExistsWithOverwriteOnly() throws IOException {
        reconstruct("--outstd 0.1").fine();
        Path file = folder.resolve("out/phema-0000262-0.100.pkl");
        byte[] expected = Files.readAllBytes(file);
        Files.writeString(file, "mine");
        assertThat(reconstruct("--outstd 0.1").complaint())
                .isEqualTo("phema: " + file + " exists; use --overwrite to replace it or --skip to keep it");
        assertThat(file).hasContent("mine");
        reconstruct("--outstd 0.1 --overwrite").fine();
        assertThat(file).hasBinaryContent(expected);
    }

    @Test
    void givesTheSameInBatches() throws IOException {
        String targets = "--outstd 0.05,0.10,...,0.25 --files all";
        reconstruct(targets).fine();
        Shell.phema("reconstruct --indir " + Shell.EDM2 + " --outdir " + folder.resolve("batches") + " --batch 2 "
                        + targets)
                .fine();
        assertThat(Shell.names(folder.resolve("batches"))).isEqualTo(written()).hasSize(5);
        for (String name : written())
            assertThat(folder.resolve("batches").resolve(name))
                    .hasSameBinaryContentAs(folder.resolve("out").resolve(name));
    }

    @Test
    void takesPrefixesForInputAndOutput() throws IOException {
        Path run = Shell.copy("edm2", folder.resolve("run"));
        Files.move(run.resolve("network-snapshot-0000262-0.100.pkl"), run.resolve("other-snapshot-0000262-0.100.pkl"));
        Shell.Result result = Shell.phema("reconstruct --indir " + run + " --outdir " + folder.resolve("out")
                        + " --outstd 0.1 --inprefix other-snapshot --outprefix mine")
                .fine();
        assertThat(result.out()).contains("1 of 1 files");
        assertThat(written()).containsExactly("mine-0000262-0.100.pkl");
    }

    @Test
    void usesOnlyTheStoredLengthsThatAreAskedFor() {
        assertThat(reconstruct("--outstd 0.07 --instd 0.05 --solver paper")
                        .fine()
                        .out())
                .contains("16 of 16 files");
        assertThat(reconstruct("--outstd 0.08 --instd 0.05,0.10 --solver paper")
                        .fine()
                        .out())
                .contains("32 of 32 files");
    }

    @Test
    void averagesFilesWithWeightsAsMergeToolsDo() throws IOException {
        String run = Shell.FIXTURES.resolve("checkpoints").toString();
        Path out = folder.resolve("out");
        String merge = "reconstruct --indir " + run + " --outdir " + out + " --weights ";

        assertThat(Shell.phema(merge + "linear:196608-262144 --dtype f32")
                        .fine()
                        .out())
                .contains("weights as given, 5 of 16 files: no error is predicted; --like SPEC says which")
                .contains("phema-262144-linear-196608-262144.safetensors from 5 of 16 files")
                .doesNotContain("predicted error");
        assertThat(Shell.phema(merge + "minus-sqrt:147456-262144 --like decay:1-sqrt:131072")
                        .fine()
                        .out())
                .containsPattern("weights as given, 8 of 16 files: predicted error \\S+ of decay:1-sqrt:131072 "
                        + "\\(blup: \\S+, with --profile decay:1-sqrt:131072 instead\\)");
        assertThat(Shell.phema(merge + "step-00262144.safetensors=1 --outkimg 7")
                        .complaint())
                .contains("--weights end with the last of their files");

        WeightFile file = WeightFiles.read(out.resolve("phema-262144-linear-196608-262144.safetensors"));
        assertThat(file.metadata().get("phema.profile"))
                .startsWith("mixture:0.2*impulse@196608,")
                .endsWith(",0.2*impulse");
        assertThat(file.metadata().get("phema.weights")).startsWith("step-00196608.safetensors=0.2,");
        String name = file.tensors().stream()
                .filter(tensor -> tensor.dtype().isFloating() && tensor.shape().rank() > 1)
                .findFirst()
                .orElseThrow()
                .name();
        double[] mean = new double[TestWeights.values(file, name).length];
        for (int time = 196608; time <= 262144; time += 16384) {
            double[] values = TestWeights.values(
                    WeightFiles.read(Path.of(run).resolve("step-%08d.safetensors".formatted(time))), name);
            for (int k = 0; k < mean.length; k++) mean[k] += 0.2 * values[k];
        }
        assertThat(TestWeights.values(file, name)).containsExactly(mean, within(1e-6));
    }

    @Test
    void endsAtAnyTimeOfTheRunsClock() throws IOException {
        Path out = folder.resolve("out");
        Shell.phema("reconstruct --indir " + Shell.FIXTURES.resolve("checkpoints") + " --outdir " + out
                        + " --time 131072 --profile decay:cosine:60000")
                .fine();
        assertThat(Shell.names(out)).containsExactly("phema-131072-decay-cosine-60000.safetensors");
        assertThat(reconstruct("--outstd 0.1 --time 131k --outkimg 131").complaint())
                .contains("--time and --outkimg say the same");
        assertThat(reconstruct("--outstd 0.1 --time 900k").complaint()).startsWith("phema: --time: 900k lies outside");
    }

    @Test
    void givesLayersAveragesOfTheirOwn() throws IOException {
        String plain = "--format safetensors --files all --outstd ";
        reconstruct(plain + "0.05,0.075,0.10,0.15").fine();
        assertThat(reconstruct(plain + "0.10,0.15 --layer *conv*=power:0.05 --layer unet.out_gain=power:0.075")
                        .fine()
                        .out())
                .contains("phema-0000262-0.100-+conv+-0.050-unet.out_gain-0.075.safetensors from 32 of 32 files");
        for (String width : List.of("0.100", "0.150")) {
            Path layered =
                    folder.resolve("out/phema-0000262-" + width + "-+conv+-0.050-unet.out_gain-0.075.safetensors");
            for (Tensor tensor : WeightFiles.read(layered).tensors()) {
                String own = tensor.name().contains("conv")
                        ? "0.050"
                        : tensor.name().equals("unet.out_gain") ? "0.075" : width;
                assertThat(bytes(layered, tensor.name()))
                        .as(tensor.name())
                        .isEqualTo(bytes(folder.resolve("out/phema-0000262-" + own + ".safetensors"), tensor.name()));
            }
        }
    }

    private static byte[] bytes(Path path, String name) throws IOException {
        WeightFile file = WeightFiles.read(path);
        Tensor tensor = file.tensors().get(file.indexOf(name, 0));
        int offset = (int) tensor.offset();
        return Arrays.copyOfRange(Files.readAllBytes(path), offset, offset + (int) tensor.bytes());
    }

    @Test
    void splitsSafetensorsIntoShards() throws IOException {
        reconstruct("--outstd 0.1 --format safetensors --shard-size 10KB").fine();
        assertThat(written())
                .containsExactly(
                        "phema-0000262-0.100-00001-of-00002.safetensors",
                        "phema-0000262-0.100-00002-of-00002.safetensors",
                        "phema-0000262-0.100.safetensors.index.json");
        assertThat(WeightFiles.read(folder.resolve("out/phema-0000262-0.100.safetensors.index.json"))
                        .tensors())
                .hasSize(14);
    }

    @Test
    void doesNotMistakeItsOwnOutputForSnapshots() throws IOException {
        Path run = Shell.copy("edm2", folder.resolve("run"));
        for (int i = 0; i < 2; i++)
            assertThat(Shell.phema("reconstruct --indir " + run + " --outdir " + run
                                    + " --outstd 0.15 --overwrite --solver paper")
                            .fine()
                            .out())
                    .contains("32 of 32 files");
        assertThat(Shell.names(run)).hasSize(33);
    }

    @Test
    void aSingleSnapshotIsAllThereIs() throws IOException {
        Path run = Files.createDirectories(folder.resolve("run"));
        Files.copy(
                Path.of(Shell.EDM2, "network-snapshot-0000262-0.100.pkl"),
                run.resolve("network-snapshot-0000262-0.100.pkl"));
        assertThat(Shell.phema("reconstruct --indir " + run + " --outdir " + run + " --outstd 0.1")
                        .fine()
                        .out())
                .contains("1 of 1 files: the error cannot be predicted", "there is only one stored average");
    }
}
