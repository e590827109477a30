package phema.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static phema.Fixtures.fixture;
import static phema.TestWeights.elements;
import static phema.format.Samples.ordered;
import static phema.format.Samples.snapshot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import phema.format.Edm2PickleGenerator.Node;
import phema.format.Edm2PickleGenerator.StoredTensor;
import phema.tensor.DType;
import phema.tensor.Shape;

class Edm2PickleReaderTest {
    private static final StoredTensor MATRIX = StoredTensor.packed(DType.F16, Shape.of(2, 3));

    @TempDir
    Path folder;

    static List<Path> snapshots() throws IOException {
        try (Stream<Path> files = Files.list(fixture("edm2"))) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("snapshots")
    void findsTheVeryTensorsThatTheTrainingJobAlsoWroteAsSafetensors(Path path) throws IOException {
        WeightFile pickle = WeightFiles.read(path);
        WeightFile safetensors = WeightFiles.read(
                fixture("safetensors").resolve(path.getFileName().toString().replace(".pkl", ".safetensors")));

        Map<String, Tensor> found =
                pickle.tensors().stream().collect(Collectors.toMap(Tensor::name, Function.identity()));
        assertThat(found.keySet())
                .containsExactlyInAnyOrderElementsOf(
                        safetensors.tensors().stream().map(Tensor::name).toList());
        for (Tensor expected : safetensors.tensors()) {
            Tensor tensor = Objects.requireNonNull(found.get(expected.name()));
            assertThat(tensor.dtype()).isEqualTo(expected.dtype());
            assertThat(tensor.shape()).isEqualTo(expected.shape());
            assertThat(elements(pickle, tensor)).isEqualTo(elements(safetensors, expected));
        }
    }

    /**
     * The order and roles are what PyTorch printed for {@code named_parameters()} and {@code named_buffers()} of the
     * unpickled network.
     */
    @Test
    void listsParametersThenBuffersAsPyTorchDoes() throws IOException {
        WeightFile file = WeightFiles.read(fixture("edm2/network-snapshot-0000262-0.100.pkl"));
        assertThat(file.tensors().stream().map(t -> t.role() + " " + t.name())).containsExactly(NAMES);
        assertThat(file.format()).isEqualTo(Format.EDM2_PICKLE);
        assertThat(file.metadata())
                .containsEntry("class_name", "StandIn")
                .containsEntry("img_resolution", "8")
                .containsEntry("sigma_data", "0.5");
    }

    /** Written by Python with modules of EDM2's names, attributes and arguments. */
    @Test
    void statesTheSettingsOfTheNetwork() throws IOException {
        assertThat(WeightFiles.read(fixture("network/heads.pkl")).metadata())
                .containsEntry("channels_per_head", "16")
                .containsEntry("res_balance", "0.3")
                .containsEntry("attn_balance", "0.3")
                .containsEntry("concat_balance", "0.5")
                .containsEntry("label_balance", "0.5")
                .containsEntry("clip_act", "256")
                .containsEntry("resample_filter", "[1, 1]")
                .containsEntry("sigma_data", "0.5")
                .containsEntry("dropout", "0.1")
                .containsEntry("label_dim", "3")
                .containsEntry("module_classes", "Block, MPConv, MPFourier, Precond, UNet")
                .containsEntry(
                        "init_arguments",
                        "attention, attn_resolutions, channel_mult, channels_per_head, dropout, flavor, img_channels, "
                                + "img_resolution, kernel, label_dim, model_channels, num_blocks, use_fp16");
    }

    @Test
    void statesNoSettingWhereNothingDoes() throws IOException {
        Path path = snapshot(folder.resolve("a.pkl"), Map.of("w", MATRIX), Map.of());
        assertThat(NetworkSettings.of(WeightFiles.read(path).metadata())).isEqualTo(NetworkSettings.NONE);
    }

    /** Attributes are what runs, arguments what was once asked for. */
    @Test
    void attributesCountMoreThanArguments() throws IOException {
        Map<String, Object> attributes = ordered(
                "_init_kwargs",
                Map.of("res_balance", 0.4, "sigma_data", 0.7),
                "res_balance",
                0.2,
                "clip_act",
                Optional.empty(),
                "resample_filter",
                List.of(1, 3, 3, 1));
        assertThat(settings(block(attributes)))
                .containsEntry("res_balance", "0.2")
                .containsEntry("clip_act", "none")
                .containsEntry("resample_filter", "[1, 3, 3, 1]")
                .containsEntry("sigma_data", "0.7");
    }

    @Test
    void namesBlocksThatDifferFromOneAnother() throws IOException {
        assertThat(settings(block(Map.of("res_balance", 0.3)), block(Map.of("res_balance", 0.5))))
                .containsEntry("res_balance", "0.3 in `b0`, 0.5 in `b1`");
        assertThat(settings(heads(32, 2), heads(32, 4)))
                .containsEntry("channels_per_head", "num_heads 2 in `b0`, 4 in `b1`, both of 32 channels");
        assertThat(settings(heads(32, 2), heads(64, 3)))
                .containsEntry(
                        "channels_per_head",
                        "num_heads 2 for 32 channels in `b0`, num_heads 3 for 64 channels in `b1`");
    }

    @Test
    void headsTellTheirChannels() throws IOException {
        assertThat(settings(heads(128, 2), heads(64, 1))).containsEntry("channels_per_head", "64");
        // Less than a head, as phema's own small networks have it, and heads of a remainder.
        assertThat(settings(heads(32, 1))).containsEntry("channels_per_head", "64");
        assertThat(settings(heads(96, 1), heads(192, 3))).containsEntry("channels_per_head", "64");
        assertThat(settings(heads(96, 6), heads(192, 12), heads(8, 0))).containsEntry("channels_per_head", "16");
        // What was asked for decides where heads allow it.
        Map<String, Object> asked =
                ordered("_init_kwargs", Map.of("channels_per_head", 48), "num_heads", 1, "out_channels", 64);
        assertThat(settings(block(asked))).containsEntry("channels_per_head", "48");
    }

    private Map<String, String> settings(Node... blocks) throws IOException {
        Map<String, Node> modules = new LinkedHashMap<>();
        for (Node block : blocks) modules.put("b" + modules.size(), block);
        Node root = new Node("Precond", Map.of(), Map.of(), Map.of(), modules);
        return WeightFiles.read(snapshot(folder.resolve("a.pkl"), root)).metadata();
    }

    private static Node block(Map<String, Object> attributes) {
        return new Node(
                "Block", attributes, Map.of("w", StoredTensor.packed(DType.F16, Shape.of(1))), Map.of(), Map.of());
    }

    private static Node heads(int channels, int heads) {
        return block(Map.of("num_heads", heads, "out_channels", channels));
    }

    private static final String[] NAMES = {
        "PARAMETER unet.out_gain",
        "PARAMETER unet.emb_noise.weight",
        "PARAMETER unet.enc.8x8_block0.emb_gain",
        "PARAMETER unet.enc.8x8_block0.conv.weight",
        "PARAMETER unet.enc.8x8_block1.emb_gain",
        "PARAMETER unet.enc.8x8_block1.conv.weight",
        "PARAMETER unet.enc.8x8_block2.emb_gain",
        "PARAMETER unet.enc.8x8_block2.conv.weight",
        "BUFFER unet.steps",
        "BUFFER unet.emb_fourier.freqs",
        "BUFFER unet.emb_fourier.phases",
        "BUFFER unet.enc.8x8_block0.resample_filter",
        "BUFFER unet.enc.8x8_block1.resample_filter",
        "BUFFER unet.enc.8x8_block2.resample_filter",
    };

    @Test
    void theDigestCoversEverythingButElements() throws IOException {
        Path path = snapshot(folder.resolve("a.pkl"), Map.of("w", MATRIX), Map.of());
        WeightFile file = WeightFiles.read(path);
        String digest = file.parts().getFirst().digest();
        byte[] bytes = Files.readAllBytes(path);

        bytes[(int) file.tensors().getFirst().offset()] ^= 1;
        Files.write(path, bytes);
        assertThat(WeightFiles.read(path).parts().getFirst().digest()).isEqualTo(digest);

        bytes[new String(bytes, StandardCharsets.ISO_8859_1).indexOf("class Net")] ^= 1;
        Files.write(path, bytes);
        assertThat(WeightFiles.read(path).parts().getFirst().digest()).isNotEqualTo(digest);
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"F6_E2M3", "F6_E3M2"}) // which torch does not have
    void readsEveryElementType(DType dtype) throws IOException {
        StoredTensor stored = StoredTensor.packed(dtype, Shape.of(3, 2));
        WeightFile file = WeightFiles.read(snapshot(folder.resolve("a.pkl"), Map.of("w", stored), Map.of()));
        Tensor tensor = file.tensors().getFirst();
        assertThat(tensor.dtype()).isEqualTo(dtype);
        assertThat(elements(file, tensor)).isEqualTo(counting(0, 6 * dtype.bytes()));
    }

