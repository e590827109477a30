package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.TestWeights;
import phema.format.WeightFile;
import phema.format.WeightFiles;

/** From EDM2 pickles whose networks have 16 channels per head to images of outputs, by commands alone. */
class NetworkSettingsCommandTest {
    private static final Path NETWORK = Shell.FIXTURES.resolve("network");

    @TempDir
    private Path folder = Path.of("");

    private Path run = Path.of("");

    @BeforeEach
    void copyRun() throws IOException {
        run = Files.createDirectory(folder.resolve("heads"));
        for (String time : new String[] {"0000016", "0000032"}) {
            Path file = run.resolve("network-snapshot-" + time + "-0.050.pkl");
            Files.copy(NETWORK.resolve("heads.pkl"), file);
            Shell.age(file);
        }
    }

    @Test
    void outputsStateTheSettingsAndAreRunWithThem() throws IOException {
        Path out = folder.resolve("out");
        reconstruct(out, "safetensors");
        WeightFile written = WeightFiles.read(out.resolve("phema-0000032-0.050.safetensors"));
        assertThat(written.metadata())
                .containsEntry("channels_per_head", "16")
                .containsEntry("clip_act", "256")
                .containsEntry("resample_filter", "[1, 1]");
        assertImages(generate(written.path().toString()), "as_stated", "channels_per_head 16");

        reconstruct(out, "pkl");
        assertImages(generate(out.resolve("phema-0000032-0.050.pkl").toString()), "as_stated", "channels_per_head 16");
        assertImages(generate("phema:heads@0.05 --roots " + folder), "as_stated", "channels_per_head 16");
    }

    @Test
    void aStateDictCannotSayThemAndAManifestBesideItDoes() throws IOException {
        Path out = folder.resolve("out");
        assertThat(reconstruct(out, "pt"))
                .contains("warning: .pt files cannot say that the network has channels_per_head 16; safetensors can");
        String net = out.resolve("phema-0000032-0.050.pt").toString();
        assertImages(
                generate(net), "defaults", "EDM2's defaults are taken for what is not stated: channels_per_head 64");
        Files.writeString(out.resolve("phema.yaml"), "network: {channels_per_head: 16}\n");
        assertImages(generate(net), "as_stated", "unlike EDM2's defaults, channels_per_head 16");
    }

    @Test
    void theManifestOfARunIsCarriedIntoOutputs() throws IOException {
        Files.writeString(run.resolve("phema.yaml"), "network:\n  channels_per_head: 8\n");
        Path out = folder.resolve("out");
        assertThat(reconstruct(out, "safetensors"))
                .contains("phema.yaml states that the network has channels_per_head 8, and "
                        + "network-snapshot-0000016-0.050.pkl channels_per_head 16; phema.yaml counts.");
        assertImages(generate(out.resolve("phema-0000032-0.050.safetensors").toString()), "heads8", "per_head 8");
        assertImages(generate("phema:heads@0.05 --roots " + folder), "heads8", "channels_per_head 8");
        assertImages(
                generate(run.resolve("network-snapshot-0000032-0.050.pkl").toString()),
                "heads8",
                "states channels_per_head 16, and the manifest beside it channels_per_head 8; the manifest counts");

        Files.writeString(run.resolve("phema.yaml"), "network:\n  channels_per_head: eight\n");
        assertThat(Shell.phema("generate --out " + folder.resolve("x.safetensors") + " --net "
                                + run.resolve("network-snapshot-0000032-0.050.pkl"))
                        .complaint())
                .contains("phema.yaml: line 2, column 22: channels_per_head must be a whole number above 0, not eight");
    }

    private String reconstruct(Path out, String format) {
        return Shell.phema("reconstruct --indir " + run + " --outdir " + out + " --outstd 0.05 --format " + format)
                .fine()
                .out();
    }

    /** @return what was said */
    private String generate(String net) {
        return Shell.phema("generate --net " + net + " --steps 6 --noise " + NETWORK.resolve("images.safetensors")
                        + " --out " + folder.resolve("images.safetensors"))
                .fine()
                .out();
    }

    private void assertImages(String said, String twins, String notice) throws IOException {
        assertThat(said).contains(notice);
        assertThat(values(folder.resolve("images.safetensors"), "images"))
                .containsExactly(values(NETWORK.resolve("images.safetensors"), twins), within(1e-3));
    }

    private static double[] values(Path path, String tensor) throws IOException {
        return TestWeights.values(WeightFiles.read(path), tensor);
    }
}
