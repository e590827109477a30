package phema.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import phema.format.DcpMetadata.ChunkPlace;
import phema.format.DcpMetadata.SavedBytes;
import phema.format.DcpMetadata.SavedEntry;
import phema.format.DcpMetadata.SavedObject;
import phema.format.DcpMetadata.SavedTensor;
import phema.format.Pieces.PieceList;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * Reads a checkpoint of {@code torch.distributed.checkpoint}: a folder with a {@link DcpMetadata .metadata}, or one of
 * each rank, and {@code .distcp} files, in which each chunk of a tensor is what {@code torch.save} makes of it.
 * Optimizers' entries are left out unless they are asked for; pickled numbers and texts are metadata.
 */
final class DcpReader implements WeightReader {
    /** The name of the file that describes a checkpoint; it is written last. */
    static final String METADATA = ".metadata";

    /** The name of the file that describes what one rank saved, where ranks do not wait for each other. */
    static final Pattern RANK_METADATA = Pattern.compile("__(\\d{1,6})\\.metadata");

    /** The ending of the files that hold what is saved. */
    static final String DATA = ".distcp";

    private static final Pattern DATA_OF_RANK = Pattern.compile("__(\\d{1,6})_\\d+\\.distcp");

    /** The beginnings of names up to the word for an optimizer. */
    static final String OPTIMIZER_PLACE =
            "(?:.*?\\.)?(?:optim|optimizers?|optimizer_\\d+|(?:opt|optim|optimizer)_states?(?:_dict)?)";

    /** The names of what optimizers keep, which are no weights: below such a word, or moments by their own name. */
    static final Predicate<String> OPTIMIZER = Pattern.compile(OPTIMIZER_PLACE + "\\..*"
                    + "|.*\\.(?:(?:max_)?exp_avg(?:_sq|_diff)?|exp_inf|momentum_buffer|square_avg)")
            .asMatchPredicate();

    /** The names of the weights in single precision that Megatron's optimizers keep of a model in another. */
    private static final Pattern MASTER = Pattern.compile("(?:chained_\\d+\\.)?optimizer\\.state\\.fp32_param\\.(.+)");

    /** The key of the metadata that says which weights were read. */
    static final String GROUP = "phema.group";

    /** The files beside a checkpoint that state its step, of Megatron and Lightning, with its key. */
    private static final Map<String, String> STEPS = Map.of("common.pt", "iteration", "meta.pt", "global_step");

    /** The largest pickled number or text, with its archive. */
    private static final long MAX_SCALAR = 4096;

    private static final int MAX_SCALARS = 1000;

    private final boolean masters;

    /** Reads the weights. */
    DcpReader() {
        this(false);
    }

    /** @param masters whether in place of the weights those of the optimizer are wanted, where it has them */
    DcpReader(boolean masters) {
        this.masters = masters;
    }

    /** A checkpoint with all that outputs like it hold. */
    static DcpOriginal original(InputFile file, boolean masters) throws IOException {
        Folder folder = new Folder(file, masters);
        WeightFile weights = folder.read();
        return DcpOriginal.of(weights, folder.ranks);
    }

    @Override
    public WeightFile read(InputFile file) throws IOException {
        return new Folder(file, masters).read();
    }

    /**
     * Says why a file that describes a checkpoint is not there, as far as its folder tells.
     *
     * @param names of what is in the folder
     */
    static FormatException missing(Path path, List<String> names) {
        Optional<String> first =
                names.stream().filter(RANK_METADATA.asMatchPredicate()).min(Comparator.comparingInt(DcpReader::rank));
        boolean ofRanks = !METADATA.equals(String.valueOf(path.getFileName()));
        if (first.isPresent() && !ofRanks)
            return new FormatException(path, "does not exist, since each rank has its own; name " + first.get());
        String unfinished =
                ": the checkpoint is still being written, or that was broken off, or it was copied in" + " part";
        if (names.contains(METADATA + ".tmp"))
            return new FormatException(path, "does not exist yet, but " + METADATA + ".tmp does" + unfinished, true);
        if (names.stream().anyMatch(name -> name.endsWith(DATA)))
            return new FormatException(path, "does not exist, though " + DATA + " files do" + unfinished, true);
        if (first.isPresent())
            return new FormatException(path, "does not exist, though " + first.get() + " does" + unfinished, true);
        return new FormatException(path, "does not exist");
    }

    /** Whether Megatron's distributed optimizer was saved as it lies in memory. */
    private static boolean isOfBuckets(DcpMetadata rank) {
        return rank.entries().keySet().stream().anyMatch(name -> name.contains("gbuf_idx_"));
    }

