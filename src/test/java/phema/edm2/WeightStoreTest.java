package phema.edm2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import phema.format.Edm2PickleGenerator;
import phema.format.Edm2PickleGenerator.Node;
import phema.format.Edm2PickleGenerator.StoredTensor;
import phema.format.FormatException;
import phema.format.NetworkSettings;
import phema.format.WeightFiles;
import phema.tensor.DType;
import phema.tensor.Elements;
import phema.tensor.Shape;

class WeightStoreTest {
    private static final NetworkSpec SPEC = new NetworkSpec(
            Architecture.EDM2, 16, 2, 3, 6, 20, List.of(8, 12), 2, List.of(8), 10, NetworkSettings.NONE);
    private static final NetworkSpec ADM =
            new NetworkSpec(Architecture.ADM, 16, 2, 3, 6, 20, List.of(8, 12), 2, List.of(8), 10, NetworkSettings.NONE);

    private static final float[] BOX = {0.25f, 0.25f, 0.25f, 0.25f};

    @TempDir
    private Path folder = Path.of("");

    @Test
    void whatWasWrittenIsReadAgain() throws IOException {
        NetworkWeights weights = NetworkWeights.initial(SPEC, Randoms.of(1, 1));
        NetworkWeights read = WeightStore.load(WeightFiles.read(write(tensors(weights))));
        assertThat(read.spec()).isEqualTo(SPEC);
        for (String name : weights.names()) assertThat(read.get(name)).isEqualTo(weights.get(name));
    }

    @Test
    void weightsThatAreNotFiniteAreRefusedByName() throws IOException {
        for (float broken : new float[] {Float.NaN, Float.NEGATIVE_INFINITY, Float.intBitsToFloat(0xffc00001)})
            for (String name : List.of("unet.dec.8x8_in0.conv_res0.weight", "unet.out_gain", "logvar_fourier.freqs")) {
                NetworkWeights weights = NetworkWeights.initial(SPEC, Randoms.of(1, 1));
                weights.get(name)[0] = broken;
                Path file = write(tensors(weights));
                SamplerOptions options = new SamplerOptions(1, 0.002, 80, 7, 1, 0, 0, 1, 1);
                assertThatThrownBy(() -> Generator.of(Network.read(file), Optional.empty(), options, Computing.USUAL))
                        .isInstanceOf(FormatException.class)
                        .hasMessageContaining("tensor `" + name
                                + "` holds values that are not finite, so the network makes no images");
            }
    }

    /** Which is why a network takes no memory until it is run. */
    @Test
    void weightsOfAFileAreReadWhenTheyAreAskedFor() throws IOException {
        Path file = write(tensors(NetworkWeights.initial(SPEC, Randoms.of(1, 1))));
        Network network = Network.read(file);
        try (OutputStream cut = Files.newOutputStream(file)) {
            cut.write(0);
        }
        SamplerOptions options = new SamplerOptions(1, 0.002, 80, 7, 1, 0, 0, 1, 1);
        for (Computing.Library library : Computing.Library.values())
            assertThatThrownBy(() -> Generator.of(
                            network, Optional.empty(), options, new Computing(library, Computing.Precision.F32)))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("became shorter while it was read");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void othersMayReadWhatIsWrittenAsTheyMayReadOtherFiles() throws IOException {
        Path other = Files.createFile(folder.resolve("other"));
        assertThat(Files.getPosixFilePermissions(write(tensors(NetworkWeights.zero(SPEC)))))
                .isEqualTo(Files.getPosixFilePermissions(other));
    }

    @Test
    void theNamesOfTensorsTellTheArchitecture() throws IOException {
        NetworkWeights weights = NetworkWeights.initial(ADM, Randoms.of(1, 1));
        NetworkWeights read = WeightStore.load(WeightFiles.read(write(tensors(weights))));
        assertThat(read.spec()).isEqualTo(ADM);
        for (String name : weights.names()) assertThat(read.get(name)).isEqualTo(weights.get(name));
    }

    @Test
    void namesWhatTheBaselineLacks() throws IOException {
        SequencedMap<String, WeightStore.Values> tensors = tensors(NetworkWeights.zero(ADM));
        tensors.remove("unet.dec.8x8_in0.norm1.bias");
        assertRefused(tensors, "lacks the tensor `unet.dec.8x8_in0.norm1.bias`");
        tensors.put("unet.dec.8x8_in0.norm1.bias", new WeightStore.Values(Shape.of(12), new float[12]));
        tensors.put("unet.out_gain", new WeightStore.Values(Shape.of(), new float[1]));
        assertRefused(tensors, "has the tensor `unet.out_gain`, for which the network has no place");
    }

    @Test
    void leavesNothingBesideTheFile() throws IOException {
        write(tensors(NetworkWeights.zero(SPEC)));
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(folder.resolve("net.safetensors"));
        }
    }