    @Test
    void keepsStridesAndOffsetsOfViews() throws IOException {
        WeightFile file = WeightFiles.read(snapshot(
                folder.resolve("a.pkl"),
                ordered(
                        "transposed",
                        new StoredTensor(DType.U8, Shape.of(2, 3), List.of(1L, 2L), 0, 6),
                        "channelsLast",
                        new StoredTensor(DType.U8, Shape.of(1, 2, 2, 2), List.of(8L, 1L, 4L, 2L), 0, 8),
                        "slice",
                        new StoredTensor(DType.F16, Shape.of(2), List.of(3L), 4, 20),
                        "expanded",
                        new StoredTensor(DType.U8, Shape.of(3), List.of(0L), 1, 2)),
                Map.of()));
        assertThat(file.tensors().stream().map(t -> elements(file, t)))
                .containsExactly(
                        new byte[] {0, 2, 4, 1, 3, 5},
                        new byte[] {0, 2, 4, 6, 1, 3, 5, 7},
                        new byte[] {8, 9, 14, 15},
                        new byte[] {1, 1, 1});
    }

    @Test
    void readsScalarsAndEmptyTensors() throws IOException {
        WeightFile file = WeightFiles.read(snapshot(
                folder.resolve("a.pkl"),
                ordered(
                        "scalar",
                        StoredTensor.packed(DType.F32, Shape.of()),
                        "empty",
                        StoredTensor.packed(DType.F16, Shape.of(0, 4))),
                Map.of()));
        assertThat(file.tensors().stream().map(Tensor::shape)).containsExactly(Shape.of(), Shape.of(0, 4));
        assertThat(elements(file, file.tensors().getFirst())).isEqualTo(counting(0, 4));
    }

