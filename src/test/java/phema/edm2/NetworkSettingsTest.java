package phema.edm2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static phema.Fixtures.fixture;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.format.FormatException;
import phema.format.NetworkSettings;
import phema.format.WeightFiles;
import phema.tensor.DType;

/** Compares with what {@code src/interop/edm2_twin.py} makes of {@code fixtures/network/heads.pkl}. */
class NetworkSettingsTest {
    private static final Path PICKLE = fixture("network/heads.pkl");
    private static final Path IMAGES = fixture("network/images.safetensors");
    private static final SamplerOptions OPTIONS =
            new SamplerOptions(6, 0.002, 80, 7, 1, 0, 0, Double.POSITIVE_INFINITY, 1);

    @TempDir
    private Path folder = Path.of("");

    @Test
    void aSnapshotOf16ChannelsPerHeadIsRunWithThem() throws IOException {
        Network network = Network.read(PICKLE);
        assertThat(network.spec().heads(32)).isEqualTo(2);
        assertThat(images(network, Optional.empty(), OPTIONS)).containsExactly(twins("as_stated"), within(1e-4f));
        assertThat(network.notices()).containsExactly(PICKLE + ": unlike EDM2's defaults, channels_per_head 16");
    }

    /** The files' weights under what a manifest says instead, one setting after the other. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "defaults       | channels_per_head=64",
                "heads8         | channels_per_head=8",
                "res_balance    | res_balance=0.45",
                "attn_balance   | attn_balance=0.2",
                "concat_balance | concat_balance=0.65",
                "label_balance  | label_balance=0.7",
                "clip_act       | clip_act=0.75",
                "sigma_data     | sigma_data=0.6",
                "as_stated      | clip_act=none",
                "others         | res_balance=0.45;attn_balance=0.2;concat_balance=0.65;label_balance=0.7;clip_act=0.75;"
                        + "sigma_data=0.6",
            })
    void otherSettingsMakeOtherImages(String name, String settings) throws IOException {
        Network network = Network.read(PICKLE, NetworkSettings.of(map(settings)));
        assertThat(images(network, Optional.empty(), OPTIONS)).containsExactly(twins(name), within(1e-4f));
        assertThat(network.notices().getFirst()).contains("and the manifest beside it ", "; the manifest counts");
    }

    @Test
    void aFileThatStatesNothingIsRunWithEdm2sDefaultsAndOneLineSaysSo() throws IOException {
        Path file = safetensors(Map.of());
        Network network = Network.read(file);
        assertThat(images(network, Optional.empty(), OPTIONS)).containsExactly(twins("defaults"), within(1e-4f));
        assertThat(network.notices())
                .containsExactly(file
                        + ": EDM2's defaults are taken for what is not stated: channels_per_head 64, res_balance 0.3, "
                        + "attn_balance 0.3, concat_balance 0.5, label_balance 0.5, clip_act 256, resample_filter "
                        + "[1, 1], sigma_data 0.5");
    }

    @Test
    void metadataOfSafetensorsCounts() throws IOException {
        Network network = Network.read(safetensors(Map.of("channels_per_head", "8", "res_balance", "0.30")));
        assertThat(images(network, Optional.empty(), OPTIONS)).containsExactly(twins("heads8"), within(1e-4f));
        assertThat(network.notices().getLast()).doesNotContain("channels_per_head", "res_balance");
    }

    /** Guided by itself under other settings, with all weight on the guide. */
    @Test
    void theGuideHasSettingsOfItsOwn() throws IOException {
        SamplerOptions toTheGuide = new SamplerOptions(6, 0.002, 80, 7, 0, 0, 0, Double.POSITIVE_INFINITY, 1);
        Network guide = Network.read(PICKLE, NetworkSettings.of(Map.of("channels_per_head", "8")));
        assertThat(images(Network.read(PICKLE), Optional.of(guide), toTheGuide))
                .containsExactly(twins("heads8"), within(1e-4f));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "resample_filter   | [1, 3, 3, 1]     | states resample_filter [1, 3, 3, 1]; only [1, 1]",
                "res_balance       | 0.3 in `a`, 1 in `b` | states res_balance, which must be a number from 0 to 1, not",
                "clip_act          | -1               | states clip_act, which must be a number above 0, or none, not -1",
                "channels_per_head | 16.5             | states channels_per_head, which must be a whole number",
                "channels_per_head | 10               | 32 channels do not divide into 3 attention heads",
                "sigma_data        | NaN              | states sigma_data, which must be a number above 0, not NaN",
                "label_dim         | 1000             | states label_dim 1000, but its tensors are of a network of 3",
                "module_classes    | Block, LoraBlock | has modules of the classes LoraBlock",
                "init_arguments    | label_dim, rope  | was made with the arguments rope",
            })
    void whatCannotBeRunIsRefusedByName(String key, String value, String message) throws IOException {
        Path file = safetensors(Map.of(key, value));
        assertThatThrownBy(() -> Network.read(file))
                .isInstanceOf(FormatException.class)
                .hasMessageStartingWith(file + ": ")
                .hasMessageContaining(message);
    }

    @Test
    void theBaselineHasFewerSettings() throws IOException {
        NetworkSpec adm = NetworkSpec.of(Architecture.ADM, 4, 3, 0, 8, List.of(1), 1);
        assertThat(adm.metadata())
                .containsKeys("channels_per_head", "sigma_data")
                .doesNotContainKey("res_balance");
        NetworkWeights weights = NetworkWeights.initial(adm, Randoms.of(1, 1));
        assertThatThrownBy(() -> Network.read(write("adm", weights, Map.of("res_balance", "0.4"))))
                .hasMessageContaining("states res_balance 0.4, which means nothing to the layers that it has");
        assertThat(Network.read(write("adm", weights, Map.of())).notices().getLast())
                .contains("channels_per_head 64")
                .doesNotContain("res_balance");
    }

    /** Checkpoints keep the text, so it must not change for networks that could be trained before. */
    @Test
    void checkpointsOfUsualNetworksGoOn() {
        assertThat(NetworkSpec.of(16, 3, 10, 32, List.of(1, 2), 1).identity())
                .isEqualTo("NetworkSpec[architecture=EDM2, resolution=16, channels=3, classes=10, noiseChannels=32, "
                        + "embeddingChannels=64, widths=[32, 64], blocks=1, attention=[16, 8], logvarChannels=128, "
                        + "sigmaData=0.5]");
    }

    private static Map<String, String> map(String settings) {
        Map<String, String> map = new LinkedHashMap<>();
        for (String setting : settings.split(";")) map.put(setting.split("=")[0], setting.split("=")[1]);
        return map;
    }

    private float[] images(Network network, Optional<Network> guide, SamplerOptions options) throws IOException {
        float[] onnx = images(network, guide, options, Computing.Library.ONNX);
        assertThat(images(network, guide, options, Computing.Library.ND4J)).containsExactly(onnx, within(1e-4f));
        return onnx;
    }

    private float[] images(Network network, Optional<Network> guide, SamplerOptions options, Computing.Library library)
            throws IOException {
        Path out = folder.resolve("images.safetensors");
        Computing computing = new Computing(library, Computing.Precision.F32);
        try (Generator generator = Generator.of(network, guide, options, computing)) {
            generator.fromFile(IMAGES, out, 2);
        }
        return Objects.requireNonNull(WeightStore.read(WeightFiles.read(out)).get("images"))
                .elements();
    }

    private static float[] twins(String name) throws IOException {
        return Objects.requireNonNull(WeightStore.read(WeightFiles.read(IMAGES)).get(name))
                .elements();
    }

    /** The network as safetensors, with other metadata. */
    private Path safetensors(Map<String, String> metadata) throws IOException {
        Path path = folder.resolve("net.safetensors");
        WeightStore.write(path, WeightStore.read(WeightFiles.read(PICKLE)), DType.F32, metadata);
        return path;
    }

    private Path write(String name, NetworkWeights weights, Map<String, String> metadata) throws IOException {
        SequencedMap<String, WeightStore.Values> tensors = new LinkedHashMap<>();
        for (String tensor : weights.names())
            tensors.put(tensor, new WeightStore.Values(weights.shape(tensor), weights.get(tensor)));
        Path path = folder.resolve(name + ".safetensors");
        WeightStore.write(path, tensors, DType.F32, metadata);
        return path;
    }
}