    @Test
    void namesAMissingTensor() throws IOException {
        SequencedMap<String, WeightStore.Values> tensors = tensors(NetworkWeights.zero(SPEC));
        tensors.remove("unet.dec.8x8_in1.conv_res1.weight");
        assertRefused(tensors, "lacks the tensor `unet.dec.8x8_in1.conv_res1.weight`");
    }

    @Test
    void namesASurplusTensor() throws IOException {
        SequencedMap<String, WeightStore.Values> tensors = tensors(NetworkWeights.zero(SPEC));
        tensors.put("unet.dec.16x16_block9.bias", new WeightStore.Values(Shape.of(1), new float[1]));
        assertRefused(tensors, "has the tensor `unet.dec.16x16_block9.bias`, for which the network has no place");
    }

    @Test
    void namesATensorOfAnotherShape() throws IOException {
        SequencedMap<String, WeightStore.Values> tensors = tensors(NetworkWeights.zero(SPEC));
        tensors.put("unet.out_conv.weight", new WeightStore.Values(Shape.of(2, 8, 1, 1), new float[16]));
        assertRefused(tensors, "`unet.out_conv.weight` has the shape [2, 8, 1, 1] where the network has [2, 8, 3, 3]");
    }

    @Test
    void loadsASnapshotOfEdm2sOwnTraining() throws IOException {
        NetworkWeights weights = NetworkWeights.initial(SPEC, Randoms.of(1, 1));
        NetworkWeights read = WeightStore.load(WeightFiles.read(pickle(tensors(weights), BOX)));
        // The pickle states another sigma_data than the usual 0.5.
        assertThat(read.spec().sigmaData()).isEqualTo(1);
        assertThat(read.spec().widths()).containsExactly(8, 12);
        for (String name : weights.names()) assertThat(read.get(name)).isEqualTo(weights.get(name));
    }

    @Test
    void namesWhatASnapshotOfEdm2sOwnTrainingLacks() throws IOException {
        SequencedMap<String, WeightStore.Values> tensors = tensors(NetworkWeights.zero(SPEC));
        tensors.remove("unet.enc.16x16_block1.emb_gain");
        tensors.remove("unet.dec.8x8_in0.attn_qkv.weight");
        assertRefused(
                pickle(tensors, BOX),
                "lacks the tensors `unet.enc.16x16_block1.emb_gain`, `unet.dec.8x8_in0.attn_qkv.weight` of the network");
    }

    @Test
    void namesWhatASnapshotOfEdm2sOwnTrainingHasTooMuch() throws IOException {
        SequencedMap<String, WeightStore.Values> tensors = tensors(NetworkWeights.zero(SPEC));
        tensors.put("unet.dec.16x16_block0.norm.weight", new WeightStore.Values(Shape.of(8), new float[8]));
        assertRefused(
                pickle(tensors, BOX),
                "has the tensor `unet.dec.16x16_block0.norm.weight`, for which the network has no place");
    }

