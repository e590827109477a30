package phema.format;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import phema.Fixtures;
import phema.format.HostileFiles.Case;
import phema.format.HostileFiles.End;
import phema.format.HostileFiles.Maker;

/** The part of the corpus that many files make together: distributed checkpoints and those of DeepSpeed. */
final class HostileClusters {
    private static final String DATA = "__0_0.distcp";

    private final List<Case> cases = new ArrayList<>();
    private final byte[] record;

    private HostileClusters() throws IOException {
        record = record("FloatStorage", 6, "K\u0000", "(K\u0002K\u0003t", "(K\u0003K\u0001t");
    }

    static List<Case> all() throws IOException {
        HostileClusters all = new HostileClusters();
        all.addChunks();
        all.addPlaces();
        all.addRecords();
        all.addBombs();
        all.addDeepSpeed();
        return all.cases;
    }

    private void refused(String name, Maker maker) {
        cases.add(new Case(name, End.REFUSED, maker));
    }

    private void read(String name, Maker maker) {
        cases.add(new Case(name, End.READ, maker));
    }

    // Chunks

    private void addChunks() {
        read("metadata of a tensor in one chunk", tensor(size(2, 3), chunk("0 0", "2 3")));
        read("metadata of a tensor in two chunks", tensor(size(4, 3), chunk("0 0", "2 3"), chunk("2 0", "2 3")));
        read("metadata of empty chunks as well", tensor(size(2, 3), chunk("0 0", "2 3"), chunk("2 0", "0 3")));
        refused("metadata of a chunk beyond its tensor", tensor(size(2, 3), chunk("1 0", "2 3")));
        refused("metadata of a chunk at 2^62", tensor(size(2, 3), chunk("4611686018427387904 0", "2 3")));
        refused("metadata of a chunk at 2^63 - 1", tensor(size(2, 3), chunk("9223372036854775807 0", "2 3")));
        refused("metadata of a chunk of 2^62 rows", tensor(size(2, 3), chunk("0 0", "4611686018427387904 3")));
        refused("metadata of chunks that overlap", tensor(size(3, 3), chunk("0 0", "2 3"), chunk("1 0", "2 3")));
        refused("metadata of a chunk twice", tensor(size(2, 3), chunk("0 0", "2 3"), chunk("0 0", "2 3")));
        refused("metadata of chunks with a hole", tensor(size(5, 3), chunk("0 0", "2 3"), chunk("3 0", "2 3")));
        refused("metadata of a tensor without chunks", tensor(size(2, 3)));
        refused("metadata of a chunk of other dimensions", tensor(size(2, 3), chunk("0", "6")));
        refused("metadata of a chunk of another shape", tensor(size(3, 2), chunk("0 0", "3 2")));
        refused("metadata of a tensor of 2^62 elements", tensor(size(1L << 62), chunk("0", "4611686018427387904")));
        refused("metadata of a shape whose product overflows", tensor(size(1L << 32, 1L << 32), chunk("0 0", "2 3")));
        read("metadata of a tensor without elements", tensor(size(0, 3), chunk("0 0", "0 3")));
        refused(
                "metadata of 65 dimensions",
                tensor(size(LongStream.generate(() -> 1).limit(65).toArray())));
        refused(
                "metadata of a shape that is a text",
                tensor("ctorch\nSize\n(" + text("a") + "t\u0085R", chunk("0 0", "2 3")));
        refused(
                "metadata of a negative shape",
                tensor(
                        "ctorch\nSize\n(J\u00ff\u00ff\u00ff\u00ffJ\u00ff\u00ff\u00ff\u00fft\u0085R",
                        chunk("0 0", "2 3")));
        refused(
                "metadata of a type that nobody knows",
                tensor(size(2, 3), chunk("0 0", "2 3")),
                text -> text.replace("float32", "float99"));
        refused(
                "metadata of another type than the data's",
                tensor(size(2, 3), chunk("0 0", "2 3")),
                text -> text.replace("float32", "float64"));
        refused(
                "metadata of a class of its own",
                tensor(size(2, 3), chunk("0 0", "2 3")),
                text -> text.replace("TensorStorageMetadata", "QuantizedStorageMetadata"));
        refused(
                "metadata that would run something",
                tensor(size(2, 3), chunk("0 0", "2 3")),
                text -> text.replace(
                        "cm\nTensorStorageMetadata\n)\u0081", "cposix\nsystem\n" + text("touch x") + "\u0085R"));
        refused(
                "metadata of transformed chunks",
                tensor(size(2, 3), chunk("0 0", "2 3")),
                text -> text.replace(
                        text("relative_path"),
                        text("transform_descriptors") + "](" + text("stream.zstd/1") + "e" + text("relative_path")));
        refused("metadata of no checkpoint", folder -> write(folder, latin1("\u0080\u0004}.")));
        refused("metadata of nothing", folder -> write(folder, latin1("\u0080\u0004N.")));
        refused("metadata that go on behind their end", folder -> {
            Path path = tensor(size(2, 3), chunk("0 0", "2 3")).make(folder);
            return Files.write(path, new byte[1], StandardOpenOption.APPEND);
        });
    }

