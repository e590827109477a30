package phema.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import phema.format.Value.Global;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * Writes files of the structure of EDM2's network snapshots, of any size, for tests and benchmarks: pickles of protocol
 * 4 as Python's pickler makes them of a tree of persistent modules whose tensors PyTorch pickles as nested legacy
 * streams.
 */
public final class Edm2PickleGenerator {
    private static final List<String> HOOKS = List.of(
            "_backward_pre_hooks",
            "_backward_hooks",
            "_forward_hooks",
            "_forward_hooks_with_kwargs",
            "_forward_hooks_always_called",
            "_forward_pre_hooks",
            "_forward_pre_hooks_with_kwargs",
            "_state_dict_hooks",
            "_state_dict_pre_hooks",
            "_load_state_dict_pre_hooks",
            "_load_state_dict_post_hooks");

    private final PickleOutput out;
    private final String source;
    private final ElementSource content;
    private long key = 94_000_000_000_000L;

    private Edm2PickleGenerator(PickleOutput out, String source, ElementSource content) {
        this.out = out;
        this.source = source;
        this.content = content;
    }

    /**
     * A node of the network. The same object at two places is shared there.
     *
     * @param className of a persistent class, or {@code ModuleDict} or another container of PyTorch's
     * @param attributes plain values: {@link Boolean}, {@link Integer}, {@link Double}, {@link String}, lists and maps
     *     of them, and an empty {@link Optional} for {@code None}
     */
    public record Node(
            String className,
            Map<String, Object> attributes,
            Map<String, StoredTensor> parameters,
            Map<String, StoredTensor> buffers,
            Map<String, Node> modules) {}

    /**
     * A tensor and the storage behind it. The same object at two places is tied there.
     *
     * @param strides in elements
     * @param first index of the tensor's first element in its storage
     * @param storageElements number of elements of the storage
     */
    public record StoredTensor(DType dtype, Shape shape, List<Long> strides, long first, long storageElements) {
        /** A row-major tensor that fills its storage. */
        public static StoredTensor packed(DType dtype, Shape shape) {
            return new StoredTensor(dtype, shape, shape.contiguousStrides(), 0, shape.elements());
        }
    }

    /** Supplies the elements. */
    public interface ElementSource {
        /** Writes the bytes of the whole storage, {@code storageElements} little-endian elements. */
        void write(StoredTensor tensor, OutputStream out) throws IOException;
    }

    /**
     * Writes a whole snapshot around this network.
     *
     * @param source the Python text that every module carries; tens of kilobytes in real files
     */
    public static void write(Node ema, String source, ElementSource content, OutputStream out) throws IOException {
        write("ema", ema, source, content, out);
    }

    /** @param key of the network in the snapshot: {@code G_ema} makes one like StyleGAN's */
    static void write(String key, Node network, String source, ElementSource content, OutputStream out)
            throws IOException {
        PickleOutput pickle = new PickleOutput(out);
        new Edm2PickleGenerator(pickle, source, content).snapshot(key, network);
        pickle.stop();
    }

    private interface Body {
        void write() throws IOException;
    }

    private void snapshot(String key, Node network) throws IOException {
        Node plain = new Node("StandIn", Map.of(), Map.of(), Map.of(), Map.of());
        emptyEasyDict();
        out.op('(');
        entry("encoder", () -> module(plain));
        entry("dataset_kwargs", () -> {
            emptyEasyDict();
            out.op('(');
            entry("class_name", () -> out.text("training.dataset.ImageFolderDataset"));
            entry("path", () -> out.text("images.zip"));
            entry("use_labels", () -> out.bool(true));
            out.op('u');
        });
        entry("loss_fn", () -> module(new Node("StandIn", Map.of(), Map.of(), Map.of(), Map.of())));
        entry(key, () -> module(network));
        out.op('u');
    }