    @Test
    void listsSharedTensorsAndModulesOnceUnderTheirFirstName() throws IOException {
        Node shared = module(Map.of("weight", MATRIX), Map.of());
        Node root = new Node(
                "Net",
                Map.of(),
                Map.of("tied", MATRIX),
                Map.of("filter", StoredTensor.packed(DType.F16, Shape.of(4))),
                ordered(
                        "a",
                        shared,
                        "list",
                        new Node("ModuleList", Map.of(), Map.of(), Map.of(), Map.of("0", shared))));
        assertThat(names(root)).containsExactly("tied", "filter");
        Node twice = new Node("Net", Map.of(), Map.of(), Map.of(), ordered("a", shared, "b", shared));
        assertThat(names(twice)).containsExactly("a.weight");
    }

    @Test
    void namesAreDottedPathsThroughPlainContainers() throws IOException {
        Node leaf = module(
                Map.of("weight", StoredTensor.packed(DType.F16, Shape.of(1))),
                Map.of("freqs", StoredTensor.packed(DType.F32, Shape.of(1))));
        Node root = new Node(
                "Net",
                Map.of(),
                Map.of("out_gain", StoredTensor.packed(DType.F16, Shape.of())),
                Map.of(),
                Map.of("enc", new Node("ModuleDict", Map.of(), Map.of(), Map.of(), Map.of("8x8_conv", leaf))));
        assertThat(names(root)).containsExactly("out_gain", "enc.8x8_conv.weight", "enc.8x8_conv.freqs");
    }

