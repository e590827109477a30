package phema.format;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import phema.format.Value.Call;
import phema.format.Value.Dict;
import phema.format.Value.Global;
import phema.format.Value.Held;
import phema.format.Value.Int;
import phema.format.Value.Items;
import phema.format.Value.Numbers;
import phema.format.Value.Text;
import phema.format.Value.Tuple;
import phema.tensor.Shape;

/**
 * Reads the {@code .metadata} of {@code torch.distributed.checkpoint}: a pickle of what is saved under which name, in
 * which chunks, and where each chunk lies. Classes are known by their names, wherever they were defined, and nothing of
 * them is run; what else a framework keeps there is passed over. As there may be a million chunks, they are taken into
 * few arrays while the pickle is read.
 */
final class DcpMetadata implements Pickle.Taker {
    private static final String KIND = "the metadata of a distributed checkpoint";

    /** The most numbers of all chunks' coordinates: a million chunks of four dimensions. */
    private static final int MAX_NUMBERS = 1 << 23;

    private static final int MAX_CHUNKS = 1 << 21;

    /** The coordinates of what has none. */
    private static final Numbers NOWHERE = new Numbers(new long[0]);

    private final InputFile file;
    private final Map<String, SavedEntry> entries = new LinkedHashMap<>();
    private final Map<String, Tuple> nesting = new HashMap<>();
    private final Map<String, Shape> flattened = new HashMap<>();
    private final List<String> paths = new ArrayList<>();
    private final Map<String, Integer> pathIds = new LinkedHashMap<>();
    private final Map<String, Integer> nameIds = new LinkedHashMap<>();
    private long numbers;

    // Of each place the name, the coordinates if there are any, and where it is.
    private int places;
    private int[] names = new int[64];
    private Numbers[] origins = new Numbers[64];
    private int[] files = new int[64];
    private long[] offsets = new long[64];
    private long[] lengths = new long[64];

    /** Places by name, each in the order of the file. */
    private int[] byName = {};

    private int[] firstOfName = {};

    /** What was saved under a name. */
    sealed interface SavedEntry {}

    /** Bytes, such as a pickled number. */
    record SavedBytes() implements SavedEntry {}

    /** Something of a class that only its own code can read. */
    record SavedObject(Global type) implements SavedEntry {}

    /**
     * A tensor.
     *
     * @param type of the elements, by PyTorch's name
     * @param count how many chunks
     * @param chunks the coordinates of each one's first element, then its shape, one chunk after the other
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record SavedTensor(Global type, Shape shape, int count, long[] chunks) implements SavedEntry {
        List<Long> origin(int chunk) {
            return numbers(2 * shape.rank() * chunk);
        }

        Shape box(int chunk) {
            return new Shape(numbers(shape.rank() * (2 * chunk + 1)));
        }

        private List<Long> numbers(int at) {
            return Arrays.stream(chunks, at, at + shape.rank()).boxed().toList();
        }
    }

    /**
     * Where something lies.
     *
     * @param path name of the file, beside the metadata
     */
    record ChunkPlace(String path, long offset, long length) {}

    private record NamedChunk(String name, Optional<Numbers> origin) {}

    private DcpMetadata(InputFile file) {
        this.file = file;
    }

    /** @throws FormatException when the file is no such pickle */
    static DcpMetadata read(InputFile file) throws IOException {
        DcpMetadata metadata = new DcpMetadata(file);
        Value root = Pickle.readLarge(file, KIND, metadata);
        if (!(root instanceof Call call
                && call.state() instanceof Dict state
                && state.get("state_dict_metadata").orElse(Value.NONE) instanceof Dict entries))
            throw file.broken("is not " + KIND + ": it has no state_dict_metadata");
        for (Map.Entry<String, Value> entry : entries.entries().entrySet()) metadata.add(entry);
        if (state.get("planner_data").orElse(Value.NONE) instanceof Dict planned)
            planned.entries().forEach((name, path) -> {
                if (path instanceof Tuple tuple) metadata.nesting.put(name, tuple);
            });
        if (state.get("mcore_data").orElse(Value.NONE) instanceof Dict reshaped)
            for (Map.Entry<String, Value> entry : reshaped.entries().entrySet()) metadata.addFlattened(entry);
        metadata.sortPlaces();
        return metadata;
    }

    /** What was saved, in order. */
    Map<String, SavedEntry> entries() {
        return entries;
    }

    /** The keys and indices that led to an entry before names were joined, where that is known. */
    Map<String, Tuple> nesting() {
        return nesting;
    }

    /** The shape of a tensor whose blocks Megatron saved flat, as one dimension more; empty for all others. */
    Optional<Shape> flattened(String name) {
        return Optional.ofNullable(flattened.get(name));
    }

    /** Everything that lies anywhere. */
    Stream<ChunkPlace> places() {
        return IntStream.range(0, places).mapToObj(this::at);
    }

    /** Where an entry's bytes lie, or a tensor that was saved as a whole by old versions of PyTorch. */
    Optional<ChunkPlace> place(String name) {
        int slot = find(name, NOWHERE);
        return slot < 0 ? Optional.empty() : Optional.of(at(byName[slot]));
    }