    private void refused(String name, Maker maker, UnaryOperator<String> change) {
        refused(name, folder -> {
            Path path = maker.make(folder);
            String before = Files.readString(path, ISO_8859_1);
            String after = change.apply(before);
            if (after.equals(before)) throw new AssertionError(name + " changes nothing");
            return Files.writeString(path, after, ISO_8859_1);
        });
    }

    /** A checkpoint of one tensor, each chunk with a record of its own. */
    private Maker tensor(String size, String... chunks) {
        return folder -> {
            ByteArrayOutputStream data = new ByteArrayOutputStream();
            StringBuilder places = new StringBuilder();
            StringBuilder all = new StringBuilder();
            for (String chunk : chunks) {
                String[] both = chunk.split("/");
                places.append(place(both[0], DATA, data.size(), record.length));
                all.append(chunk(numbers(both[0]), numbers(both[1])));
                data.writeBytes(record);
            }
            Files.write(folder.resolve(DATA), data.toByteArray());
            return write(folder, latin1(metadata(size, all.toString(), places.toString())));
        };
    }

    private static String chunk(String origin, String size) {
        return origin + "/" + size;
    }

    // Places

    private void addPlaces() {
        for (String path :
                new String[] {"../a", "/etc/passwd", "", ".", "..", "sub/a", "a\0b", "a\nb", "absent", ".metadata"})
            refused(
                    "metadata that name the file `%s`"
                            .formatted(path.replace("\0", "NUL").replace("\n", "LF")),
                    placed(path, 0, record.length));
        for (long[] range : new long[][] {
            {0, 0}, {0, 21}, {0, record.length - 1L}, {1, record.length - 1L}, {0, record.length + 1L},
            {record.length, 1}, {Long.MAX_VALUE, 1}, {1, Long.MAX_VALUE}, {0, Long.MAX_VALUE}, {1L << 40, 1L << 40}
        })
            refused(
                    "metadata of a chunk at byte %d of %d".formatted(range[0], range[1]),
                    placed(DATA, range[0], range[1]));
        refused("metadata of a place at a negative byte", placed(DATA, -1, record.length));
        refused("metadata of records that overlap", folder -> {
            Files.write(folder.resolve(DATA), record);
            return write(
                    folder,
                    latin1(metadata(
                            size(4, 3),
                            chunk(new long[] {0, 0}, new long[] {2, 3}) + chunk(new long[] {2, 0}, new long[] {2, 3}),
                            place("0 0", DATA, 0, record.length) + place("2 0", DATA, 10, record.length - 10))));
        });
        // As PyTorch wrote it before 2.0.
        read("metadata of a whole tensor at no coordinates", folder -> {
            Files.write(folder.resolve(DATA), record);
            String metadata = metadata(
                    size(2, 3), chunk(new long[] {0, 0}, new long[] {2, 3}), place("0 0", DATA, 0, record.length));
            return write(
                    folder, latin1(metadata.replace(index("0 0"), index("0 0").replace(size(0, 0), "N"))));
        });
        read("metadata with what Megatron adds", folder -> {
            Path path = tensor(size(2, 3), chunk("0 0", "2 3")).make(folder);
            String plan = "cmegatron.core\nMCoreSavePlan\n)\u0081}(" + text("items") + "](cm\nWriteItem\n)\u0081}("
                    + text("index") + index("0 0") + "ubeub";
            String added = text("all_local_plans") + "](" + plan + plan + "e" + text("mcore_data") + "}(" + text("a")
                    + "}(K\u0001" + size(2, 3) + text("path") + "cpathlib._local\nPosixPath\n(" + text("/a")
                    + "tRuu";
            String before = Files.readString(path, ISO_8859_1);
            String after = before.replace(text("state_dict_metadata"), added + text("state_dict_metadata"));
            if (after.equals(before)) throw new AssertionError("nothing was added");
            return Files.writeString(path, after, ISO_8859_1);
        });
        refused("metadata of a chunk that lies nowhere", folder -> {
            Files.write(folder.resolve(DATA), record);
            return write(
                    folder,
                    latin1(metadata(
                            size(2, 3),
                            chunk(new long[] {0, 0}, new long[] {2, 3}),
                            place("1 0", DATA, 0, record.length))));
        });
        refused("metadata of data in a pipe", folder -> {
            HostileFiles.pipe(folder.resolve(DATA));
            return write(
                    folder,
                    latin1(metadata(
                            size(2, 3),
                            chunk(new long[] {0, 0}, new long[] {2, 3}),
                            place("0 0", DATA, 0, record.length))));
        });
        refused("metadata beside a pipe that they do not name", folder -> {
            HostileFiles.pipe(folder.resolve("__1_0.distcp"));
            return tensor(size(2, 3), chunk("0 0", "2 3")).make(folder);
        });
        refused("metadata that are not there", folder -> {
            Files.write(folder.resolve(DATA), record);
            return folder.resolve(".metadata");
        });
    }