    private static boolean hasMasters(DcpMetadata rank) {
        return rank.entries().keySet().stream().anyMatch(MASTER.asMatchPredicate());
    }

    private static int rank(String name) {
        Matcher matcher = RANK_METADATA.matcher(name);
        return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
    }

    /** What lies in each file of a checkpoint, in order, optimizers' entries too; of what overlaps, the first. */
    static Map<String, List<ChunkPlace>> records(Path path) throws IOException {
        try (InputFile file = InputFile.open(path)) {
            Folder folder = new Folder(file, false);
            folder.readMetadata(file.siblings());
            Map<String, List<ChunkPlace>> records = new TreeMap<>();
            folder.ranks.stream()
                    .flatMap(DcpMetadata::places)
                    .sorted(Comparator.comparingLong(ChunkPlace::offset))
                    .forEach(place -> {
                        List<ChunkPlace> before = records.computeIfAbsent(place.path(), any -> new ArrayList<>());
                        if (before.isEmpty()
                                || before.getLast().offset() + before.getLast().length() <= place.offset())
                            before.add(place);
                    });
            return records;
        }
    }

    /** A chunk of a tensor that is to be read. */
    private record ChunkToRead(String name, SavedTensor tensor, int chunk, ChunkPlace place) {}

    /** One checkpoint's reading. */
    private static final class Folder {
        private final InputFile file;
        private final boolean masters;
        private final List<FilePart> parts = new ArrayList<>();
        private final List<DcpMetadata> ranks = new ArrayList<>();
        private final Map<String, SavedTensor> tensors = new LinkedHashMap<>();
        private final Map<String, PieceList> pieces = new ConcurrentHashMap<>();

        /** The shapes of tensors that were saved in another. */
        private final Map<String, Shape> wholes = new HashMap<>();

        private final Map<String, List<ChunkToRead>> chunks = new HashMap<>();

        /** The chunks of each tensor that were found, where several ranks may have the same. */
        private final Map<String, Set<List<Long>>> found = new HashMap<>();

        private final ArchiveTwins twins = new ArchiveTwins();
        private final Map<String, ChunkPlace> scalars = new LinkedHashMap<>();
        private final Map<String, String> metadata = new TreeMap<>();

        Folder(InputFile file, boolean masters) {
            this.file = file;
            this.masters = masters;
        }

        private boolean isWanted(String name) {
            return !OPTIMIZER.test(name) || masters && MASTER.matcher(name).matches();
        }

        WeightFile read() throws IOException {
            List<String> names = file.siblings();
            readMetadata(names);
            SortedMap<String, Long> files = requireFiles(names);
            for (DcpMetadata rank : ranks) for (var entry : rank.entries().entrySet()) collect(rank, entry);
            readChunks(files);
            readScalars();
            readStep(names);
            List<Tensor> all = new ArrayList<>();
            for (Map.Entry<String, SavedTensor> entry : tensors.entrySet())
                all.add(tensor(entry.getKey(), entry.getValue()));
            if (!masters && ranks.stream().anyMatch(DcpReader::hasMasters)) metadata.put(GROUP, WeightFiles.MODEL);
            return new WeightFile(file.path(), Format.DCP, parts, metadata, masters ? ofOptimizer(all) : all);
        }

        /** The model with the optimizer's weights where it has them. */
        private List<Tensor> ofOptimizer(List<Tensor> all) throws FormatException {
            SequencedMap<String, Tensor> model = new LinkedHashMap<>();
            for (Tensor tensor : all) if (!MASTER.matcher(tensor.name()).matches()) model.put(tensor.name(), tensor);
            if (model.size() == all.size())
                throw file.broken("has no " + WeightFiles.MASTERS + ": no entries optimizer.state.fp32_param.*"
                        + (ranks.stream().anyMatch(DcpReader::isOfBuckets)
                                ? ", but an optimizer in buckets, which do not say what they hold; save with"
                                        + " --dist-ckpt-optim-fully-reshardable"
                                : ""));
            for (Tensor tensor : all) {
                Matcher master = MASTER.matcher(tensor.name());
                if (!master.matches()) continue;
                Tensor weight = model.get(master.group(1));
                if (weight == null) throw broken(tensor.name(), "is of a weight that is not there");
                if (!weight.shape().equals(tensor.shape()))
                    throw broken(tensor.name(), "is " + tensor.shape() + " where the weight is " + weight.shape());
                model.put(weight.name(), tensor.as(weight.name(), weight.role()));
            }
            metadata.put(GROUP, WeightFiles.MASTERS);
            return List.copyOf(model.values());
        }

