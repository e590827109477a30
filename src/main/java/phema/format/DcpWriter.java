package phema.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import phema.format.Layout.Literal;
import phema.format.Layout.Segment;
import phema.format.Layout.Verbatim;
import phema.format.Value.Global;
import phema.format.Value.Int;
import phema.format.Value.Text;
import phema.format.Value.Tuple;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * Writes a folder as {@code torch.distributed.checkpoint} does on one rank: every tensor in one chunk, in as many
 * {@code .distcp} files as their size wants, and the {@code .metadata}, by which any number of ranks loads its own cuts
 * (and {@code dcp_to_torch_save} the whole). Where the template is such a checkpoint, the nesting of names is its own
 * and the {@code _extra_state} entries of Megatron and Transformer Engine are copied; optimizers' states are left out.
 * Other metadata have no place in it.
 */
final class DcpWriter implements WeightWriter {
    private static final String MODULE = "torch.distributed.checkpoint.metadata";
    private static final Global SIZE = new Global("torch", "Size");

    /**
     * Describes where something lies.
     *
     * @param origin the first coordinates of a chunk of a tensor
     * @param box its shape
     */
    record Record(String name, String path, long offset, long length, Shape origin, Shape box) {}

    @Override
    public List<Layout> layout(
            String baseName,
            WeightFile template,
            Function<Tensor, DType> dtypes,
            Map<String, String> metadata,
            long shardSize) {
        SequencedMap<String, WrittenTensor> tensors = new LinkedHashMap<>();
        for (Tensor tensor : template.tensors())
            tensors.put(tensor.name(), new WrittenTensor(tensor, dtypes.apply(tensor)));
        SequencedMap<String, Verbatim> extraStates = new LinkedHashMap<>();
        Map<String, Tuple> nesting = Map.of();
        if (template.format() == Format.DCP) {
            DcpOriginal before = DcpOriginal.of(template, List.of(read(template.path())));
            nesting = before.nesting();
            before.bytes().forEach((name, bytes) -> {
                if (name.contains("_extra_state")) extraStates.put(name, bytes);
            });
        }
        return folder(baseName + "/", tensors, extraStates, nesting, shardSize);
    }

    /**
     * The files of a checkpoint.
     *
     * @param begin of their paths: empty, or with a slash at its end
     * @param bytes entries that are no tensors, as they lie in the template's files
     * @param nesting the keys that lead to entries, by their names, where that is not the name alone
     */
    static List<Layout> folder(
            String begin,
            SequencedMap<String, WrittenTensor> tensors,
            SequencedMap<String, Verbatim> bytes,
            Map<String, Tuple> nesting,
            long shardSize) {
        DataFiles files = new DataFiles(begin, shardSize);
        tensors.forEach((name, written) -> {
            DType dtype = written.dtype();
            if (dtype.isPacked())
                throw new IllegalArgumentException("tensor `" + name + "` is " + dtype
                        + ", which distributed checkpoints cannot hold; choose the format safetensors");
            files.add(
                    name,
                    TorchZipWriter.alone(written.tensor(), dtype),
                    dtype.bytes(written.tensor().elements()),
                    written.tensor().shape());
        });
        bytes.forEach((name, entry) -> files.add(name, List.of(entry), entry.bytes(), Shape.of()));
        List<Layout> layouts = files.finish();
        layouts.add(metadata(begin, files.records, tensors, nesting));
        return layouts;
    }

    /** The file that says where the records of a checkpoint lie; those of one name follow each other. */
    static Layout metadata(
            String begin, List<Record> records, Map<String, WrittenTensor> tensors, Map<String, Tuple> nesting) {
        try {
            return new Layout(
                    begin + DcpReader.METADATA, List.of(new Literal(new MetadataPickle(nesting).of(records, tensors))));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // to memory
        }
    }

    /** The end of one archive and the head of the next are one stretch. */
    static List<Segment> joined(List<Segment> segments) {
        List<Segment> joined = new ArrayList<>();
        for (Segment segment : segments)
            if (segment instanceof Literal next && !joined.isEmpty() && joined.getLast() instanceof Literal last) {
                ByteArrayOutputStream both = new ByteArrayOutputStream(last.content().length + next.content().length);
                both.writeBytes(last.content());
                both.writeBytes(next.content());
                joined.set(joined.size() - 1, new Literal(both.toByteArray()));
            } else joined.add(segment);
        return joined;
    }

    static Shape zeros(Shape shape) {
        return new Shape(shape.dims().stream().map(any -> 0L).toList());
    }