    /** Where the chunk of a tensor lies that begins at these coordinates. */
    Optional<ChunkPlace> place(String name, List<Long> origin) {
        int slot = find(
                name, new Numbers(origin.stream().mapToLong(Long::longValue).toArray()));
        if (slot < 0) return origin.stream().allMatch(x -> x == 0) ? place(name) : Optional.empty();
        return Optional.of(at(byName[slot]));
    }

    private int find(String name, Numbers origin) {
        Integer id = nameIds.get(name);
        if (id == null) return -1;
        int low = firstOfName[id];
        int high = firstOfName[id + 1] - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = compare(origins[byName[middle]], origin);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }
        return -1;
    }

    /** Nowhere comes before everything. */
    private static int compare(Numbers a, Numbers b) {
        if (a == NOWHERE || b == NOWHERE) return Boolean.compare(b == NOWHERE, a == NOWHERE);
        return Arrays.compare(a.values(), b.values());
    }

    private ChunkPlace at(int place) {
        return new ChunkPlace(paths.get(files[place]), offsets[place], lengths[place]);
    }

    private void add(Map.Entry<String, Value> entry) throws FormatException {
        if (!(entry.getValue() instanceof Call call))
            throw broken(entry.getKey(), "is described by a " + entry.getValue().kind());
        if (call.state() instanceof Held held && held.object() instanceof SavedTensor tensor)
            entries.put(entry.getKey(), tensor);
        else
            entries.put(
                    entry.getKey(),
                    call.function().name().equals("BytesStorageMetadata")
                            ? new SavedBytes()
                            : new SavedObject(call.function()));
    }

    private void addFlattened(Map.Entry<String, Value> entry) throws FormatException {
        if (!(entry.getValue() instanceof Dict known)) return;
        Value shape = known.get("nd_reformulated_orig_global_shape").orElse(Value.NONE);
        if (shape instanceof Numbers numbers) flattened.put(entry.getKey(), shape(numbers));
        if (!(shape instanceof Tuple tuple)) return;
        long[] dims = new long[tuple.items().size()];
        if (dims.length > Tensor.MAX_RANK)
            throw broken(entry.getKey(), "has more than " + Tensor.MAX_RANK + " dimensions");
        for (int i = 0; i < dims.length; i++) dims[i] = count(tuple.items().get(i));
        flattened.put(entry.getKey(), shape(new Numbers(dims)));
    }

    private void sortPlaces() {
        firstOfName = new int[nameIds.size() + 1];
        for (int i = 0; i < places; i++) firstOfName[names[i] + 1]++;
        for (int i = 1; i < firstOfName.length; i++) firstOfName[i] += firstOfName[i - 1];
        int[] free = firstOfName.clone();
        byName = new int[places];
        for (int i = 0; i < places; i++) byName[free[names[i]]++] = i;
        for (int id = 0; id < nameIds.size(); id++) sortPlaces(firstOfName[id], firstOfName[id + 1]);
    }

    /** Mostly they are in order: ranks are, and what lies in each. */
    private void sortPlaces(int from, int to) {
        boolean sorted = true;
        for (int i = from + 1; i < to && sorted; i++) sorted = compare(origins[byName[i - 1]], origins[byName[i]]) <= 0;
        if (sorted) return;
        int[] ordered = Arrays.stream(byName, from, to)
                .boxed()
                .sorted((a, b) -> compare(origins[a], origins[b]))
                .mapToInt(Integer::intValue)
                .toArray();
        System.arraycopy(ordered, 0, byName, from, ordered.length);
    }

    @Override
    public Value made(Call call) throws FormatException {
        if (!call.function().name().equals("Size") || call.arguments().size() != 1) return call;
        if (!(call.arguments().getFirst() instanceof Tuple sizes)) return call;
        if (sizes.items().size() > Tensor.MAX_RANK)
            throw file.broken("has a shape of more than " + Tensor.MAX_RANK + " dimensions");
        long[] values = new long[sizes.items().size()];
        for (int i = 0; i < values.length; i++) values[i] = count(sizes.items().get(i));
        return new Numbers(values);
    }

    @Override
    public Value state(Call call, Value state) throws FormatException {
        Dict fields = state instanceof Dict dict ? dict : Dict.EMPTY;
        return switch (call.function().name()) {
            case "TensorProperties" -> properties(state);
            case "ChunkStorageMetadata" -> chunk(fields);
            case "TensorStorageMetadata" -> new Held(tensor(fields));
            case "MetadataIndex" -> new Held(index(fields));
            case "_StorageInfo" -> new Held(storage(fields));
            default -> fields.get("state_dict_metadata").isPresent() ? state : Value.NONE;
        };
    }

    @Override
    public void entry(Value key, Value value) throws FormatException {
        if (!(key instanceof Call index
                && index.state() instanceof Held chunk
                && chunk.object() instanceof NamedChunk named
                && value instanceof Call storage
                && storage.state() instanceof Held held
                && held.object() instanceof ChunkPlace place)) return;
        if (places == MAX_CHUNKS) throw file.broken("has more than " + MAX_CHUNKS + " chunks");
        if (places == names.length) {
            names = Arrays.copyOf(names, 2 * places);
            origins = Arrays.copyOf(origins, 2 * places);
            files = Arrays.copyOf(files, 2 * places);
            offsets = Arrays.copyOf(offsets, 2 * places);
            lengths = Arrays.copyOf(lengths, 2 * places);
        }
        names[places] = nameIds.computeIfAbsent(named.name(), any -> nameIds.size());
        origins[places] = named.origin().orElse(NOWHERE);
        numbers += origins[places].values().length;
        requireFew();
        files[places] = pathIds.computeIfAbsent(place.path(), path -> {
            paths.add(path);
            return pathIds.size();
        });
        offsets[places] = place.offset();
        lengths[places] = place.length();
        places++;
    }

    /** {@code (dtype, layout, requires_grad, memory_format, pin_memory)}, and the strides since PyTorch 2.6. */
    private Value properties(Value state) throws FormatException {
        if (state instanceof Tuple tuple
                && !tuple.items().isEmpty()
                && tuple.items().getFirst() instanceof Global dtype) return dtype;
        throw file.broken("has tensors whose element type is not stated as PyTorch states it");
    }

    private Value chunk(Dict fields) throws FormatException {
        if (fields.get("offsets").orElse(Value.NONE) instanceof Numbers origin
                && fields.get("sizes").orElse(Value.NONE) instanceof Numbers sizes
                && origin.values().length == sizes.values().length) {
            shape(sizes);
            long[] both = Arrays.copyOf(origin.values(), 2 * origin.values().length);
            System.arraycopy(sizes.values(), 0, both, origin.values().length, origin.values().length);
            return new Numbers(both);
        }
        throw file.broken("has a chunk that does not say its place and shape");
    }

    private SavedTensor tensor(Dict fields) throws FormatException {
        if (!(fields.get("properties").orElse(Value.NONE) instanceof Call properties
                && properties.state() instanceof Global type
                && fields.get("size").orElse(Value.NONE) instanceof Numbers size
                && fields.get("chunks").orElse(Value.NONE) instanceof Items chunks))
            throw file.broken("has a tensor that lacks its properties, size or chunks");
        int rank = size.values().length;
        numbers += 2L * rank * chunks.items().size();
        requireFew();
        long[] all = new long[2 * rank * chunks.items().size()];
        int at = 0;
        for (Value item : chunks.items()) {
            if (!(item instanceof Call call
                    && call.state() instanceof Numbers chunk
                    && chunk.values().length == 2 * rank))
                throw file.broken("has a chunk of other dimensions than its tensor");
            System.arraycopy(chunk.values(), 0, all, at, 2 * rank);
            at += 2 * rank;
        }
        return new SavedTensor(type, shape(size), chunks.items().size(), all);
    }

    private Shape shape(Numbers size) throws FormatException {
        try {
            Shape shape = new Shape(Arrays.stream(size.values()).boxed().toList());
            Math.multiplyExact(shape.elements(), Long.BYTES);
            return shape;
        } catch (ArithmeticException e) {
            throw file.broken("has a tensor of a shape that no file could hold");
        }
    }

    private void requireFew() throws FormatException {
        if (numbers > MAX_NUMBERS) throw file.broken("has too many chunks of too many dimensions");
    }

    private NamedChunk index(Dict fields) throws FormatException {
        if (!(fields.get("fqn").orElse(Value.NONE) instanceof Text name))
            throw file.broken("has a chunk that does not say what it is of");
        return new NamedChunk(
                name.value(),
                fields.get("offset").orElse(Value.NONE) instanceof Numbers origin
                        ? Optional.of(origin)
                        : Optional.empty());
    }

    private ChunkPlace storage(Dict fields) throws FormatException {
        if (!(fields.get("relative_path").orElse(Value.NONE) instanceof Text path))
            throw file.broken("has a chunk that does not say which file it lies in");
        if (fields.get("transform_descriptors").orElse(Value.NONE) instanceof Items transforms
                && !transforms.items().isEmpty())
            throw file.broken("is of a checkpoint that was transformed when it was saved ("
                    + Pickle.shown(transforms.items().stream()
                            .map(t -> t.plain().orElse("?"))
                            .reduce((a, b) -> a + ", " + b)
                            .orElse(""))
                    + "), so its elements cannot be read in place; save it without extensions");
        long offset = count(fields.get("offset").orElse(Value.NONE));
        long length = count(fields.get("length").orElse(Value.NONE));
        if (offset > Long.MAX_VALUE - length) throw file.broken("has a chunk that no file could hold");
        return new ChunkPlace(path.value(), offset, length);
    }

    private long count(Value value) throws FormatException {
        if (value instanceof Int n && n.value().signum() >= 0 && n.value().bitLength() < Long.SIZE)
            return n.value().longValue();
        throw file.broken("has a shape, offset or length that is not a count");
    }

    private FormatException broken(String name, String problem) {
        return file.broken("`" + Pickle.shown(name) + "` " + problem);
    }
}