        /** Whether each rank described what it saved. */
        private boolean isOfRanks() {
            return RANK_METADATA
                    .matcher(String.valueOf(file.path().getFileName()))
                    .matches();
        }

        /** Of all ranks, where each has its own. */
        private void readMetadata(List<String> names) throws IOException {
            if (!isOfRanks()) {
                ranks.add(DcpMetadata.read(file));
                parts.add(file.part());
                return;
            }
            List<String> each = names.stream()
                    .filter(RANK_METADATA.asMatchPredicate())
                    .sorted(Comparator.comparingInt(DcpReader::rank))
                    .toList();
            for (int rank = 0; rank < each.size(); rank++) {
                if (rank(each.get(rank)) != rank)
                    throw file.incomplete("is one of " + each.size() + ", but __" + rank + METADATA + " is missing");
                try (InputFile one = file.openSibling(each.get(rank))) {
                    ranks.add(DcpMetadata.read(one));
                    parts.add(one.part());
                }
            }
        }

        /**
         * The files that are named, with the bytes that each must have at least. All must be there, and none of an
         * earlier checkpoint in the same folder.
         */
        private SortedMap<String, Long> requireFiles(List<String> names) throws IOException {
            SortedMap<String, Long> named = new TreeMap<>();
            ranks.stream()
                    .flatMap(DcpMetadata::places)
                    .forEach(place -> named.merge(place.path(), place.offset() + place.length(), Math::max));
            Set<String> present = new HashSet<>(names);
            for (String name : named.keySet()) {
                if (name.contains("/")
                        || name.contains("\\")
                        || name.equals("..")
                        || OneLine.of(name).length() != name.length())
                    throw file.broken(
                            "names the file `" + Pickle.shown(name) + "`; a checkpoint's files must lie in its folder");
                if (!present.contains(name))
                    throw file.incomplete(
                            "names the file " + Pickle.shown(name) + ", which is missing; copy the whole checkpoint");
            }
            for (String name : names) {
                if (!name.endsWith(DATA) || named.containsKey(name)) continue;
                try (InputFile other = file.openSibling(name)) {
                    // Ranks that have nothing to save leave empty files behind.
                    if (other.size() == 0) continue;
                    Matcher rank = DATA_OF_RANK.matcher(name);
                    if (isOfRanks() && rank.matches() && Integer.parseInt(rank.group(1)) >= ranks.size())
                        throw file.incomplete("is one of several, but __" + rank.group(1) + METADATA
                                + " is missing, though " + Pickle.shown(name) + " is there: the checkpoint is still"
                                + " being written, or was copied in part; copy the whole checkpoint");
                    throw file.broken("does not name the file " + Pickle.shown(name)
                            + " beside it, which is of another checkpoint, such as an earlier one of more ranks;"
                            + " move it away");
                }
            }
            return named;
        }

        private void collect(DcpMetadata rank, Map.Entry<String, SavedEntry> entry) throws FormatException {
            String name = entry.getKey();
            switch (entry.getValue()) {
                case SavedBytes bytes -> {
                    if (!OPTIMIZER.test(name) && !name.contains("_extra_state") && scalars.size() < MAX_SCALARS)
                        rank.place(name)
                                .filter(place -> place.length() <= MAX_SCALAR)
                                .ifPresent(place -> scalars.putIfAbsent(name, place));
                }
                case SavedObject object -> {
                    if (isWanted(name))
                        throw broken(
                                name,
                                "is saved as `" + Pickle.shown(object.type().toString())
                                        + "`, which only its own code can read; save plain tensors");
                }
                case SavedTensor tensor -> {
                    if (isWanted(name)) collect(rank, name, tensor);
                }
            }
        }

        private void collect(DcpMetadata rank, String name, SavedTensor tensor) throws FormatException {
            SavedTensor known = tensors.putIfAbsent(name, tensor);
            if (known != null
                    && !(known.type().equals(tensor.type()) && known.shape().equals(tensor.shape())))
                throw broken(
                        name,
                        "is " + tensor.type() + " " + tensor.shape() + " of one rank and " + known.type() + " "
                                + known.shape() + " of another; these are two checkpoints");
            dtype(name, tensor);
            rank.flattened(name).ifPresent(shape -> wholes.put(name, shape));
            if (wholes.containsKey(name)) requireFlattened(name, tensor);
            for (int i = 0; i < tensor.count(); i++) {
                List<Long> origin = tensor.origin(i);
                Shape box = tensor.box(i);
                if (box.elements() == 0) continue;
                if (ranks.size() > 1
                        && !found.computeIfAbsent(name, any -> new HashSet<>()).add(both(origin, box)))
                    continue; // as another rank saved it
                ChunkPlace place = rank.place(name, origin)
                        .orElseThrow(() -> broken(name, "has a chunk at " + origin + " that no file is said to hold"));
                chunks.computeIfAbsent(place.path(), any -> new ArrayList<>())
                        .add(new ChunkToRead(name, tensor, i, place));
            }
        }