    private static DcpMetadata read(Path path) {
        try (InputFile file = InputFile.open(path)) {
            return DcpMetadata.read(file);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "the template cannot be read again (" + e.getMessage() + "); choose the format safetensors", e);
        }
    }

    /** The files of data, begun anew where one is full. */
    private static final class DataFiles {
        private final String begin;
        private final long shardSize;
        private final List<Record> records = new ArrayList<>();
        private final List<Layout> full = new ArrayList<>();
        private List<Segment> segments = new ArrayList<>();
        private long size;
        private long elements;

        DataFiles(String begin, long shardSize) {
            if (shardSize <= 0)
                throw new IllegalArgumentException("a shard size of " + shardSize + " bytes holds nothing");
            this.begin = begin;
            this.shardSize = shardSize;
        }

        private String name() {
            return "__0_" + full.size() + ".distcp";
        }

        /** @param bytes that count towards the size of a file */
        void add(String name, List<Segment> record, long bytes, Shape shape) {
            if (!segments.isEmpty() && bytes > shardSize - elements) close();
            long length = record.stream().mapToLong(Segment::bytes).sum();
            records.add(new Record(name, name(), size, length, zeros(shape), shape));
            segments.addAll(record);
            size += length;
            elements += bytes;
        }

        private void close() {
            full.add(new Layout(begin + name(), joined(segments)));
            segments = new ArrayList<>();
            size = 0;
            elements = 0;
        }

        List<Layout> finish() {
            close();
            return new ArrayList<>(full);
        }
    }

    /** Pickles what says where everything lies. */
    private static final class MetadataPickle {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final PickleOutput out = new PickleOutput(bytes);
        private final Map<String, Tuple> paths;

        MetadataPickle(Map<String, Tuple> nesting) throws IOException {
            paths = nesting;
        }

        byte[] of(List<Record> records, Map<String, WrittenTensor> tensors) throws IOException {
            SequencedMap<String, List<Record>> byName = new LinkedHashMap<>();
            for (Record record : records)
                byName.computeIfAbsent(record.name(), any -> new ArrayList<>()).add(record);
            begin("Metadata");
            out.text("state_dict_metadata");
            open();
            for (Map.Entry<String, List<Record>> entry : byName.entrySet()) {
                out.text(entry.getKey());
                WrittenTensor written = tensors.get(entry.getKey());
                if (written == null) empty("BytesStorageMetadata");
                else tensor(written.tensor(), written.dtype(), entry.getValue());
            }
            out.op('u');
            out.text("planner_data");
            open();
            for (String name : byName.keySet()) {
                out.text(name);
                path(name);
            }
            out.op('u');
            out.text("storage_data");
            open();
            int chunk = 0;
            String before = "";
            for (Record record : records) {
                chunk = record.name().equals(before) ? chunk + 1 : 0;
                before = record.name();
                begin("MetadataIndex");
                out.text("fqn");
                out.text(record.name());
                out.text("offset");
                WrittenTensor written = tensors.get(record.name());
                if (written == null) out.none();
                else size(record.origin());
                out.text("index");
                if (written == null) out.none();
                else out.integer(chunk);
                end();
                begin(new Global("torch.distributed.checkpoint.filesystem", "_StorageInfo"));
                out.text("relative_path");
                out.text(record.path());
                out.text("offset");
                out.integer(record.offset());
                out.text("length");
                out.integer(record.length());
                end();
            }
            out.op('u');
            out.text("storage_meta");
            out.none();
            out.text("version");
            out.text("1.0.0");
            end();
            out.stop();
            return bytes.toByteArray();
        }

        private void tensor(Tensor tensor, DType dtype, List<Record> chunks) throws IOException {
            begin("TensorStorageMetadata");
            out.text("properties");
            empty("TensorProperties");
            out.op('(');
            out.global(TorchTensors.DTYPES.entrySet().stream()
                    .filter(entry -> entry.getValue() == dtype)
                    .map(Map.Entry::getKey)
                    .findFirst()
                    .orElseThrow());
            out.global(new Global("torch.serialization", "_get_layout"));
            out.text("torch.strided");
            out.op(0x85);
            out.op('R');
            out.bool(false);
            out.global(new Global(MODULE, "_MEM_FORMAT_ENCODING"));
            out.integer(0);
            out.op(0x85);
            out.op('R');
            out.bool(false);
            out.op('t');
            out.op('b');
            out.text("size");
            size(tensor.shape());
            out.text("chunks");
            out.op(']');
            for (Record chunk : chunks) {
                begin("ChunkStorageMetadata");
                out.text("offsets");
                size(chunk.origin());
                out.text("sizes");
                size(chunk.box());
                end();
                out.op('a');
            }
            end();
        }

        private void size(Shape shape) throws IOException {
            out.global(SIZE);
            out.op('(');
            for (long dim : shape.dims()) out.integer(dim);
            out.op('t');
            out.op(0x85);
            out.op('R');
        }

        /** The keys and indices that lead to an entry. */
        private void path(String name) throws IOException {
            Tuple path = paths.getOrDefault(name, new Tuple(List.of(new Text(name))));
            out.op('(');
            for (Value step : path.items())
                switch (step) {
                    case Text key -> out.text(key.value());
                    case Int index -> out.integer(index.value().longValueExact());
                    case Value other ->
                        throw new IllegalArgumentException(
                                "the names of the template are nested as no state_dict is; choose the format"
                                        + " safetensors");
                }
            out.op('t');
        }

        private void empty(String type) throws IOException {
            empty(new Global(MODULE, type));
        }

        private void empty(Global type) throws IOException {
            out.global(type);
            out.op(')');
            out.op(0x81);
        }

        private void begin(String type) throws IOException {
            begin(new Global(MODULE, type));
        }

        /** An object whose attributes follow. */
        private void begin(Global type) throws IOException {
            empty(type);
            open();
        }

        private void open() throws IOException {
            out.op('}');
            out.op('(');
        }

        private void end() throws IOException {
            out.op('u');
            out.op('b');
        }
    }
}
