package phema.format;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import phema.Fixtures;
import phema.format.Edm2PickleGenerator.Node;
import phema.format.Edm2PickleGenerator.StoredTensor;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * The corpus of hostile weight files: what each tries, how it is made, and whether it must be refused or can be read
 * correctly.
 */
final class HostileFiles {
    /** What pickles that would run something try to create in the working folder. */
    static final String CANARY = "phema-canary";

    private static final long TERABYTE = 1L << 40;

    private static final String EVERYTHING = "\u0000\u0001\u007f\u0080\u00ff";

    /** {@code {"a": <three floats in data/0>}}, as {@code torch.save} writes it. */
    private static final String TENSOR = "ctorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storage"
            + "ctorch\nFloatStorage\nX\u0001\0\0\0000X\u0003\0\0\0cpuK\u0003tQK\0K\u0003\u0085K\u0001\u0085\u0089"
            + "ccollections\nOrderedDict\n)RtR";

    /** Whether a file can be read as what it is. */
    enum End {
        REFUSED,
        READ
    }

    /** Makes the file that is to be read. */
    interface Maker {
        Path make(Path folder) throws Exception;
    }

    record Case(String name, End end, Maker maker) {
        @Override
        public String toString() {
            return name;
        }
    }

    private final SequencedMap<String, Case> cases = new LinkedHashMap<>();

    private HostileFiles() {}

    /** That a file was read as something that can be: each tensor within its file, none twice. */
    static void requireSound(WeightFile file) {
        if (file.tensors().stream().map(Tensor::name).distinct().count()
                != file.tensors().size()) throw new AssertionError("a tensor twice");
        for (int part = 0; part < file.parts().size(); part++)
            for (Tensor tensor : file.tensors())
                for (Tensor piece : tensor.in(part)) {
                    long last = 0;
                    for (int i = 0; i < piece.shape().rank(); i++)
                        last += (piece.shape().dims().get(i) - 1)
                                * piece.strides().get(i);
                    long end = piece.elements() == 0
                            ? 0
                            : piece.offset() + (last + 1) * piece.dtype().bytes();
                    if (piece.offset() < 0 || end > file.parts().get(part).size())
                        throw new AssertionError(piece + " lies outside of its file");
                }
    }

    static SequencedMap<String, Case> all() throws Exception {
        HostileFiles files = new HostileFiles();
        files.addSafetensors();
        files.addSafetensorsIndexes();
        files.addPickles();
        files.addSnapshots();
        files.addTorchObjects();
        files.addArchives();
        files.addFileKinds();
        for (Case each : HostileClusters.all()) files.add(each.name(), each.end(), each.maker());
        return files.cases;
    }

    private void add(String name, End end, Maker maker) {
        if (cases.putIfAbsent(name, new Case(name, end, maker)) != null) throw new AssertionError(name + " twice");
    }

    private void refused(String name, Maker maker) {
        add(name, End.REFUSED, maker);
    }

    private void read(String name, Maker maker) {
        add(name, End.READ, maker);
    }

    // Safetensors