        /**
         * Megatron's optimizers cut blocks of a tensor, one for each model-parallel rank, into runs of elements: a
         * tensor of such a block's coordinates and those elements, end to end.
         */
        private void requireFlattened(String name, SavedTensor saved) throws FormatException {
            Shape whole = whole(name, saved);
            List<Long> cuts = saved.shape().dims();
            boolean fits = cuts.size() == whole.rank() + 1;
            long block = 1;
            for (int i = 0; i < whole.rank() && fits; i++) {
                fits = cuts.get(i) > 0 && whole.dims().get(i) % cuts.get(i) == 0;
                if (fits) block *= whole.dims().get(i) / cuts.get(i);
            }
            if (!fits || block != cuts.getLast())
                throw broken(
                        name,
                        "was saved as " + saved.shape() + ", which is not its shape " + whole
                                + " in blocks of elements end to end");
        }

        /** The shape that a tensor has in the model. */
        private Shape whole(String name, SavedTensor saved) {
            return wholes.getOrDefault(name, saved.shape());
        }

        private DType dtype(String name, SavedTensor tensor) throws FormatException {
            DType dtype = TorchTensors.DTYPES.get(tensor.type());
            if (dtype == null)
                throw broken(
                        name, "is of the type `" + Pickle.shown(tensor.type().toString()) + "`, which cannot be read");
            return dtype;
        }

        private static List<Long> both(List<Long> origin, Shape box) {
            List<Long> both = new ArrayList<>(origin);
            both.addAll(box.dims());
            return both;
        }

