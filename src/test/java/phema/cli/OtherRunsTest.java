package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.TestWeights;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.tensor.DType;
import phema.tensor.Shape;
import tools.jackson.databind.JsonNode;

/** Runs that are not EDM2's, and targets that are not power profiles. */
class OtherRunsTest {
    @TempDir
    private Path folder;

    @Test
    void averagesLorasWithNoMoreThanAProfileAsked() throws IOException {
        Path out = folder.resolve("out");

        Shell.phema("reconstruct --indir " + Shell.FIXTURES.resolve("lora") + " --outdir " + out
                        + " --profile power:0.10 --profile uniform:4")
                .fine();

        assertThat(Shell.names(out)).containsExactly("phema-10-0.100.safetensors", "phema-10-uniform-4.safetensors");
        WeightFile written = WeightFiles.read(out.resolve("phema-10-0.100.safetensors"));
        assertThat(written.metadata())
                .containsEntry("ss_epoch", "10")
                .containsEntry("ss_network_dim", "4")
                .containsEntry("phema.profile", "power:0.1")
                .doesNotContainKeys("sshs_model_hash", "sshs_legacy_hash");
        assertThat(elements(written, "lora_unet_mid_q.alpha"))
                .isEqualTo(elements(
                        WeightFiles.read(Shell.FIXTURES.resolve("lora/me.safetensors")), "lora_unet_mid_q.alpha"));
    }

    @Test
    void refusesALoraOfAnotherAlphaByName() throws IOException {
        Path run = Shell.copy("lora", folder.resolve("lora"));
        Shell.poke(run.resolve("me-000004.safetensors"), "lora_unet_mid_q.alpha", 0, (byte) 0x80, (byte) 0x3f);

        assertThat(Shell.phema("fit --indir " + run + " --profile power:0.10").complaint())
                .contains("me-000004.safetensors has lora_unet_mid_q.alpha = 1.0, most of the run's files have 2.0");
    }

    /** Files of other names may be of another run. */
    @Test
    void warnsWhereNewerFilesAreNotTheRuns() throws IOException {
        Path run = Shell.copy("checkpoints", folder.resolve("run"));
        for (String time : List.of("00229376", "00245760", "00262144"))
            Files.move(
                    run.resolve("step-" + time + ".safetensors"), run.resolve("resumed-step-" + time + ".safetensors"));
        String said = "3 names say a later time than those of all files that are used, and are not used:"
                + " resumed-step-00229376.safetensors to resumed-step-00262144.safetensors. So weights are those of"
                + " time 212992 at most. If they are of this run, say so in phema.yaml with"
                + " `files: '*step-{time}.safetensors'` and `profile: impulse`; if not, give them a folder of their"
                + " own.";

        for (String command : List.of(
                "inspect " + run,
                "reconstruct --indir " + run + " --outdir " + folder.resolve("out") + " --outstd 0.1",
                "fit --indir " + run + " --outstd 0.1",
                "plan --indir " + run + " --outstd 0.1"))
            assertThat(Shell.phema(command).fine().out()).contains("\nwarning: " + said + "\n");
        String fit = "fit --json --indir " + run + " --outstd 0.1";
        assertThat(Shell.phema(fit).json().at("/fits/0/warnings/0").asString()).isEqualTo(said);
        assertThat(Shell.phema(fit + " --time 196608").json().at("/fits/0/warnings"))
                .isEmpty();
    }

    /** All names are in what inspect prints, and no line is there for each. */
    @Test
    void saysOnceWhyFilesAreLeftOutForOneReason() throws IOException {
        Path run = Shell.copy("checkpoints", folder.resolve("run"));
        for (int time = 1; time <= 5; time++)
            TestWeights.safetensors(
                    run.resolve("step-0000010%d.safetensors".formatted(time)),
                    Map.of(),
                    List.of(TestWeights.Entry.of("ema.w", DType.F32, Shape.of(1), new float[] {1})));
        String end = "step-00000103.safetensors, step-00000104.safetensors";

        assertThat(Shell.phema("inspect " + run).fine().out())
                .containsOnlyOnce("not used (")
                .contains("not used (no profile): step-00000101.safetensors holds an average under `ema.*`")
                .contains("\n  and for the same reason 4 more: step-00000102.safetensors, " + end
                        + ", step-00000105.safetensors\n");
        assertThat(Shell.phema("fit --indir " + run + " --outstd 0.1").fine().out())
                .contains("4 more: step-00000102.safetensors, " + end + ", ...\n");
    }

