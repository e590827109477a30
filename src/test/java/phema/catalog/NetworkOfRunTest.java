package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run's files and its manifest state of the network, beside tensors. */
class NetworkOfRunTest {
    private static final Map<String, String> HEADS_16 = Map.of("channels_per_head", "16", "other", "1");

    @TempDir
    private Path folder = Path.of("");

    @Test
    void aFileThatStatesAnotherNetworkIsLeftOutByName() throws IOException {
        snapshot(16, HEADS_16);
        snapshot(32, HEADS_16);
        snapshot(49, Map.of("channels_per_head", "64"));
        snapshot(65, Map.of("channels_per_head", "16", "res_balance", "0.40"));
        snapshot(81, Map.of("res_balance", "0.5"));

        Run run = scan();

        assertThat(run.excluded())
                .extracting(Excluded::message)
                .containsExactly(
                        name(49) + " states that its network has channels_per_head 64, where others of the run have "
                                + "channels_per_head 16: an average of both would be neither. If they are of one "
                                + "network all the same, say so in phema.yaml, as in network: {channels_per_head: 64}",
                        name(81) + " states that its network has res_balance 0.5, where others of the run have "
                                + "res_balance 0.4: an average of both would be neither. If they are of one "
                                + "network all the same, say so in phema.yaml, as in network: {res_balance: 0.3}");
        assertThat(run.snapshots()).extracting(Snapshot::name).containsExactly(name(16), name(32), name(65));
    }

    /** So that outputs state it, whichever file they are made like. */
    @Test
    void whatOneFileStatesHoldsForTheOthers() throws IOException {
        snapshot(16, Map.of("clip_act", "null", "res_balance", "0.30", "dropout", "0.1"));
        snapshot(32, Map.of("dropout", "0.2"));

        Run run = scan();

        assertThat(run.excluded()).isEmpty();
        assertThat(run.notices()).isEmpty();
        assertThat(metadata(run, 0)).containsEntry("clip_act", "null").containsEntry("res_balance", "0.30");
        assertThat(metadata(run, 1))
                .containsEntry("clip_act", "none")
                .containsEntry("res_balance", "0.3")
                .containsEntry("dropout", "0.2");
    }

    @Test
    void theManifestCountsAndSaysWhatItOverrules() throws IOException {
        snapshot(16, HEADS_16);
        snapshot(32, Map.of("channels_per_head", "64"));
        Files.writeString(
                folder.resolve("phema.yaml"),
                "network: {channels_per_head: 32, clip_act: none, resample_filter: [1.0, 1.0], attn_balance: .25}\n");

        Run run = scan();

        assertThat(run.excluded()).isEmpty();
        assertThat(run.snapshots()).hasSize(2);
        for (int i = 0; i < 2; i++)
            assertThat(metadata(run, i))
                    .containsEntry("channels_per_head", "32")
                    .containsEntry("clip_act", "none")
                    .containsEntry("resample_filter", "[1, 1]")
                    .containsEntry("attn_balance", "0.25");
        assertThat(run.notices())
                .containsExactly("phema.yaml states that the network has channels_per_head 32, and " + name(16)
                        + " channels_per_head 16; phema.yaml counts.");
        assertThat(Catalog.networkSettings(folder.resolve(name(16))).metadata())
                .containsEntry("channels_per_head", "32");
    }

    @Test
    void aRunOfSomethingElseKeepsItsMetadata() throws IOException {
        snapshot(16, Map.of("sigma_data", "unknown", "dropout", "none"));
        snapshot(32, Map.of("sigma_data", "unknown"));

        Run run = scan();

        assertThat(run.excluded()).isEmpty();
        assertThat(metadata(run, 0)).containsEntry("sigma_data", "unknown").containsEntry("dropout", "none");
    }

    private Run scan() throws IOException {
        return RunScanner.scan(folder, Selection.DEFAULT);
    }

    private static Map<String, String> metadata(Run run, int index) {
        return run.snapshots().get(index).file().metadata();
    }

    private static String name(int kimg) {
        return "network-snapshot-%07d-0.050.safetensors".formatted(kimg);
    }

    private void snapshot(int kimg, Map<String, String> metadata) throws IOException {
        TestFiles.safetensors(folder.resolve(name(kimg)), metadata, Map.of("w", (float) kimg));
    }
}