    @Test
    void aNameOfEndlessLengthIsRefused() throws IOException {
        Node deep = module(Map.of("w", MATRIX), Map.of());
        for (int i = 0; i < 30; i++)
            deep = new Node("Net", Map.of(), Map.of(), Map.of(), Map.of("inner".repeat(10), deep));
        Path path = snapshot(folder.resolve("a.pkl"), deep);
        assertThatThrownBy(() -> WeightFiles.read(path))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("name of more than 1024 characters");
    }

    @Test
    void aTensorBeyondItsStorageIsRefused() throws IOException {
        for (StoredTensor lie : List.of(
                new StoredTensor(DType.F16, Shape.of(2, 3), List.of(3L, 1L), 1, 6),
                new StoredTensor(DType.F16, Shape.of(2, 3), List.of(4L, 1L), 0, 6),
                new StoredTensor(DType.F16, Shape.of(7), List.of(1L), 0, 6),
                new StoredTensor(DType.F16, Shape.of(2), List.of(1L << 62), 0, 6),
                new StoredTensor(DType.F16, Shape.of(1L << 62), List.of(1L), 0, 6),
                new StoredTensor(DType.F16, Shape.of(1L << 62), List.of(0L), 0, 6),
                new StoredTensor(DType.F16, Shape.of(1), List.of(1L), Long.MAX_VALUE, 6))) {
            Path path = snapshot(folder.resolve("a.pkl"), Map.of("w", lie), Map.of());
            assertThatThrownBy(() -> WeightFiles.read(path))
                    .isInstanceOf(FormatException.class)
                    .hasMessageContaining("tensor `w` ");
        }
    }