    private void module(Node module) throws IOException {
        if (out.recall(module)) return;
        Global container = new Global("torch.nn.modules.container", module.className());
        if (Edm2PickleReader.ALLOWED.contains(container)) {
            out.global(container);
            out.op(')');
            out.op(0x81);
            out.memoize(module);
            state(module);
            out.op('b');
        } else {
            out.global(Edm2PickleReader.PERSISTENT);
            emptyDict();
            out.op('(');
            entry("type", () -> out.text("class"));
            entry("version", () -> out.integer(6));
            entry("module_src", () -> out.text(source));
            entry("class_name", () -> out.text(module.className()));
            entry("state", () -> state(module));
            out.op('u');
            tuple1();
            out.op('R');
            out.memoize(module);
        }
    }

    private void state(Node module) throws IOException {
        emptyDict();
        out.op('(');
        entry("training", () -> out.bool(false));
        entry("_parameters", () -> dict(module.parameters(), this::parameter));
        entry("_buffers", () -> dict(module.buffers(), this::tensor));
        entry("_non_persistent_buffers_set", () -> {
            out.op(0x8f);
            out.memoize();
        });
        for (String hooks : HOOKS) entry(hooks, this::orderedDict);
        entry("_is_full_backward_hook", out::none);
        entry("_modules", () -> dict(module.modules(), this::module));
        for (Map.Entry<String, Object> attribute : module.attributes().entrySet())
            entry(attribute.getKey(), () -> plain(attribute.getValue()));
        out.op('u');
    }

    private void plain(Object value) throws IOException {
        switch (value) {
            case Boolean b -> out.bool(b);
            case Integer n -> out.integer(n);
            case Double x -> out.real(x);
            case String text -> out.text(text);
            case Optional<?> none -> out.none();
            case List<?> list -> list(list);
            case Map<?, ?> map -> {
                emptyDict();
                out.op('(');
                for (Map.Entry<?, ?> entry : map.entrySet())
                    entry(String.valueOf(entry.getKey()), () -> plain(Objects.requireNonNull(entry.getValue())));
                out.op('u');
            }
            default -> throw new IllegalArgumentException("no plain value: " + value);
        }
    }

    private void list(List<?> values) throws IOException {
        out.op(']');
        out.memoize();
        out.op('(');
        for (Object value : values) plain(value);
        out.op('e');
    }

    private void parameter(StoredTensor tensor) throws IOException {
        if (out.recall(tensor)) return;
        out.global(TorchTensors.PARAMETER);
        rebuild(tensor);
        out.memoize();
        out.bool(false);
        orderedDict();
        out.op(0x87);
        out.memoize();
        out.op('R');
        out.memoize(tensor);
    }

    private void tensor(StoredTensor tensor) throws IOException {
        if (out.recall(tensor)) return;
        rebuild(tensor);
        out.memoize(tensor);
    }

    private void rebuild(StoredTensor tensor) throws IOException {
        Global storage = storageClass(tensor.dtype());
        boolean untyped = storage.equals(TorchStorage.UNTYPED);
        out.global(untyped ? TorchTensors.TENSOR_WITH_DTYPE : TorchTensors.TENSOR);
        out.op('(');
        storage(tensor, storage, untyped ? 1 : tensor.dtype().bytes());
        out.integer(tensor.first());
        numbers(tensor.shape().dims());
        numbers(tensor.strides());
        out.bool(false);
        orderedDict();
        if (untyped) out.global(named(TorchTensors.DTYPES, tensor.dtype()));
        out.op('t');
        out.memoize();
        out.op('R');
    }

    private void storage(StoredTensor tensor, Global type, int unit) throws IOException {
        long bytes = tensor.storageElements() * tensor.dtype().bytes();
        byte[] head = legacyHead(type, String.valueOf(key++), bytes / unit);
        out.global(Edm2PickleReader.LOAD_FROM_BYTES);
        out.bytes(head.length + bytes, stream -> {
            stream.write(head);
            content.write(tensor, stream);
        });
        tuple1();
        out.op('R');
        out.memoize();
    }