    @Test
    void namesATensorOfAnotherShapeInASnapshotOfEdm2sOwnTraining() throws IOException {
        SequencedMap<String, WeightStore.Values> tensors = tensors(NetworkWeights.zero(SPEC));
        tensors.put("unet.emb_noise.weight", new WeightStore.Values(Shape.of(20, 6, 1, 1), new float[120]));
        assertRefused(
                pickle(tensors, BOX), "`unet.emb_noise.weight` has the shape [20, 6, 1, 1] where the network has");
    }

    @Test
    void refusesAnotherResamplingFilterThanTheBox() throws IOException {
        assertRefused(
                pickle(tensors(NetworkWeights.zero(SPEC)), 1, 3, 3, 9),
                "`unet.enc.8x8_down.resample_filter` is another filter than the box");
    }

    @Test
    void refusesWeightsOfSomethingElse() throws IOException {
        SequencedMap<String, WeightStore.Values> tensors = new LinkedHashMap<>();
        tensors.put("lm_head.weight", new WeightStore.Values(Shape.of(2), new float[2]));
        assertRefused(tensors, "is not an EDM2 network that can be run");
    }

    private void assertRefused(SequencedMap<String, WeightStore.Values> tensors, String message) throws IOException {
        assertRefused(write(tensors), message);
    }

    private static void assertRefused(Path path, String message) {
        assertThatThrownBy(() -> WeightStore.load(WeightFiles.read(path)))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining(message);
    }

    /** A snapshot as EDM2's training loop pickles it, with a filter beside the weights. */
    private Path pickle(SequencedMap<String, WeightStore.Values> tensors, float... filter) throws IOException {
        Node network = module("Precond", Map.of("sigma_data", 1.0));
        Map<StoredTensor, float[]> elements = new IdentityHashMap<>();
        tensors.forEach((name, values) -> {
            StoredTensor stored = StoredTensor.packed(DType.F32, values.shape());
            boolean buffer = name.endsWith(".freqs") || name.endsWith(".phases");
            Node owner = owner(network, name);
            (buffer ? owner.buffers() : owner.parameters()).put(name.substring(name.lastIndexOf('.') + 1), stored);
            elements.put(stored, values.elements());
        });
        StoredTensor box = StoredTensor.packed(DType.F32, Shape.of(1, 1, 2, 2));
        owner(network, "unet.enc.8x8_down.resample_filter").buffers().put("resample_filter", box);
        elements.put(box, filter);
        Path path = folder.resolve("network-snapshot-0000001-0.100.pkl");
        try (OutputStream out = Files.newOutputStream(path)) {
            Edm2PickleGenerator.write(
                    network,
                    "class Precond: pass\n",
                    (stored, to) -> to.write(bytes(Objects.requireNonNull(elements.get(stored)))),
                    out);
        }
        return path;
    }

    private static Node owner(Node network, String name) {
        Node module = network;
        for (String child : List.of(name.split("\\.")).subList(0, name.split("\\.").length - 1)) {
            String type = child.equals("enc") || child.equals("dec") ? "ModuleDict" : "MPConv";
            module = module.modules().computeIfAbsent(child, c -> module(type, Map.of()));
        }
        return module;
    }

    private static Node module(String type, Map<String, Object> attributes) {
        return new Node(type, attributes, new LinkedHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
    }

    private static byte[] bytes(float[] elements) {
        byte[] bytes = new byte[elements.length * Float.BYTES];
        Elements.fromFloats(DType.F32, elements, 0, elements.length, MemorySegment.ofArray(bytes), 0);
        return bytes;
    }

    private static SequencedMap<String, WeightStore.Values> tensors(NetworkWeights weights) {
        SequencedMap<String, WeightStore.Values> tensors = new LinkedHashMap<>();
        for (String name : weights.names())
            tensors.put(name, new WeightStore.Values(weights.shape(name), weights.get(name)));
        return tensors;
    }

    private Path write(SequencedMap<String, WeightStore.Values> tensors) throws IOException {
        Path path = folder.resolve("net.safetensors");
        WeightStore.write(path, tensors, DType.F32, Map.of());
        return path;
    }
}
