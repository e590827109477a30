package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.format.FilePart;
import phema.format.Tensor;
import phema.format.WeightFiles;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs of {@code make_groups.py}, whose files hold raw weights and an average, and whose truth was tracked. */
class SeveralWeightsInAFileTest {
    private static final Path GROUPS = Path.of("src/test/resources/groups");
    private static final Pattern MANIFEST = Pattern.compile("to check and to keep:\n((?:    .*\n)+)");

    @TempDir
    Path folder;

    /** Raw checkpoints alone have errors of 0.6 % (cosmos, of 30) and 1 %. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            dit       | model               | ema        | exponential:decay=0.999 | 0.0002
            cosmos    | net                 | net_ema    | power:0.1               | 0.000001
            lightning | current_model_state | state_dict | exponential:decay=0.998 | 0.0006
            timm      | state_dict          | state_dict_ema | exponential:halflife=0.7 | 0.0008
            """)
    void averagesAreRecognisedAndSolvedTogetherWithTheRawWeights(
            String name, String raw, String average, String profile, double most) throws IOException {
        Path run = GROUPS.resolve(name);
        String said = Shell.phema("inspect " + run).fine().out();
        assertThat(said)
                .contains("The weights below `" + raw + ".` are taken for raw weights.")
                .contains("The weights below `" + average + ".` are taken for averages of profile " + profile
                        + ", recognised beside the raw ones: ")
                .containsPattern("nats per weight before the next reading \\(.*\\), mean squared innovation");
        assertThat(error(run, name)).isLessThan(most);

        Path stated = withLines(said, name);
        assertThat(Shell.phema("inspect " + stated).fine().out()).doesNotContain("recognised");
        assertThat(error(stated, name)).isLessThan(most);
    }

    /** composer swaps its average in for saving, so that it is where others have the raw weights. */
    @Test
    void composersAverageIsWhereItsModelIs() throws IOException {
        averagesAreRecognisedAndSolvedTogetherWithTheRawWeights(
                "composer",
                "state.algorithms.0.1.ema_model.named_parameters_dict",
                "state.model",
                "exponential:decay=0.9986",
                0.0008);
    }

    /** The warm-up of 12 files is a power profile for as long as they go, and other warm-ups are too much like it. */
    @Test
    void whatIsLikeliestIsSaidWhereItIsNotCertainAndNotProposed() throws IOException {
        Path run = GROUPS.resolve("lucid");
        String said = Shell.phema("inspect " + run).fine().out();
        assertThat(said)
                .contains("12 raw checkpoints", "`ema.ema_model.` are averages and not used")
                .contains("likeliest is ema:0.9999,warmup=2/3, not for certain", "model-12.pt#model")
                .contains("{prefix: 'ema.ema_model.', profile: '?'}]` into phema.yaml, with its profile for '?'.")
                .contains("\n    files: 'model-{time}.pt'\n    timeScale: 500\n    averages:\n    - {prefix: 'model.");
        assertThat(error(run, "lucid")).isBetween(0.005, 0.015); // of raw weights alone
        assertThat(error(withLines(said, "lucid"), "lucid")).isBetween(0.005, 0.015);
        String raw = "    - {prefix: 'model.', profile: impulse}\n";
        String likeliest = "    - {prefix: 'ema.ema_model.', profile: 'ema:0.9999,warmup=2/3'}\n";
        assertThat(error(withLines(said.replace(raw, raw + likeliest), "lucid"), "lucid"))
                .isLessThan(0.002);
    }

    /** Ten of its files leave another reading nearly as likely, but Cosmos averages so unless told otherwise. */
    @Test
    void whatTheTrainerAveragesAsARuleIsTheRightOneOfTwoReadings() throws IOException {
        Path run = Files.createDirectory(folder.resolve("ten"));
        for (int i = 1; i <= 10; i++) {
            String file = "iter_%09d.pt".formatted(i * 600);
            Files.copy(GROUPS.resolve("cosmos").resolve(file), run.resolve(file));
        }
        assertThat(Shell.phema("inspect " + run).fine().out())
                .contains("`net_ema.` are taken for averages of profile power:0.1, recognised")
                .containsPattern("recognised beside the raw ones: 0\\.\\d nats per weight before the next reading");
        assertThat(error(run, "cosmos")).isLessThan(0.000001);
    }

    @Test
    void whatTheFilesRecordOfAnAverageCounts() throws IOException {
        Path run = GROUPS.resolve("ldm");
        assertThat(Shell.phema("inspect " + run).fine().out())
                .contains("`state_dict.model_ema.` are taken for averages of profile ema:0.9999,warmup=10, as the files"
                        + " say.")
                .contains("`state_dict.first_stage_model.*`");
        assertThat(error(run, "ldm")).isLessThan(0.0004);
    }

    /** Four files are too few to tell averages apart. */
    @Test
    void anAverageThatIsNotCertainIsAskedForAndNeverTakenForRawWeights() throws IOException {
        Path run = Files.createDirectory(folder.resolve("few"));
        for (int i = 3; i <= 6; i++) {
            String file = "%07d.pt".formatted(i * 1000);
            Files.copy(GROUPS.resolve("dit").resolve(file), run.resolve(file));
        }
        String said = Shell.phema("inspect " + run).fine().out();
        assertThat(said)
                .contains("4 raw checkpoints")
                .contains("not used (no profile): 0003000.pt#ema holds averages that nobody recorded")
                .contains("too few, or too much alike", "mostly ema:0.9999,warmup=none");
        Path stated = withLines(said, "dit");
        assertThat(Shell.phema("inspect " + stated).fine().out()).contains("12 raw checkpoints");
    }