    private static Global storageClass(DType dtype) {
        return TorchStorage.CLASSES.containsValue(dtype) ? named(TorchStorage.CLASSES, dtype) : TorchStorage.UNTYPED;
    }

    private static Global named(Map<Global, DType> names, DType dtype) {
        return names.entrySet().stream()
                .filter(entry -> entry.getValue() == dtype)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
    }

    /**
     * What {@code torch.save(storage, _use_new_zipfile_serialization=False)} writes before the elements, in protocol 2.
     */
    private static byte[] legacyHead(Global type, String key, long numel) {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        HexFormat hex = HexFormat.of();
        head.writeBytes(hex.parseHex("80028a0a6cfc9c46f9206aa850192e"));
        head.writeBytes(hex.parseHex("80024de9032e"));
        head.writeBytes(hex.parseHex("80027d7100285810000000"));
        head.writeBytes(ascii("protocol_version"));
        head.writeBytes(hex.parseHex("71014de903580d000000"));
        head.writeBytes(ascii("little_endian"));
        head.writeBytes(hex.parseHex("710288580a000000"));
        head.writeBytes(ascii("type_sizes"));
        head.writeBytes(hex.parseHex("71037d7104285805000000"));
        head.writeBytes(ascii("short"));
        head.writeBytes(hex.parseHex("71054b025803000000"));
        head.writeBytes(ascii("int"));
        head.writeBytes(hex.parseHex("71064b045804000000"));
        head.writeBytes(ascii("long"));
        head.writeBytes(hex.parseHex("71074b0475752e"));

        head.writeBytes(hex.parseHex("80022858"));
        head.writeBytes(littleEndian(4, "storage".length()));
        head.writeBytes(ascii("storage"));
        head.writeBytes(hex.parseHex("7100"));
        head.writeBytes(ascii("c" + type.module() + "\n" + type.name() + "\n"));
        head.writeBytes(hex.parseHex("710158"));
        head.writeBytes(littleEndian(4, key.length()));
        head.writeBytes(ascii(key));
        head.writeBytes(hex.parseHex("71025803000000"));
        head.writeBytes(ascii("cpu"));
        head.writeBytes(hex.parseHex("71038a08"));
        head.writeBytes(littleEndian(8, numel));
        head.writeBytes(hex.parseHex("4e747104512e"));

        head.writeBytes(hex.parseHex("80025d710058"));
        head.writeBytes(littleEndian(4, key.length()));
        head.writeBytes(ascii(key));
        head.writeBytes(hex.parseHex("7101612e"));
        head.writeBytes(littleEndian(8, numel));
        return head.toByteArray();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] littleEndian(int n, long value) {
        byte[] bytes = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        return Arrays.copyOf(bytes, n);
    }

    private interface Writing<T> {
        void write(T value) throws IOException;
    }

    private <T> void dict(Map<String, T> entries, Writing<T> value) throws IOException {
        emptyDict();
        if (entries.isEmpty()) return;
        out.op('(');
        for (Map.Entry<String, T> entry : entries.entrySet())
            entry(entry.getKey(), () -> value.write(entry.getValue()));
        out.op('u');
    }

    private void entry(String name, Body value) throws IOException {
        out.text(name);
        value.write();
    }

    private void emptyDict() throws IOException {
        out.op('}');
        out.memoize();
    }

    private void emptyEasyDict() throws IOException {
        out.global(Edm2PickleReader.EASY_DICT);
        out.op(')');
        out.op(0x81);
        out.memoize();
    }

    private void orderedDict() throws IOException {
        out.global(Edm2PickleReader.ORDERED_DICT);
        out.op(')');
        out.op('R');
        out.memoize();
    }

    private void tuple1() throws IOException {
        out.op(0x85);
        out.memoize();
    }

    private void numbers(List<Long> numbers) throws IOException {
        if (numbers.isEmpty()) {
            out.op(')');
            return;
        }
        out.op('(');
        for (long n : numbers) out.integer(n);
        out.op('t');
        out.memoize();
    }
}