    private Maker placed(String path, long offset, long length) {
        return folder -> {
            Files.write(folder.resolve(DATA), record);
            return write(
                    folder,
                    latin1(metadata(
                            size(2, 3),
                            chunk(new long[] {0, 0}, new long[] {2, 3}),
                            place("0 0", path, offset, length))));
        };
    }

    // Records

    private void addRecords() throws IOException {
        for (String[] lie : new String[][] {
            {"of other strides than its storage has", "FloatStorage", "K\u0000", "(K\u0002K\u0003t", "(K\u0004K\u0001t"
            },
            {"at another place of its storage", "FloatStorage", "K\u0001", "(K\u0002K\u0003t", "(K\u0003K\u0001t"},
            {"of another shape", "FloatStorage", "K\u0000", "(K\u0003K\u0002t", "(K\u0002K\u0001t"},
            {"of another type", "HalfStorage", "K\u0000", "(K\u0002K\u0003t", "(K\u0003K\u0001t"}
        }) {
            byte[] lying = record(lie[1], 6, lie[2], lie[3], lie[4]);
            refused("record " + lie[0], recorded(lying));
        }
        read(
                "record that is transposed",
                recorded(record("FloatStorage", 6, "K\u0000", "(K\u0002K\u0003t", "(K\u0001K\u0002t")));
        read(
                "record of a part of its storage",
                recorded(record("FloatStorage", 20, "K\u0003", "(K\u0002K\u0003t", "(K\u0007K\u0001t")));
        refused(
                "record of a program",
                recorded(archive(latin1("\u0080\u0002cposix\nsystem\n" + text("touch x") + "\u0085R."), 24)));
        refused("record of a dictionary", recorded(archive(latin1("\u0080\u0002}."), 24)));
    }

    private static Maker recorded(byte[] record) {
        return folder -> {
            Files.write(folder.resolve(DATA), record);
            return write(
                    folder,
                    latin1(metadata(
                            size(2, 3),
                            chunk(new long[] {0, 0}, new long[] {2, 3}),
                            place("0 0", DATA, 0, record.length))));
        };
    }

    private static byte[] record(String type, int elements, String offset, String shape, String strides)
            throws IOException {
        return archive(
                latin1("\u0080\u0002ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n" + type + "\n"
                        + text("0") + text("cpu") + "K" + (char) elements + "tQ" + offset + shape + strides
                        + "\u0089ccollections\nOrderedDict\n)RtR."),
                elements * (type.startsWith("Half") ? 2 : 4));
    }

    private static byte[] archive(byte[] pickle, int storage) throws IOException {
        Path path = Files.createTempFile("record", ".pt");
        try {
            return Files.readAllBytes(HostileFiles.archive(
                    path,
                    Samples.ordered(
                            "archive/data.pkl",
                            pickle,
                            "archive/data/0",
                            new byte[storage],
                            "archive/version",
                            latin1("3\n"))));
        } finally {
            Files.delete(path);
        }
    }

    // Bombs