    private void addSafetensors() throws IOException {
        byte[] whole = Files.readAllBytes(Fixtures.fixture("safetensors/network-snapshot-0000016-0.050.safetensors"));
        int data =
                8 + (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
        for (int size : new int[] {0, 1, 7, 8, 9, data - 1, data, data + 1, whole.length - 1})
            refused("safetensors cut to %d bytes".formatted(size), bytes("a.safetensors", Arrays.copyOf(whole, size)));
        refused("safetensors with a byte behind it", bytes("a.safetensors", Arrays.copyOf(whole, whole.length + 1)));

        for (long length : new long[] {0, 1, 1L << 31, TERABYTE, Long.MAX_VALUE, Long.MIN_VALUE, -1})
            refused(
                    "safetensors header of %s bytes".formatted(Long.toUnsignedString(length)),
                    folder -> patched(folder.resolve("a.safetensors"), whole, 0, eight(length)));
        for (long dim : new long[] {1L << 31, 1L << 62, Long.MAX_VALUE})
            refused("safetensors dimension of " + dim, header(tensor("a", "U8", "[" + dim + "]", 0, 1), 1));
        refused("safetensors dimension of 2^63", header(tensor("a", "U8", "[9223372036854775808]", 0, 1), 1));
        refused("safetensors dimension of 10^400", header(tensor("a", "U8", "[1" + "0".repeat(400) + "]", 0, 1), 1));
        refused(
                "safetensors dimensions whose product overflows to 0",
                header(tensor("a", "U8", "[4294967296,4294967296]", 0, 0), 0));
        refused(
                "safetensors offsets up to 2^63",
                header(tensor("a", "U8", "[1]", Long.MAX_VALUE - 1, Long.MAX_VALUE), 1));
        refused("safetensors negative offsets", header(tensor("a", "U8", "[1]", -1, 0), 1));
        refused(
                "safetensors tensors that overlap",
                header(tensor("a", "U8", "[2]", 0, 2) + "," + tensor("b", "U8", "[2]", 1, 3), 3));
        refused(
                "safetensors tensors in the same place",
                header(tensor("a", "U8", "[2]", 0, 2) + "," + tensor("b", "U8", "[2]", 0, 2), 2));
        refused("safetensors tensor that ends before it begins", header(tensor("a", "U8", "[2]", 2, 0), 2));
        refused(
                "safetensors hole between tensors",
                header(tensor("a", "U8", "[1]", 0, 1) + "," + tensor("b", "U8", "[1]", 2, 3), 3));
        refused(
                "safetensors name twice",
                header(tensor("a", "U8", "[1]", 0, 1) + "," + tensor("a", "U8", "[1]", 1, 2), 2));
        refused("safetensors metadata twice", header("\"__metadata__\":{},\"__metadata__\":{}", 0));
        refused("safetensors header nested 100,000 deep", header("\"a\":" + "[".repeat(100_000), 0));
        refused("safetensors objects nested 100,000 deep", header("\"a\":{".repeat(100_000), 0));
        refused(
                "safetensors shape of a million dimensions",
                header(tensor("a", "U8", "[1" + ",1".repeat(999_999) + "]", 0, 1), 1));
        refused("safetensors name of a megabyte", header(tensor("a".repeat(1 << 20), "U8", "[1]", 0, 1), 1));
        refused("safetensors name that would end the line", header(tensor("a\\n\\u001b[2Jb", "U9", "[1]", 0, 1), 1));
        read("safetensors name like a path", header(tensor("../../etc/passwd", "U8", "[1]", 0, 1), 1));
        read("safetensors without tensors", header("", 0));
        refused(
                "safetensors header that is not UTF-8",
                bytes("a.safetensors", joined(eight(12), latin1("{\"\u00ff\u00fe\":{}}  "))));
        refused("safetensors header of null bytes", bytes("a.safetensors", joined(eight(4096), new byte[4096])));
        refused(
                "safetensors header of 100 MB of tensors",
                repeated("", 100_000_000, i -> tensor(i, "U8", "[0]", 0, 0), ""));
        read(
                "safetensors header of 140,000 tensors",
                repeated("", 140_000 * 56, i -> tensor(i, "U8", "[0]", 0, 0), ""));
        refused(
                "safetensors header of 100 MB of one dtype",
                header("\"a\":{\"dtype\":\"" + "F".repeat(99_999_000) + "\"}", 0));
        refused(
                "safetensors metadata of 90 MB in one text",
                header("\"__metadata__\":{\"a\":\"" + "x".repeat(90_000_000) + "\"}", 0));
        refused(
                "safetensors metadata of 100 MB in small texts",
                repeated("\"__metadata__\":{", 100_000_000, i -> "\"" + i + "\":\"\"", "}"));
        read(
                "safetensors metadata of 75 MB in large texts",
                header(
                        "\"__metadata__\":{\"a\":\"" + "x".repeat(19_000_000) + "\",\"b\":\"" + "y".repeat(19_000_000)
                                + "\",\"c\":\"" + "z".repeat(19_000_000) + "\",\"d\":\"" + "\u00e9".repeat(9_000_000)
                                + "\"}",
                        0));
        read("safetensors header of 90 MB of spaces", header(" ".repeat(90_000_000), 0));
        read(
                "safetensors tensor of 4 TB in a sparse file",
                folder -> sparse(
                        Samples.safetensors(
                                folder.resolve("a.safetensors"),
                                "{" + tensor("a", "U8", "[" + 4 * TERABYTE + "]", 0, 4 * TERABYTE) + "}",
                                0),
                        4 * TERABYTE));
        refused(
                "safetensors file of 4 TB without tensors",
                folder -> sparse(Samples.safetensors(folder.resolve("a.safetensors"), "{}", 0), 4 * TERABYTE));
        refused(
                "a sparse file of 4 TB called safetensors",
                folder -> sparse(Files.write(folder.resolve("a.safetensors"), new byte[0]), 4 * TERABYTE));
    }

    private static String tensor(String name, String dtype, String shape, long begin, long end) {
        return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" + begin + ","
                + end + "]}";
    }

    private static Maker header(String entries, int data) {
        return folder -> Samples.safetensors(folder.resolve("a.safetensors"), "{" + entries + "}", data);
    }

    private interface Entry {
        String of(String name);
    }

    /** A header of as many entries as a length allows. */
    private static Maker repeated(String begin, int length, Entry entry, String end) {
        return folder -> {
            StringBuilder header =
                    new StringBuilder(length).append('{').append(begin).append(entry.of("0"));
            for (int i = 1; header.length() < length - 100; i++)
                header.append(',').append(entry.of(Integer.toHexString(i)));
            return Samples.safetensors(
                    folder.resolve("a.safetensors"),
                    header.append(end).append('}').toString(),
                    0);
        };
    }

    // Sharded safetensors

    private void addSafetensorsIndexes() {
        for (String name : new String[] {
            "../a.safetensors", "/etc/passwd", "..", ".", "", "sub/a.safetensors", "a\\\\b", "a\\u0000b"
        })
            refused(
                    "index that names the shard `%s`".formatted(name),
                    index("{\"weight_map\":{\"a\":\"" + name + "\"}}"));
        refused("index that names itself", index("{\"weight_map\":{\"a\":\"a.safetensors.index.json\"}}"));
        refused("index of a shard that is not there", index("{\"weight_map\":{\"a\":\"absent.safetensors\"}}"));
        refused(
                "index of a tensor that its shard lacks",
                index("{\"weight_map\":{\"a\":\"shard.safetensors\",\"b\":\"shard.safetensors\"}}"));
        refused("index that leaves a tensor out", index("{\"weight_map\":{\"b\":\"shard.safetensors\"}}"));
        refused(
                "index with a tensor twice",
                index("{\"weight_map\":{\"a\":\"shard.safetensors\",\"a\":\"shard.safetensors\"}}"));
        refused("index nested 100,000 deep", index("{\"x\":" + "[".repeat(100_000)));
        refused("index without a map", index("{\"metadata\":{}}"));
        refused("index of 4 TB", folder -> sparse(index("{\"weight_map\":{").make(folder), 4 * TERABYTE));
        refused("index of 90 MB of different tensors", folder -> {
            StringBuilder map = new StringBuilder("{\"weight_map\":{\"x\":\"b\"");
            for (int i = 0; map.length() < 90_000_000; i++)
                map.append(",\"").append(Integer.toHexString(i)).append("\":\"b\"");
            return Files.writeString(folder.resolve("a.safetensors.index.json"), map.append("}}"));
        });
        refused("index whose shard is a pipe", folder -> {
            Path index = index("{\"weight_map\":{\"a\":\"pipe.safetensors\"}}").make(folder);
            pipe(folder.resolve("pipe.safetensors"));
            return index;
        });
        refused("index whose shard is a pickle", folder -> {
            Files.write(folder.resolve("evil.safetensors"), evil());
            return index("{\"weight_map\":{\"a\":\"evil.safetensors\"}}").make(folder);
        });
        read("index and its shard", index("{\"weight_map\":{\"a\":\"shard.safetensors\"}}"));
    }

    private static Maker index(String json) {
        return folder -> {
            Samples.safetensors(folder.resolve("shard.safetensors"), "{" + tensor("a", "U8", "[1]", 0, 1) + "}", 1);
            return Files.writeString(folder.resolve("a.safetensors.index.json"), json);
        };
    }

    // Pickles, as such

    private void addPickles() throws IOException {
        byte[] whole = Files.readAllBytes(Fixtures.fixture("edm2/network-snapshot-0000016-0.050.pkl"));
        WeightFile file = WeightFiles.read(Fixtures.fixture("edm2/network-snapshot-0000016-0.050.pkl"));
        TreeSet<Integer> boundaries = new TreeSet<>(List.of(1, 2, 3, 11, whole.length - 2, whole.length - 1));
        for (Tensor tensor : file.tensors()) {
            boundaries.add((int) tensor.offset());
            boundaries.add((int) (tensor.offset() + tensor.bytes()));
        }
        for (int size : boundaries)
            refused("pickle cut to %d bytes".formatted(size), bytes("a.pkl", Arrays.copyOf(whole, size)));
        refused("pickle with a byte behind it", bytes("a.pkl", Arrays.copyOf(whole, whole.length + 1)));

        refused("pickle that calls os.system by REDUCE", bytes("a.pkl", evil()));
        refused(
                "pickle that calls os.system by STACK_GLOBAL",
                pickle("\u008c\u0005posix\u008c\u0006system\u0093\u008c\u0012touch " + CANARY + "\u0085R."));
        refused("pickle that calls os.system by INST", pickle("(X\u0012\0\0\0touch " + CANARY + "iposix\nsystem\n."));
        refused("pickle that calls os.system by OBJ", pickle("(cposix\nsystem\nX\u0012\0\0\0touch " + CANARY + "o."));
        refused("pickle that evaluates by NEWOBJ", pickle("cbuiltins\neval\n\u008c\u00011\u0085\u0081."));
        refused("pickle that evaluates by BUILD", pickle("cbuiltins\nexec\n\u008c\u00011b."));
        refused(
                "pickle with a getattr chain",
                pickle("cbuiltins\ngetattr\n(cbuiltins\n__import__\n\u008c\u0002osR\u008c\u0006systemtR."));
        refused(
                "pickle with an attribute path in a global",
                pickle("\u008c\u0005torch\u008c\u000cos.system\0\0\0\u0093."));
        refused("pickle with an extension code", pickle("\u0082\u0001."));
        refused("pickle of protocol 255", bytes("a.pkl", latin1("\u0080\u00ffN.")));
        for (String[] claim : new String[][] {
            {"BINBYTES of 4 GB", "42ffffffff"},
            {"BINBYTES8 of 2^63", "8e0000000000000080"},
            {"BINBYTES8 of 2^64 - 1", "8effffffffffffffff"},
            {"BYTEARRAY8 of 2^63 - 1", "96ffffffffffffff7f"},
            {"BINUNICODE of 2 GB", "58ffffff7f"},
            {"BINUNICODE of 4 GB", "58ffffffff"},
            {"BINUNICODE8 of 2^63", "8d0000000000000080"},
            {"LONG1 of 255 bytes", "8aff"},
            {"LONG4 of 2 GB", "8bffffff7f"},
            {"FRAME of 2^63 - 1", "95ffffffffffffff7f"},
            {"a memo index of 4 billion", "4e72ffffffff6a00000080"},
        }) refused("pickle with " + claim[0], bytes("a.pkl", HexFormat.of().parseHex("8004" + claim[1] + "2e")));
        refused("pickle of a million marks", repeatedPickle("(", 1_040_000, "."));
        refused("pickle of a million lists in lists", repeatedPickle("]", 500_000, "a".repeat(499_999) + "."));
        refused("pickle of a million tuples in tuples", repeatedPickle("\u0085", 1_040_000, ".", ")"));
        refused(
                "pickle of dictionaries in dictionaries",
                repeatedPickle("}X\u0001\0\0\0a", 340_000, "}" + "s".repeat(340_000) + "."));
        refused("pickle of 10 million opcodes", repeatedPickle("N0", 5_000_000, "."));
        refused("pickle that keeps a million values", folder -> {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.writeBytes(latin1("\u0080\u0004N"));
            for (int i = 0; i < 1_040_000; i++) {
                out.write('r');
                out.writeBytes(four(i));
            }
            out.write('.');
            return Files.write(folder.resolve("a.pkl"), out.toByteArray());
        });
        refused("pickle of a tuple doubled a thousand times", repeatedPickle("2\u0086", 1_000, ".", ")"));
        refused("pickle of a list that holds itself", pickle("]\u0094h\0a."));
        refused("pickle of 80 MB of text", repeatedPickle("X\0\0@\0" + "x".repeat(1 << 22), 20, "."));
        refused("pickle of text that is not UTF-8", pickle("X\u0002\0\0\0\u00ff\u00fe."));
        refused("pickle whose global would end the line", pickle("cos\r\u001b[2J\nsystem\n."));
    }

    private static byte[] evil() {
        return latin1("\u0080\u0002cposix\nsystem\n(X\u0012\0\0\0touch " + CANARY + "tR.");
    }

    private static Maker pickle(String opcodes) {
        return bytes("a.pkl", latin1("\u0080\u0004" + opcodes));
    }

    private static Maker repeatedPickle(String piece, int times, String end, String... begin) {
        return bytes("a.pkl", latin1("\u0080\u0004" + String.join("", begin) + piece.repeat(times) + end));
    }

    // EDM2 snapshots

    private void addSnapshots() {
        StoredTensor small = StoredTensor.packed(DType.F16, Shape.of(2, 3));
        read("snapshot of one tensor", snapshot(small, text -> text));
        for (Map.Entry<String, StoredTensor> lie : Map.of(
                        "a stride of 2^62", new StoredTensor(DType.F16, Shape.of(2), List.of(1L << 62), 0, 6),
                        "a dimension of 2^62", new StoredTensor(DType.F16, Shape.of(1L << 62), List.of(1L), 0, 6),
                        "2^62 repeated elements", new StoredTensor(DType.F16, Shape.of(1L << 62), List.of(0L), 0, 6),
                        "an offset of 2^63 - 1",
                                new StoredTensor(DType.F16, Shape.of(1), List.of(1L), Long.MAX_VALUE, 6),
                        "an element beyond its storage",
                                new StoredTensor(DType.F16, Shape.of(2, 3), List.of(3L, 1L), 1, 6))
                .entrySet()) refused("snapshot with " + lie.getKey(), snapshot(lie.getValue(), text -> text));
        refused(
                "snapshot of another byte order",
                snapshot(small, text -> text.replace("little_endianq\u0002\u0088", "little_endianq\u0002\u0089")));
        refused(
                "snapshot whose storage has another type",
                snapshot(small, text -> text.replace("HalfStorage", "LongStorage")));
        refused(
                "snapshot whose storage is a class of its own",
                snapshot(small, text -> text.replace("HalfStorage", "EvilStorage")));
        refused(
                "snapshot without the magic number",
                snapshot(small, text -> text.replace("l\u00fc\u009cF", "l\u00fc\u009cG")));
        refused(
                "snapshot of another class",
                snapshot(small, text -> text.replace("\u008c\u000bcollections", "\u008c\u000bsubprocess2")));
        refused("snapshot with names of 2,000 characters", folder -> {
            Node deep = new Node("Net", Map.of(), Map.of("w", small), Map.of(), Map.of());
            for (int i = 0; i < 40; i++)
                deep = new Node("Net", Map.of(), Map.of(), Map.of(), Map.of("inner".repeat(10), deep));
            return Samples.snapshot(folder.resolve("a.pkl"), deep);
        });
        refused("snapshot whose modules all have all modules", sharing("_modules"));
        refused("snapshot whose modules all have all parameters", sharing("_parameters"));
        refused(
                "snapshot of a module within itself",
                pickle("}\u008c\u0003ema" + module("}\u0094\u008c\u0001ah\u0001s") + "s."));
    }

    private static Maker snapshot(StoredTensor tensor, UnaryOperator<String> change) {
        return folder -> {
            Path path = Samples.snapshot(folder.resolve("a.pkl"), Map.of("w", tensor), Map.of());
            String content = Files.readString(path, ISO_8859_1);
            return Files.writeString(path, change.apply(content), ISO_8859_1);
        };
    }

    /** An object of a plain container with a state of these {@code _modules}. */
    private static String module(String modules) {
        return "ccollections\nOrderedDict\n)R}\u008c\u0008_modules" + modules + "sb";
    }

    /** Some 60,000 modules, each with the same dictionary of 60,000 members: billions, if each were looked at. */
    private static Maker sharing(String members) {
        return folder -> {
            int n = 60_000;
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            // kept: 0 the class, 1 all modules, 2 the state of the first
            out.writeBytes(latin1("\u0080\u0004}\u008c\u0003emaccollections\nOrderedDict\n\u0094)R"
                    + "}\u008c\u0008_modules}\u0094s\u0094b"));
            // 3: all parameters, 4: the state of the others
            out.writeBytes(latin1("}\u008c\u0008_modules}s\u008c\u000b_parameters}\u0094s\u00940h\u0001"));
            String state = members.equals("_modules") ? "h\u0002" : "h\u0004";
            for (int i = 0; i < n; i++) out.writeBytes(latin1("X\u0005\0\0\0%05xh\0)R%sbs".formatted(i, state)));
            out.writeBytes(latin1("0h\u0003"));
            for (int i = 0; i < n; i++) out.writeBytes(latin1("X\u0005\0\0\0%05xNs".formatted(i)));
            out.writeBytes(latin1("0s."));
            return Files.write(folder.resolve("a.pkl"), out.toByteArray());
        };
    }

    // What torch.save pickles

    private void addTorchObjects() {
        read("checkpoint of one tensor", checkpoint("}X\u0001\0\0\0a" + TENSOR + "s"));
        read("checkpoint that torch.load would run something of", folder -> torch(folder, evil()));
        refused(
                "checkpoint of a tensor that an unknown function makes",
                checkpoint("}X\u0001\0\0\0acevil\nmake\n" + TENSOR + "\u0085Rs"));
        read(
                "checkpoint of an object within itself",
                checkpoint("cevil\nNode\n)\u0081q\u0007}X\u0001\0\0\0ah\u0007sb"));
        refused(
                "checkpoint of objects 100,000 deep",
                checkpoint("cevil\nNode\n)\u0081" + "cevil\nNode\n)\u0081".repeat(100_000) + "b".repeat(100_000)));
        refused("checkpoint with a dictionary within itself", checkpoint("}q\0X\u0001\0\0\0ah\0s"));
        refused("checkpoint nested 100,000 deep", checkpoint("}X\0\0\0\0".repeat(100_000) + "}" + "s".repeat(100_000)));
        refused("checkpoint of lists doubled 90 times", checkpoint("]" + "2\u0086".repeat(90)));
        refused("checkpoint of lists that hold a list 100 times, four levels deep", checkpoint(lists(100, 4)));
        refused(
                "checkpoint whose tensor has another length",
                checkpoint("}X\u0001\0\0\0a" + TENSOR.replace("K\u0003t", "K\u0004t") + "s"));
        refused(
                "checkpoint whose tensor has a negative length",
                checkpoint("}X\u0001\0\0\0a" + TENSOR.replace("K\u0003t", "J\u00ff\u00ff\u00ff\u00fft") + "s"));
        refused(
                "checkpoint whose tensor has a length of 2^63",
                checkpoint(
                        "}X\u0001\0\0\0a" + TENSOR.replace("K\u0003t", "\u008a\u0009\0\0\0\0\0\0\0\u0080\0t") + "s"));
        refused(
                "checkpoint whose storage key is a path",
                checkpoint("}X\u0001\0\0\0a" + TENSOR.replace("X\u0001\0\0\0000", "X\u000b\0\0\0/etc/passwd") + "s"));
        refused(
                "checkpoint whose storage key leads up",
                checkpoint("}X\u0001\0\0\0a" + TENSOR.replace("X\u0001\0\0\0000", "X\u0008\0\0\0../../x/") + "s"));
        refused("checkpoint with a tensor of a million dimensions, a thousand times", folder -> {
            String many = TENSOR.replace("K\u0003\u0085K\u0001\u0085", "(" + "K\u0001".repeat(400_000) + "t2");
            return torch(
                    folder,
                    latin1("\u0080\u0002}X\u0001\0\0\0a](" + many + "q\u0001" + "h\u0001".repeat(1_000) + "es."));
        });
        refused("checkpoint of a thousand times the same elements", folder -> {
            StringBuilder entries = new StringBuilder("\u0080\u0002}X\u0001\0\0\0a]("
                    + TENSOR.replace("K\u0003t", "J\0\0\u0010\0t").replace("QK\0K\u0003", "QK\0J\0\0\u0010\0")
                    + "q\u0001");
            entries.append("h\u0001".repeat(999)).append("es.");
            return torch(folder, latin1(entries.toString()), new byte[4 << 20]);
        });
    }

    private static String lists(int width, int depth) {
        StringBuilder nest = new StringBuilder("}X\u0001\0\0\0a]q\0000");
        for (char d = 0; d < depth; d++)
            nest.append("](")
                    .append(("h" + d).repeat(width))
                    .append("eq")
                    .append((char) (d + 1))
                    .append('0');
        return nest.append('h').append((char) depth).append('s').toString();
    }

    private static Maker checkpoint(String value) {
        return folder -> torch(folder, latin1("\u0080\u0002" + value + "."));
    }

    private static Path torch(Path folder, byte[] pickle) throws IOException {
        return torch(folder, pickle, new byte[12]);
    }

    private static Path torch(Path folder, byte[] pickle, byte[] storage) throws IOException {
        return zip(folder, Samples.ordered("a/data.pkl", pickle, "a/data/0", storage, "a/version", latin1("3\n")));
    }

    // Zip archives

    private void addArchives() throws IOException {
        byte[] whole = Files.readAllBytes(Fixtures.fixture("torch/training.ckpt"));
        TreeSet<Integer> boundaries =
                new TreeSet<>(List.of(4, 29, 30, whole.length - 22, whole.length - 21, whole.length - 1));
        for (int i = 0; i < whole.length - 3; i++)
            if (whole[i] == 'P' && whole[i + 1] == 'K' && (whole[i + 2] == 1 || whole[i + 2] == 5 || whole[i + 2] == 6))
                boundaries.add(i);
        for (int size : boundaries)
            refused("archive cut to %d bytes".formatted(size), bytes("a.pt", Arrays.copyOf(whole, size)));
        refused("archive with 4 KB behind it", bytes("a.pt", Arrays.copyOf(whole, whole.length + 4096)));
        refused("archive with 4 KB before it", bytes("a.pt", joined(latin1("PK\u0003\u0004"), new byte[4092], whole)));
        refused("two archives in one file", bytes("a.pt", joined(whole, whole)));

        record Patch(String name, int directoryOffset, int localOffset, byte[] value) {}
        for (Patch patch : List.of(
                new Patch("a size of 4 GB that Zip64 should say", 24, 22, four(-1)),
                new Patch("a packed size beyond the file", 20, 18, four(0x7fffffff)),
                new Patch("a place beyond the file", 42, -1, four(0x7ffffff0)),
                new Patch("a place within another entry", 42, -1, four(1)),
                new Patch("the method DEFLATE", 10, 8, two(8)),
                new Patch("the method LZMA", 10, 8, two(14)),
                new Patch("the method DEFLATE in its own header only", -1, 8, two(8)),
                new Patch("encryption", 8, 6, two(1)),
                new Patch("sizes that its own header contradicts", -1, 22, four(1)),
                new Patch("another name in its own header", -1, 30, latin1("b")),
                new Patch("an extra field that covers the next entry", -1, 28, two(400)),
                new Patch("a name that is longer than the directory", 28, -1, two(0xffff)),
                new Patch("an extra field that is longer than the directory", 30, -1, two(0xffff)),
                new Patch("another disk", 34, -1, two(7))))
            refused("archive with " + patch.name(), folder -> {
                Path path = zip(
                        folder, Samples.ordered("a/data.pkl", latin1("\u0080\u0002}."), "a/version", latin1("3\n")));
                ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
                int directory = bytes.getInt(bytes.capacity() - 6);
                if (patch.directoryOffset() >= 0) bytes.put(directory + patch.directoryOffset(), patch.value());
                if (patch.localOffset() >= 0) bytes.put(patch.localOffset(), patch.value());
                return Files.write(path, bytes.array());
            });
        read("archive with a wrong checksum of what is read right, as torch.load reads it", folder -> {
            Path path = torch(folder, latin1("\u0080\u0002}X\u0001\0\0\0a" + TENSOR + "s."));
            byte[] bytes = Files.readAllBytes(path);
            bytes[14] ^= 1;
            return Files.write(path, bytes);
        });
        refused("archive with two entries of one name", folder -> {
            Path path = zip(
                    folder,
                    Samples.ordered(
                            "a/data.pkl", latin1("\u0080\u0002}."), "a/data.pkk", evil(), "a/version", latin1("3")));
            return Files.writeString(
                    path, Files.readString(path, ISO_8859_1).replace("data.pkk", "data.pkl"), ISO_8859_1);
        });
        for (String name : new String[] {"../../data.pkl", "/data.pkl", "a/../data.pkl", "C:\\data.pkl", "data.pkl"})
            refused(
                    "archive whose pickle is called " + name,
                    folder -> zip(folder, Samples.ordered(name, latin1("\u0080\u0002}."), "a/version", latin1("3"))));
        read(
                "archive with another entry called like a path",
                folder -> zip(
                        folder,
                        Samples.ordered(
                                "a/data.pkl",
                                latin1("\u0080\u0002}."),
                                "a/version",
                                latin1("3"),
                                "../../" + CANARY,
                                new byte[1])));
        refused(
                "archive of two saved objects",
                folder -> zip(
                        folder,
                        Samples.ordered(
                                "a/data.pkl",
                                latin1("\u0080\u0002}."),
                                "b/data.pkl",
                                evil(),
                                "a/version",
                                latin1("3"))));
        refused(
                "archive of a program",
                folder -> zip(
                        folder,
                        Samples.ordered(
                                "a/data.pkl",
                                latin1("\u0080\u0002}."),
                                "a/constants.pkl",
                                evil(),
                                "a/version",
                                latin1("3"))));
        refused(
                "archive of version 99",
                folder -> zip(
                        folder, Samples.ordered("a/data.pkl", latin1("\u0080\u0002}."), "a/version", latin1("99"))));
        refused(
                "archive whose version is a megabyte",
                folder -> zip(
                        folder,
                        Samples.ordered("a/data.pkl", latin1("\u0080\u0002}."), "a/version", new byte[1 << 20])));
        refused("archive of a gigabyte of zeros in a megabyte", folder -> {
            Path path = folder.resolve("a.pt");
            try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(path))) {
                for (String name : new String[] {"a/data.pkl", "a/version"}) {
                    zip.putNextEntry(new ZipEntry(name));
                    byte[] zeros = new byte[1 << 20];
                    for (int i = 0; i < 512; i++) zip.write(zeros);
                }
            }
            return path;
        });
        refused("archive of 1.9 million entries", folder -> directory(folder, 1_900_000, 0));
        refused("archive of 500,000 entries in one place", folder -> directory(folder, 500_000, 0));
        refused("archive of 65,000 entries in one place", folder -> directory(folder, 65_000, 0));
        refused("archive with a directory of 90 MB of names", folder -> directory(folder, 1_500, 60_000));
        refused(
                "archive whose end claims a directory of 4 GB",
                bytes("a.pt", joined(latin1("PK\u0003\u0004"), end(0, 0xffff_fffeL, 1))));
        refused(
                "archive whose Zip64 end claims 2^63 entries",
                bytes("a.pt", joined(latin1("PK\u0003\u0004"), end64(Long.MIN_VALUE, 46, 4))));
        refused(
                "archive whose Zip64 end lies beyond the file",
                bytes(
                        "a.pt",
                        joined(
                                latin1("PK\u0003\u0004"),
                                latin1("PK\u0006\u0007"),
                                four(0),
                                eight(Long.MAX_VALUE),
                                four(1),
                                end(0, 0, 0))));
        refused(
                "archive whose Zip64 directory has 2^63 - 1 bytes",
                bytes("a.pt", joined(latin1("PK\u0003\u0004"), end64(1, Long.MAX_VALUE, 4))));
        refused(
                "a sparse file of 4 TB that begins like an archive",
                folder -> sparse(Files.write(folder.resolve("a.pt"), latin1("PK\u0003\u0004")), 4 * TERABYTE));
    }

    /** Nothing but the directory of an archive, of entries that all begin at its first byte. */
    private static Path directory(Path folder, int entries, int nameBytes) throws IOException {
        ByteArrayOutputStream directory = new ByteArrayOutputStream(entries * (60 + nameBytes));
        byte[] fixed = joined(latin1("PK\u0001\u0002"), new byte[42]);
        for (int i = 0; i < entries; i++) {
            byte[] name = "%07d%s".formatted(i, "x".repeat(nameBytes)).getBytes(UTF_8);
            fixed[28] = (byte) name.length;
            fixed[29] = (byte) (name.length >> 8);
            directory.writeBytes(fixed);
            directory.writeBytes(name);
        }
        byte[] local = joined(latin1("PK\u0003\u0004"), new byte[26]);
        return Files.write(
                folder.resolve("a.pt"),
                joined(
                        local,
                        directory.toByteArray(),
                        entries < 0xffff
                                ? end(local.length, directory.size(), entries)
                                : joined(
                                        latin1("PK\u0006\u0006"),
                                        eight(44),
                                        new byte[12],
                                        eight(entries),
                                        eight(entries),
                                        eight(directory.size()),
                                        eight(local.length),
                                        latin1("PK\u0006\u0007"),
                                        four(0),
                                        eight(local.length + directory.size()),
                                        four(1),
                                        end(-1, -1, 0xffff))));
    }

    private static byte[] end(long offset, long length, int entries) {
        return joined(
                latin1("PK\u0005\u0006\0\0\0\0"),
                two(entries),
                two(entries),
                four((int) length),
                four((int) offset),
                two(0));
    }

    private static byte[] end64(long entries, long length, long begin) {
        return joined(
                latin1("PK\u0006\u0006"),
                eight(44),
                new byte[12],
                eight(entries),
                eight(entries),
                eight(length),
                eight(begin),
                latin1("PK\u0006\u0007"),
                four(0),
                eight(begin),
                four(1),
                end(-1, -1, 0xffff));
    }

    // What is no file, or another than its name says

    private void addFileKinds() throws IOException {
        refused("a pipe", folder -> pipe(folder.resolve("a.pkl")));
        refused(
                "a link to a pipe",
                folder -> Files.createSymbolicLink(folder.resolve("a.pkl"), pipe(folder.resolve("pipe"))));
        refused("a folder", folder -> Files.createDirectory(folder.resolve("a.safetensors")));
        refused(
                "a link in a circle",
                folder -> Files.createSymbolicLink(
                        folder.resolve("a.pkl"),
                        Files.createSymbolicLink(folder.resolve("b"), folder.resolve("a.pkl"))));
        refused(
                "a link to nothing",
                folder -> Files.createSymbolicLink(folder.resolve("a.pkl"), folder.resolve("absent")));
        for (String device : new String[] {
            "/dev/zero",
            "/dev/null",
            "/dev/urandom",
            "/dev/stdin",
            "/dev/tty",
            "/proc/self/mem",
            "/proc/self/environ",
            "/proc/self/maps",
            "/sys/kernel/notes"
        })
            if (Files.exists(Path.of(device)))
                refused(
                        "a link to " + device,
                        folder -> Files.createSymbolicLink(folder.resolve("a.safetensors"), Path.of(device)));
        refused("an ELF program called .pkl", bytes("a.pkl", joined(latin1("\u007fELF"), new byte[4096])));
        refused("a shell script called .pt", bytes("a.pt", latin1("#!/bin/sh\ntouch " + CANARY + "\n")));
        refused("an HTML page called .safetensors", bytes("a.safetensors", latin1("<!DOCTYPE html><html></html>")));
        refused("random bytes", bytes("a.pkl", latin1(EVERYTHING.repeat(1000))));
        read(
                "a safetensors file called .pkl",
                bytes(
                        "a.pkl",
                        Files.readAllBytes(
                                Fixtures.fixture("safetensors/network-snapshot-0000016-0.050.safetensors"))));
        read(
                "a pickle called .safetensors",
                bytes(
                        "a.safetensors",
                        Files.readAllBytes(Fixtures.fixture("edm2/network-snapshot-0000016-0.050.pkl"))));
        refused("an evil pickle called .safetensors", bytes("a.safetensors", evil()));
        refused("a file whose name would end the line", bytes("a\n\u001b[2Jb.pkl", new byte[1]));
    }

    // Pieces

    private static Maker bytes(String name, byte[] content) {
        return folder -> Files.write(folder.resolve(name), content);
    }

    private static Path patched(Path path, byte[] whole, int at, byte[] value) throws IOException {
        byte[] changed = whole.clone();
        System.arraycopy(value, 0, changed, at, value.length);
        return Files.write(path, changed);
    }

    private static Path zip(Path folder, Map<String, byte[]> entries) throws IOException {
        return archive(folder.resolve("a.pt"), entries);
    }

    /** An archive of entries that are stored as they are. */
    static Path archive(Path path, Map<String, byte[]> entries) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(path))) {
            for (Map.Entry<String, byte[]> content : entries.entrySet()) {
                CRC32 crc = new CRC32();
                crc.update(content.getValue());
                ZipEntry entry = new ZipEntry(content.getKey());
                entry.setMethod(ZipEntry.STORED);
                entry.setSize(content.getValue().length);
                entry.setCrc(crc.getValue());
                zip.putNextEntry(entry);
                zip.write(content.getValue());
            }
        }
        return path;
    }

    /** Lengthens a file without writing anything. */
    private static Path sparse(Path path, long bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1), channel.size() + bytes - 1);
        }
        return path;
    }

    static Path pipe(Path path) throws Exception {
        if (new ProcessBuilder("mkfifo", path.toString()).start().waitFor() != 0)
            throw new IOException("mkfifo failed");
        return path;
    }

    private static byte[] latin1(String text) {
        return text.getBytes(ISO_8859_1);
    }

    private static byte[] two(int value) {
        return Arrays.copyOf(four(value), 2);
    }

    private static byte[] four(int value) {
        return Arrays.copyOf(eight(value), 4);
    }

    private static byte[] eight(long value) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    private static byte[] joined(byte[]... pieces) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] piece : pieces) all.writeBytes(piece);
        return all.toByteArray();
    }
}