        /** Of all files at once: there is one for each rank, and storage may be slow. */
        private void readChunks(SortedMap<String, Long> files) throws IOException {
            List<String> names = List.copyOf(files.keySet());
            int first = parts.size();
            FilePart[] read = new FilePart[names.size()];
            try {
                IntStream.range(0, read.length).parallel().forEach(i -> {
                    String name = names.get(i);
                    try {
                        read[i] = readChunks(
                                name,
                                Objects.requireNonNull(files.get(name)),
                                first + i,
                                chunks.getOrDefault(name, new ArrayList<>()));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
            parts.addAll(Arrays.asList(read));
        }

        /** Finds where the elements of all chunks in one file lie. */
        private FilePart readChunks(String name, long size, int part, List<ChunkToRead> inFile) throws IOException {
            inFile.sort(Comparator.comparingLong(
                    (ChunkToRead chunk) -> chunk.place().offset()));
            try (InputFile data = file.openSibling(name)) {
                if (data.size() < size)
                    throw data.incomplete("has " + data.size() + " bytes where "
                            + file.path().getFileName() + " says " + size
                            + "; it is truncated, or not of this checkpoint");
                ChunkPlace before = new ChunkPlace(name, 0, 0);
                for (ChunkToRead chunk : inFile) {
                    ChunkPlace place = chunk.place();
                    if (place.offset() < before.offset() + before.length() && !place.equals(before))
                        throw data.broken("has a chunk of `" + Pickle.shown(chunk.name()) + "` at byte "
                                + place.offset() + " that overlaps another");
                    before = place;
                    readChunk(data, part, chunk);
                }
                return data.part();
            }
        }

        private void readChunk(InputFile data, int part, ChunkToRead chunk) throws IOException {
            SavedTensor saved = chunk.tensor();
            Shape box = saved.box(chunk.chunk());
            long begin = chunk.place().offset();
            Tensor read;
            try {
                requireArchive(data, begin);
                read = twins.read(data, begin, chunk.place().length(), chunk.name());
            } catch (FormatException e) {
                String problem = String.valueOf(e.getMessage()).replace(OneLine.of(data.path() + ": "), "");
                throw data.broken(
                        "the chunk of `" + Pickle.shown(chunk.name()) + "` at byte " + begin + ": " + problem);
            }
            if (read.dtype() != dtype(chunk.name(), saved) || !read.shape().equals(box))
                throw data.broken("the chunk of `" + Pickle.shown(chunk.name()) + "` at byte " + begin + " is "
                        + read.dtype() + " " + read.shape() + " where "
                        + file.path().getFileName() + " says "
                        + saved.type().name() + " " + box + "; it is of another checkpoint, or damaged");
            try {
                add(chunk.name(), saved, saved.origin(chunk.chunk()), read, part, begin + read.offset());
            } catch (IllegalArgumentException e) {
                throw broken(chunk.name(), String.valueOf(e.getMessage()));
            }
        }

        /** torch can be told to save each chunk as safetensors instead. */
        private static void requireArchive(InputFile data, long begin) throws IOException {
            byte[] head = new byte[(int) Math.min(9, data.size() - begin)];
            data.read(begin, head);
            if (head.length == 9 && head[7] == 0 && head[8] == '{')
                throw data.broken("is saved as safetensors (SerializationFormat.SAFETENSORS), which is not read; save"
                        + " with torch's default, or with HuggingFaceStorageWriter");
        }

        private void add(String name, SavedTensor saved, List<Long> origin, Tensor read, int part, long offset) {
            PieceList list = list(name, saved);
            synchronized (list) {
                add(list, whole(name, saved), saved, origin, read, part, offset);
            }
        }

        private static void add(
                PieceList list, Shape whole, SavedTensor saved, List<Long> origin, Tensor read, int part, long offset) {
            if (whole.equals(saved.shape())) {
                list.add(part, offset, origin, read.shape(), read.strides());
                return;
            }
            if (!read.shape().dims().subList(0, whole.rank()).stream().allMatch(one -> one == 1))
                throw new IllegalArgumentException("has a piece of several blocks, " + read.shape());
            List<Long> block = new ArrayList<>();
            List<Long> corner = new ArrayList<>();
            for (int i = 0; i < whole.rank(); i++) {
                long size = whole.dims().get(i) / saved.shape().dims().get(i);
                block.add(size);
                corner.add(origin.get(i) * size);
            }
            list.addRun(
                    part,
                    offset,
                    read.dtype().bytes(),
                    read.strides().getLast(),
                    corner,
                    new Shape(block),
                    origin.getLast(),
                    read.elements());
        }

        private PieceList list(String name, SavedTensor tensor) {
            return pieces.computeIfAbsent(name, any -> new PieceList(whole(name, tensor)));
        }

        private Tensor tensor(String name, SavedTensor saved) throws FormatException {
            DType dtype = dtype(name, saved);
            Shape whole = whole(name, saved);
            if (whole.elements() == 0)
                return new Tensor(name, dtype, whole, whole.contiguousStrides(), 0, 0, Tensor.TensorRole.PARAMETER);
            try {
                return Tensor.of(name, dtype, whole, list(name, saved).all(), Tensor.TensorRole.PARAMETER);
            } catch (Pieces.TooFewPiecesException e) {
                throw file.incomplete("`" + Pickle.shown(name) + "` " + e.getMessage());
            } catch (IllegalArgumentException e) {
                throw broken(name, String.valueOf(e.getMessage()));
            }
        }

        /** Plain values that were saved as bytes, such as the step. What cannot be read is not needed. */
        private void readScalars() throws IOException {
            Map<String, List<Map.Entry<String, ChunkPlace>>> byFile = scalars.entrySet().stream()
                    .collect(
                            Collectors.groupingBy(entry -> entry.getValue().path(), TreeMap::new, Collectors.toList()));
            for (Map.Entry<String, List<Map.Entry<String, ChunkPlace>>> each : byFile.entrySet()) {
                try (InputFile data = file.openSibling(each.getKey())) {
                    for (Map.Entry<String, ChunkPlace> entry : each.getValue()) {
                        ChunkPlace place = entry.getValue();
                        if (place.offset() > data.size() - place.length()) continue;
                        try {
                            new TorchArchive(data.slice(place.offset(), place.length()))
                                    .root()
                                    .plain()
                                    .ifPresent(text -> metadata.put(entry.getKey(), text));
                        } catch (FormatException e) {
                            // bytes of some other kind
                        }
                    }
                }
            }
        }

        /** Of what trainers keep beside the checkpoint, only the step matters here. */
        private void readStep(List<String> names) throws IOException {
            for (Map.Entry<String, String> step : STEPS.entrySet()) {
                if (metadata.containsKey(step.getValue()) || !names.contains(step.getKey())) continue;
                try (InputFile beside = file.openSibling(step.getKey())) {
                    if (new TorchArchive(beside).root() instanceof Value.Dict state)
                        state.get(step.getValue())
                                .flatMap(Value::plain)
                                .ifPresent(text -> metadata.put(step.getValue(), text));
                } catch (FormatException e) {
                    // a file of some other kind
                }
            }
        }

        private FormatException broken(String name, String problem) {
            return file.broken("`" + Pickle.shown(name) + "` " + problem);
        }
    }
}