    /** A larger vocabulary, or a new head: either part may be wanted, or all without what differs. */
    @Test
    void offersEitherPartOfARunWhoseNetworkGrew() throws IOException {
        Path run = Files.createDirectory(folder.resolve("run"));
        for (int time = 1; time <= 8; time++) {
            int rows = time > 5 ? 3 : 2;
            List<TestWeights.Entry> entries = new ArrayList<>(List.of(
                    TestWeights.Entry.of("emb", DType.F32, Shape.of(rows), new float[rows]),
                    TestWeights.Entry.of("in", DType.F32, Shape.of(2), new float[] {time, 1}),
                    TestWeights.Entry.of("mid", DType.F32, Shape.of(2), new float[] {2, time}),
                    TestWeights.Entry.of("out", DType.F32, Shape.of(2), new float[] {time * time, 3})));
            if (time > 5) entries.add(TestWeights.Entry.of("new", DType.F32, Shape.of(1), new float[] {time}));
            TestWeights.safetensors(run.resolve("step-%05d.safetensors".formatted(time * 100)), Map.of(), entries);
        }
        String said = "For averages of files like the newest, move the 5 older ones out of the folder, or"
                + " write phema.yaml with `files: 'step-{time}.safetensors'` and `profile: impulse` and"
                + " `buffers: ['emb', 'new']` for averages of all, with what differs as it is in the newest file.";
        String reconstruct =
                "reconstruct --indir " + run + " --outdir " + folder.resolve("out") + " --profile uniform:300";
        String complaint = Shell.phema(reconstruct).complaint();
        assertThat(complaint)
                .contains("step-00600.safetensors holds tensor emb with shape [3], most of the run's files with [2]. "
                        + said + " For averages of the older ones, move that file and 2 more");
        assertThat(Shell.phema("inspect " + run).fine().out())
                .contains("So weights are those of time 500 at most. " + said + "\n")
                .contains("\nwarning: reconstruct ends with status 2: " + complaint.replaceFirst("phema: ", "") + "\n");

        Files.writeString(
                run.resolve("phema.yaml"),
                "files: 'step-{time}.safetensors'\nprofile: impulse\nbuffers: ['emb', 'new']\n");
        Shell.phema(reconstruct).fine();
        WeightFile written = WeightFiles.read(folder.resolve("out/phema-800-uniform-300.safetensors"));
        assertThat(written.tensors())
                .extracting(tensor -> tensor.name() + tensor.shape())
                .containsExactlyInAnyOrder("emb[3]", "in[2]", "mid[2]", "new[1]", "out[2]");
        assertThat(elements(written, "new"))
                .isEqualTo(elements(WeightFiles.read(run.resolve("step-00800.safetensors")), "new"));
        Shell.phema(reconstruct + " --time 400").fine();
        assertThat(WeightFiles.read(folder.resolve("out/phema-400-uniform-300.safetensors"))
                        .tensors())
                .extracting(tensor -> tensor.name() + tensor.shape())
                .containsExactlyInAnyOrder("emb[2]", "in[2]", "mid[2]", "out[2]");
    }

    @Test
    void refusesToCallWeightsTheNewestWhereNewerOnesCannotBeUsed() throws IOException {
        Path run = Shell.copy("checkpoints", folder.resolve("run"));
        for (String time : List.of("00270000", "00280000"))
            TestWeights.safetensors(
                    run.resolve("step-" + time + ".safetensors"),
                    Map.of(),
                    List.of(TestWeights.Entry.of("ema.w", DType.F32, Shape.of(1), new float[] {1})));
        String reconstruct = "reconstruct --indir " + run + " --outdir " + folder.resolve("out") + " --outstd 0.1";

        assertThat(Shell.phema(reconstruct).complaint())
                .contains("step-00270000.safetensors holds an average under `ema.*`, not raw weights. Write phema.yaml")
                .endsWith("average. It and 1 more are newer than all files that can be used, so that weights would be"
                        + " those of time 262144: for these, give that time (--time 262144)");
        assertThat(Shell.phema(reconstruct + " --time 262144").fine().out())
                .contains("warning: 2 files are newer than all that are used, and not used: step-00270000.safetensors"
                        + " to step-00280000.safetensors (no profile). So weights are those of time 262144 at most.");
    }

    @Test
    void fitsRawCheckpointsAndPredictsTheirErrors() {
        JsonNode fits = Shell.phema(
                        "fit --json --indir " + Shell.FIXTURES.resolve("checkpoints") + " --outstd 0.075,0.15")
                .json()
                .get("fits");

        assertThat(fits).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --profile powr:0.1                    | phema: --profile: cannot read the profile "powr:0.1"
            --profile uniform:300000              | phema: --profile: the window must lie in (0, 262144.0]
            --profile power:0.1 --outstd 0.1      | phema: --outstd=LIST, --profile=SPEC are mutually exclusive (specify only one)
            --profile impulse --outkimg 131       | phema: --outkimg: the times of
            --profile power:0.1 --instd 0.05      | holds no usable snapshots of the chosen --inprefix and --instd
            """)
    void saysWhatIsWrongWithATarget(String options, String message) {
        assertThat(Shell.phema("fit --indir " + Shell.FIXTURES.resolve("checkpoints") + " " + options)
                        .complaint())
                .contains(message);
    }

    @Test
    void namesTheManifestThatIsMissingOrBroken() throws IOException {
        Path run = Shell.copy("ema-pytorch", folder.resolve("ema"));
        assertThat(Shell.phema("fit --indir " + run + " --outstd 0.1").complaint())
                .contains("phema.yaml is missing", "`sigmaRels: [0.05, 0.28]`");

        Files.writeString(run.resolve("phema.yaml"), "sigmarels: [0.05, 0.15]\nupdateEvery: 1\n");
        assertThat(Shell.phema("fit --indir " + run + " --outstd 0.1").complaint())
                .contains("phema.yaml: line 1, column 1: unknown key sigmarels; did you mean sigmaRels?");

        Files.writeString(run.resolve("phema.yaml"), "sigmaRels: [0.05, 0.15]\nupdateEvery: 1\n");
        Shell.phema("fit --indir " + run + " --outstd 0.1").fine();
    }

    private static byte[] elements(WeightFile file, String name) throws IOException {
        var tensor = file.tensors().get(file.indexOf(name, 0));
        byte[] bytes = Files.readAllBytes(file.path());
        return java.util.Arrays.copyOfRange(bytes, (int) tensor.offset(), (int) (tensor.offset() + tensor.bytes()));
    }
}
