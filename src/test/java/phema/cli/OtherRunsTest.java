package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.format.WeightFile;
import phema.format.WeightFiles;
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