    @Test
    void everyTruncationIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(fixture("edm2/network-snapshot-0000016-0.050.pkl"));
        Path path = folder.resolve("cut.pkl");
        for (int size = 0; size < whole.length; size += size < 600 ? 1 : 53) {
            Files.write(path, java.util.Arrays.copyOf(whole, size));
            assertThatThrownBy(() -> WeightFiles.read(path))
                    .as("%d bytes", size)
                    .isInstanceOf(FormatException.class)
                    .hasMessageStartingWith(path.toString());
        }
    }

    @Test
    void somethingBehindTheEndIsRefused() throws IOException {
        Path path = snapshot(folder.resolve("a.pkl"), Map.of("w", MATRIX), Map.of());
        Files.write(path, new byte[3], StandardOpenOption.APPEND);
        assertThatThrownBy(() -> WeightFiles.read(path)).hasMessageEndingWith("3 bytes follow the end of the pickle");
    }

    @Test
    void aDamagedNestedStreamIsRefusedByWhatIsWrong() throws IOException {
        assertThat(damaged("little_endianq\u0002\u0088", "little_endianq\u0002\u0089"))
                .contains("is not little-endian");
        assertThat(damaged("HalfStorage", "LongStorage"))
                .contains("claims 6 and 6 elements of 8 bytes, but holds 12 bytes");
        assertThat(damaged("HalfStorage", "EvilStorage")).contains("needs the global `torch.EvilStorage`");
        assertThat(damaged("l\u00fc\u009cF", "l\u00fc\u009cG"))
                .contains("does not begin as PyTorch's legacy streams do");
        assertThat(damaged("M\u00e9\u0003.", "M\u00e8\u0003.")).contains("legacy protocol 1001");
    }

    private String damaged(String from, String to) throws IOException {
        Path path = snapshot(folder.resolve("a.pkl"), Map.of("w", MATRIX), Map.of());
        String content = Files.readString(path, StandardCharsets.ISO_8859_1);
        assertThat(content).contains(from);
        Files.writeString(path, content.replace(from, to), StandardCharsets.ISO_8859_1);
        try {
            WeightFiles.read(path);
        } catch (FormatException e) {
            return String.valueOf(e.getMessage());
        }
        throw new AssertionError("was read");
    }

    @Test
    void aGlobalThatNoSnapshotNeedsIsRefusedByName() throws IOException {
        String content = Files.readString(
                snapshot(folder.resolve("a.pkl"), Map.of("w", MATRIX), Map.of()), StandardCharsets.ISO_8859_1);
        Path path = folder.resolve("evil.pkl");
        Files.writeString(
                path,
                content.replace("\u008c\u000bcollections", "\u008c\u000bsubprocess2"),
                StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> WeightFiles.read(path))
                .isInstanceOf(FormatException.class)
                .hasMessage(
                        path
                                + ": needs the global `subprocess2.OrderedDict`, which is not part of an EDM2 snapshot; refusing to go on");
    }

    /** StyleGAN's snapshots are built alike, of several networks. */
    @Test
    void readsTheAverageOfAGan() throws IOException {
        Path path = folder.resolve("network-snapshot-000200.pkl");
        Node network = new Node("Generator", Map.of(), ordered("w", MATRIX), Map.of(), Map.of());
        try (var out = Files.newOutputStream(path)) {
            Edm2PickleGenerator.write(
                    "G_ema", network, "class Generator: pass\n", (tensor, to) -> to.write(new byte[12]), out);
        }

        WeightFile file = WeightFiles.read(path);

        assertThat(file.tensors()).extracting(Tensor::name).containsExactly("G_ema.w");
        assertThat(file.metadata()).containsEntry("class_name", "Generator");
        assertThat(WeightFiles.otherNetworks(file)).contains("encoder, loss_fn");
    }

    @Test
    void aPickleOfSomethingElseIsRefused() throws IOException {
        Path path = Files.write(folder.resolve("a.pkl"), new byte[] {(byte) 0x80, 4, '}', '.'});
        assertThatThrownBy(() -> WeightFiles.read(path))
                .hasMessage(path + ": has no `ema`, so it is not an EDM2 snapshot");
    }

    @Test
    void aFileOfThreeGigabytesIsIndexedByItsStructureAlone() throws IOException {
        Map<String, StoredTensor> parameters = new LinkedHashMap<>();
        for (int i = 0; i < 6; i++) parameters.put("w" + i, StoredTensor.packed(DType.F16, Shape.of(1 << 14, 1 << 14)));
        Path path = folder.resolve("large.pkl");
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            List<Long> offsets = new ArrayList<>();
            var out = java.nio.channels.Channels.newOutputStream(channel);
            Edm2PickleGenerator.write(
                    new Node("Net", Map.of(), parameters, Map.of(), Map.of()),
                    "",
                    (tensor, to) -> {
                        offsets.add(channel.position());
                        channel.position(channel.position() + tensor.storageElements() * 2);
                    },
                    out);
            WeightFile file = WeightFiles.read(path);
            assertThat(file.size()).isGreaterThan(3L << 30);
            assertThat(file.tensors().stream().map(Tensor::offset)).isEqualTo(offsets);
        }
    }

    private List<String> names(Node root) throws IOException {
        return WeightFiles.read(snapshot(folder.resolve("names.pkl"), root)).tensors().stream()
                .map(Tensor::name)
                .toList();
    }

    private static Node module(Map<String, StoredTensor> parameters, Map<String, StoredTensor> buffers) {
        return new Node("Net", Map.of(), parameters, buffers, Map.of());
    }

    private static byte[] counting(int from, int to) {
        ByteBuffer bytes = ByteBuffer.allocate(to - from);
        for (int i = from; i < to; i++) bytes.put((byte) i);
        return bytes.array();
    }
}