    private void addBombs() {
        bomb("metadata of 100 million opcodes", "", "N0", 50_000_000, ".");
        bomb("metadata of 60 million lists", "", "]", 60_000_000, ".");
        bomb("metadata of 60 million marks", "", "(", 60_000_000, ".");
        bomb("metadata of 20 million kept lists", "", "]\u00940", 20_000_000, "h\0.");
        bomb("metadata of 20 million kept and recalled lists", "", "]\u0094h\0", 20_000_000, ".");
        bomb("metadata of a list recalled 30 million times", "](]\u0094", "h\0", 30_000_000, "e.");
        bomb("metadata of 100 MB of text", "](", text("x".repeat(1 << 20)), 100, "e.");
        bomb("metadata of 30 million texts", "](", "\u008c\0", 30_000_000, "e.");
        bomb("metadata of tuples in tuples", ")", "\u0085", 60_000_000, ".");
        bomb("metadata of lists that are given as states", "cm\nX\n)\u0081\u0094", "](]]]]]]]]]]ebh\0", 3_000_000, ".");
        bomb(
                "metadata of lists that are kept and forgotten",
                "cm\nX\n)\u0081",
                "](NNNNNNNNNN\u0085\u0094eb",
                3_000_000,
                "h\0.");
        bomb(
                "metadata of chunks that are the same one",
                "}(" + index("0 0") + "\u0094" + storage(DATA, 0, 1) + "\u0094",
                "h\0h\u0001",
                20_000_000,
                "u.");
        bomb(
                "metadata of chunks of 64 dimensions",
                "cm\nTensorStorageMetadata\n)\u0081}(" + text("properties")
                        + properties("float32") + text("size")
                        + size(LongStream.generate(() -> 1).limit(64).toArray())
                        + text("chunks") + "](" + chunk(ones(64), ones(64)) + "\u0094",
                "h\0",
                1_000_000,
                "eub.");
        bomb(
                "metadata of coordinates of 64 dimensions",
                "}(",
                index(LongStream.generate(() -> 0)
                                .limit(64)
                                .mapToObj(Long::toString)
                                .collect(Collectors.joining(" ")))
                        + storage(DATA, 0, 1),
                150_000,
                "u.");
        refused(
                "metadata of a dictionary that holds itself",
                folder -> write(
                        folder,
                        latin1("\u0080\u0004cm\nMetadata\n)\u0081}\u0094(" + text("state_dict_metadata") + "h\0ub.")));
        refused(
                "metadata of a tensor that is its own chunk",
                folder -> write(
                        folder,
                        latin1("\u0080\u0004cm\nMetadata\n)\u0081}(" + text("state_dict_metadata") + "}(" + text("a")
                                + "cm\nTensorStorageMetadata\n)\u0081\u0094}(" + text("properties")
                                + properties("float32")
                                + text("size") + size(1) + text("chunks") + "](h\0eubuub.")));
        refused("metadata that recall what was never kept", folder -> write(folder, latin1("\u0080\u0004h\0.")));
        refused(
                "metadata that keep value 2 billion",
                folder -> write(folder, latin1("\u0080\u0004Nr\u00ff\u00ff\u00ff\u007fj\u00ff\u00ff\u00ff\u007f.")));
        refused("metadata of 600 MB", folder -> {
            Path path = write(folder, latin1("\u0080\u0004N"));
            try (var channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.allocate(1), 600_000_000);
            }
            return path;
        });
        read("metadata of a million empty chunks", folder -> {
            Files.write(folder.resolve(DATA), record);
            return write(
                    folder,
                    metadata(
                                    size(2, 3),
                                    chunk(new long[] {0, 0}, new long[] {2, 3}),
                                    place("0 0", DATA, 0, record.length))
                            .split("\\{chunks}"),
                    chunk(new long[] {2, 0}, new long[] {0, 3}),
                    1_000_000);
        });
    }

    private void bomb(String name, String begin, String piece, int times, String end) {
        refused(name, folder -> write(folder, new String[] {"\u0080\u0004" + begin, end}, piece, times));
    }

    private static long[] ones(int count) {
        return LongStream.generate(() -> 1).limit(count).toArray();
    }

    /** Between two texts one piece many times. */
    private static Path write(Path folder, String[] around, String piece, int times) throws IOException {
        Path path = folder.resolve(".metadata");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path), 1 << 20)) {
            out.write(latin1(around[0]));
            int together = Math.max(1, 100_000 / piece.length());
            byte[] many = latin1(piece.repeat(together));
            for (int i = 0; i < times / together; i++) out.write(many);
            out.write(latin1(piece.repeat(times % together)));
            out.write(latin1(around[1]));
        }
        return path;
    }

    private static Path write(Path folder, byte[] metadata) throws IOException {
        return Files.write(
                folder.resolve(".metadata"), latin1(new String(metadata, ISO_8859_1).replace("{chunks}", "")));
    }

    // The pickle of a checkpoint of one tensor `a`

    private static String metadata(String size, String chunks, String places) {
        return "\u0080\u0004cm\nMetadata\n)\u0081}(" + text("state_dict_metadata") + "}(" + text("a")
                + "cm\nTensorStorageMetadata\n)\u0081}(" + text("properties") + properties("float32") + text("size")
                + size + text("chunks") + "](" + chunks + "{chunks}eubu" + text("storage_data") + "}(" + places
                + "uub.";
    }

    private static String properties(String type) {
        return "cm\nTensorProperties\n)\u0081(ctorch\n" + type + "\nNNNNtb";
    }

    private static String size(long... dims) {
        return "ctorch\nSize\n("
                + LongStream.of(dims).mapToObj(HostileClusters::number).collect(Collectors.joining()) + "t\u0085R";
    }

    private static String chunk(long[] origin, long[] size) {
        return "cm\nChunkStorageMetadata\n)\u0081}(" + text("offsets") + size(origin) + text("sizes") + size(size)
                + "ub";
    }

    private static String place(String origin, String path, long offset, long length) {
        return index(origin) + storage(path, offset, length);
    }

    private static String index(String origin) {
        return "cm\nMetadataIndex\n)\u0081}(" + text("fqn") + text("a") + text("offset") + size(numbers(origin)) + "ub";
    }

    private static String storage(String path, long offset, long length) {
        return "cm\n_StorageInfo\n)\u0081}(" + text("relative_path") + text(path) + text("offset") + number(offset)
                + text("length") + number(length) + "ub";
    }

    private static long[] numbers(String spaced) {
        return spaced.isEmpty()
                ? new long[0]
                : Arrays.stream(spaced.split(" ")).mapToLong(Long::parseLong).toArray();
    }

    private static String number(long value) {
        return "\u008a\u0008" + little(8, value);
    }

    private static String text(String value) {
        return "X" + little(4, value.length()) + value;
    }

    private static String little(int bytes, long value) {
        byte[] all = ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        return new String(all, 0, bytes, ISO_8859_1);
    }

    private static byte[] latin1(String text) {
        return text.getBytes(ISO_8859_1);
    }

    // DeepSpeed

    private void addDeepSpeed() throws IOException {
        String shape = "ctorch\nSize\n(K\u0002K\u0003t\u0085R";
        read("DeepSpeed of one rank", deepSpeed(shapes("w", shape), flat(6, "(K\u0006t", "(K\u0001t")));
        refused("DeepSpeed of too few weights", deepSpeed(shapes("w", shape), flat(4, "(K\u0004t", "(K\u0001t")));
        refused("DeepSpeed of too many weights", deepSpeed(shapes("w", shape), flat(60, "(K\u003ct", "(K\u0001t")));
        refused(
                "DeepSpeed of weights in two dimensions",
                deepSpeed(shapes("w", shape), flat(8, "(K\u0002K\u0004t", "(K\u0004K\u0001t")));
        refused("DeepSpeed of strided weights", deepSpeed(shapes("w", shape), flat(16, "(K\u0008t", "(K\u0002t")));
        refused("DeepSpeed of repeated weights", deepSpeed(shapes("w", shape), flat(8, "(K\u0008t", "(K\0t")));
        refused(
                "DeepSpeed of a shape of 2^62",
                deepSpeed(shapes("w", size(1L << 62)), flat(6, "(K\u0006t", "(K\u0001t")));
        refused(
                "DeepSpeed of a shape that is a text",
                deepSpeed(shapes("w", text("x")), flat(6, "(K\u0006t", "(K\u0001t")));
        refused(
                "DeepSpeed of a weight that the model has not",
                deepSpeed(shapes("v", shape), flat(6, "(K\u0006t", "(K\u0001t")));
        for (String count :
                new String[] {"N", "K\0", "J\u00ff\u00ff\u00ff\u007f", "J\u00ff\u00ff\u00ff\u00ff", "]", text("x")})
            refused(
                    "DeepSpeed of "
                            + IntStream.range(0, count.length())
                                    .mapToObj(i -> Integer.toHexString(count.charAt(i)))
                                    .collect(Collectors.joining())
                            + " ranks",
                    deepSpeed(shapes("w", shape), flat(6, "(K\u0006t", "(K\u0001t"), count, "K\u0002"));
        refused(
                "DeepSpeed of no stage",
                deepSpeed(shapes("w", shape), flat(6, "(K\u0006t", "(K\u0001t"), "K\u0001", "N"));
        refused("DeepSpeed of another optimizer", deepSpeed(shapes("w", shape), archive(latin1("\u0080\u0002}."), 4)));
        read(
                "DeepSpeed of weights that are tied in a circle",
                deepSpeed(
                        shapes("w", shape) + text("shared_params") + "}(" + text("u") + text("v") + text("v")
                                + text("u") + "u",
                        flat(6, "(K\u0006t", "(K\u0001t"),
                        "K\u0001",
                        "K\u0002"));
        refused("DeepSpeed whose optimizer's file is a pipe", folder -> {
            HostileFiles.pipe(folder.resolve("zero_pp_rank_0_mp_rank_00_optim_states.pt"));
            return model(folder, shapes("w", shape));
        });
        byte[] whole = Files.readAllBytes(Fixtures.fixture("clusters/zero2/mp_rank_00_model_states.pt"));
        refused("DeepSpeed's model without the optimizers' first file", folder -> {
            Files.write(folder.resolve("zero_pp_rank_1_mp_rank_00_optim_states.pt"), whole);
            return Files.write(folder.resolve("mp_rank_00_model_states.pt"), whole);
        });
    }

    private static String shapes(String name, String shape) {
        return text("param_shapes") + "](}(" + text(name) + shape + "ue";
    }

    /** The optimizer's file of the one rank: a part of it is to be filled in by {@link #deepSpeed}. */
    private static byte[] flat(int elements, String shape, String strides) throws IOException {
        return archive(
                latin1("\u0080\u0002}(" + text("optimizer_state_dict") + "}(" + text("zero_stage") + "STAGE"
                        + text("partition_count") + "COUNT" + text("single_partition_of_fp32_groups")
                        + "](ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\nFloatStorage\n"
                        + text("0") + text("cpu") + "K" + (char) elements + "tQK\0" + shape + strides
                        + "\u0089ccollections\nOrderedDict\n)RtReuu."),
                4 * elements);
    }

    /** Of one rank and stage 2. */
    private static Maker deepSpeed(String model, byte[] optimizer) {
        return deepSpeed(model, optimizer, "K\u0001", "K\u0002");
    }

    private static Maker deepSpeed(String model, byte[] optimizer, String count, String stage) {
        return folder -> {
            Path made = Files.write(folder.resolve("made"), optimizer);
            ArchiveContent zip = ArchiveContent.of(made);
            Files.delete(made);
            byte[] pickle = latin1(
                    new String(zip.pickle(), ISO_8859_1).replace("STAGE", stage).replace("COUNT", count));
            Files.write(folder.resolve("zero_pp_rank_0_mp_rank_00_optim_states.pt"), archive(pickle, zip.storage()));
            return model(folder, model);
        };
    }

    /** What an archive of {@link #archive} was made of. */
    private record ArchiveContent(byte[] pickle, int storage) {
        static ArchiveContent of(Path path) throws IOException {
            try (InputFile file = InputFile.open(path)) {
                ZipIndex zip = new ZipIndex(file);
                return new ArchiveContent(
                        zip.content("archive/data.pkl", 1 << 20).orElseThrow(),
                        (int) zip.find("archive/data/0").orElseThrow().length());
            }
        }
    }

    /** Two weights of the model, `w` and `u`, on one storage. */
    private static Path model(Path folder, String more) throws IOException {
        String tensor = "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\nHalfStorage\n" + text("0")
                + text("cpu") + "K\u0006tQK\0(K\u0002K\u0003t(K\u0003K\u0001t\u0089ccollections\nOrderedDict\n)RtR";
        byte[] pickle = latin1("\u0080\u0002}(" + text("module") + "}(" + text("w") + tensor + text("u") + tensor + "u"
                + text("ds_version") + text("0.17.5") + more + "u.");
        return Files.write(folder.resolve("mp_rank_00_model_states.pt"), archive(pickle, 12));
    }
}