    @Test
    void anAverageAloneIsUsedAsWhatItIsStatedToBe() throws IOException {
        Path run = copy("dit");
        Files.writeString(
                run.resolve("phema.yaml"),
                "files: '{time}.pt'\naverages: [{prefix: 'ema.', profile: 'exponential:decay=0.999'}]\n");
        assertThat(Shell.phema("inspect " + run).fine().out())
                .contains("12 snapshots of exponential:decay=0.999, times")
                .doesNotContain("impulse", "checkpoint");
    }

    @Test
    void outputsAreLikeTheFilesOrHoldTheWeightsAloneByTheirOwnNames() throws IOException {
        String reconstruct =
                "reconstruct --indir " + GROUPS.resolve("dit") + " --outdir " + folder + " --profile power:0.10";
        assertThat(Shell.phema(reconstruct).fine().out())
                .contains("left out: opt, with which only the training job itself could go on");
        Path written = folder.resolve("phema-6000-0.100.pt");
        assertThat(WeightFiles.read(written).tensors())
                .extracting(Tensor::name)
                .contains("model.module._orig_mod.blocks.0.attn.qkv.weight", "ema.blocks.0.attn.qkv.weight")
                .doesNotContain("blocks.0.attn.qkv.weight");
        assertThat(Shell.phema(reconstruct + " --format pt --overwrite").fine().out())
                .doesNotContain("left out");
        assertThat(WeightFiles.read(written).tensors())
                .extracting(Tensor::name)
                .containsExactly(
                        "blocks.0.attn.qkv.weight", "blocks.0.attn.qkv.bias", "out.weight", "out.bias", "pos_embed");
    }

    @Test
    void sizesCountAFileOnceAndItIsDeletableOnlyAsAWhole() throws IOException {
        Path run = GROUPS.resolve("dit");
        JsonNode plan = Shell.phema("plan --json --max-error 0.05 --outstd 0.10 --indir " + run)
                .json();
        List<String> deletable =
                plan.get("deletable").valueStream().map(JsonNode::asString).toList();
        assertThat(deletable).doesNotHaveDuplicates().isNotEmpty();
        long bytes = 0;
        for (String file : deletable)
            bytes += WeightFiles.read(Path.of(file)).parts().stream()
                    .mapToLong(FilePart::size)
                    .sum();
        assertThat(plan.get("deletableBytes").asLong()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            [{prefix: 'model.'}]                                               | line 2, column 12: profile is missing
            [{prefix: 'model.', profil: impulse}]                              | line 2, column 31: unknown key profil
            [{prefix: 'model.', profile: swb}]                                 | line 2, column 40: profile is wrong
            impulse                                                            | line 2, column 11: averages must be
            [{prefix: 'm.', profile: impulse}, {prefix: 'm.', profile: swa}]   | line 2, column 55: m. is listed twice
            [{prefix: 'm.', profile: impulse}, {prefix: 'm.e.', profile: swa}] | line 2, column 55: tensors below m.e.
            """)
    void errorsInAManifestSayWhere(String averages, String message) throws IOException {
        Path run = Shell.copy("lora", folder.resolve("run"));
        Files.writeString(run.resolve("phema.yaml"), "files: 'me-{time}.safetensors'\naverages: " + averages + "\n");
        assertThat(Shell.phema("fit --indir " + run + " --profile power:0.10").complaint())
                .contains(message);
    }

    @ParameterizedTest
    @CsvSource({"profile: impulse, profile", "prefix: 'ema.', prefix"})
    void averagesAndWhatSaysTheSameAreRefusedTogether(String line, String key) throws IOException {
        Path run = Shell.copy("lora", folder.resolve("run"));
        Files.writeString(
                run.resolve("phema.yaml"),
                "files: 'me-{time}.safetensors'\n" + line + "\naverages: [{prefix: 'model.', profile: impulse}]\n");
        assertThat(Shell.phema("fit --indir " + run + " --profile power:0.10").complaint())
                .contains(key + " and averages say the same in two ways");
    }

    @Test
    void aStatedPrefixThatIsNotThereIsNamed() throws IOException {
        Path run = copy("dit");
        Files.writeString(
                run.resolve("phema.yaml"),
                "files: '{time}.pt'\naverages: [{prefix: 'model.', profile: impulse}, "
                        + "{prefix: 'emma.', profile: swa}]\n");
        assertThat(Shell.phema("inspect " + run).out())
                .contains("0000500.pt holds no tensor whose name begins with `emma.`");
    }

    private Path copy(String name) throws IOException {
        Path copy = Files.createTempDirectory(folder, name);
        try (var files = Files.list(GROUPS.resolve(name))) {
            for (Path file : files.toList()) Files.copy(file, copy.resolve(file.getFileName()));
        }
        return copy;
    }

    /** A copy of a run with the manifest that was printed. */
    private Path withLines(String said, String name) throws IOException {
        Matcher manifest = MANIFEST.matcher(said);
        assertThat(manifest.find()).isTrue();
        Path run = copy(name);
        Files.writeString(run.resolve("phema.yaml"), manifest.group(1).replaceAll("(?m)^    ", ""));
        return run;
    }

    private double error(Path run, String name) throws IOException {
        Path out = folder.resolve("out-" + run.toString().hashCode());
        Shell.phema("reconstruct --indir " + run + " --outdir " + out + " --profile power:0.10 --format safetensors")
                .fine();
        Path written;
        try (var files = Files.list(out)) {
            written = files.findFirst().orElseThrow();
        }
        String compared = Shell.phema("diff --json " + written + " " + GROUPS.resolve(name + ".safetensors"))
                .out();
        return JsonMapper.shared().readTree(compared).get("relativeError").asDouble();
    }
}
