package phema.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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

    private static final String DATA = ".distcp";

    /** The names of what optimizers keep, which are no weights. */
    static final Predicate<String> OPTIMIZER = Pattern.compile(
                    "(state\\.|chained_\\d+\\.)?(optim|optimizers?|optimizer_\\d+)\\..*")
            .asMatchPredicate();

    /** The largest pickled number or text, with its archive. */
    private static final long MAX_SCALAR = 4096;

    private static final int MAX_SCALARS = 1000;

    private final Predicate<String> wanted;

    /** Reads the weights. */
    DcpReader() {
        this(OPTIMIZER.negate());
    }

    /** @param wanted by the name of an entry */
    DcpReader(Predicate<String> wanted) {
        this.wanted = wanted;
    }

    /** A checkpoint with all that outputs like it hold. */
    static DcpOriginal original(InputFile file) throws IOException {
        Folder folder = new Folder(file, OPTIMIZER.negate());
        WeightFile weights = folder.read();
        return DcpOriginal.of(weights, folder.ranks);
    }

    @Override
    public WeightFile read(InputFile file) throws IOException {
        return new Folder(file, wanted).read();
    }

    /**
     * Says why a file that describes a checkpoint is not there, as far as its folder tells.
     *
     * @param names of what is in the folder
     */
    static FormatException missing(Path path, List<String> names) {
        Optional<String> first =
                names.stream().filter(RANK_METADATA.asMatchPredicate()).min(Comparator.comparingInt(DcpReader::rank));
        if (first.isPresent())
            return new FormatException(path, "does not exist, since each rank has its own; name " + first.get());
        String unfinished = ": the checkpoint is still being written, or that was broken off";
        if (names.contains(METADATA + ".tmp"))
            return new FormatException(path, "does not exist yet, but " + METADATA + ".tmp does" + unfinished, true);
        if (names.stream().anyMatch(name -> name.endsWith(DATA)))
            return new FormatException(path, "does not exist, though " + DATA + " files do" + unfinished, true);
        return new FormatException(path, "does not exist");
    }

    private static int rank(String name) {
        Matcher matcher = RANK_METADATA.matcher(name);
        return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
    }

    /** What lies in each file of a checkpoint, in order, optimizers' entries too; of what overlaps, the first. */
    static Map<String, List<ChunkPlace>> records(Path path) throws IOException {
        try (InputFile file = InputFile.open(path)) {
            Folder folder = new Folder(file, any -> true);
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
        private final Predicate<String> wanted;
        private final List<FilePart> parts = new ArrayList<>();
        private final List<DcpMetadata> ranks = new ArrayList<>();
        private final Map<String, SavedTensor> tensors = new LinkedHashMap<>();
        private final Map<String, PieceList> pieces = new HashMap<>();
        private final Map<String, List<ChunkToRead>> chunks = new HashMap<>();

        /** The chunks of each tensor that were found, where several ranks may have the same. */
        private final Map<String, Set<List<Long>>> found = new HashMap<>();

        private final Map<String, ChunkPlace> scalars = new LinkedHashMap<>();
        private final Map<String, String> metadata = new TreeMap<>();

        Folder(InputFile file, Predicate<String> wanted) {
            this.file = file;
            this.wanted = wanted;
        }

        WeightFile read() throws IOException {
            List<String> names = file.siblings();
            readMetadata(names);
            SortedMap<String, Long> files = requireFiles(names);
            for (DcpMetadata rank : ranks) for (var entry : rank.entries().entrySet()) collect(rank, entry);
            for (Map.Entry<String, Long> each : files.entrySet())
                readChunks(each.getKey(), each.getValue(), chunks.getOrDefault(each.getKey(), new ArrayList<>()));
            readScalars();
            List<Tensor> all = new ArrayList<>();
            for (Map.Entry<String, SavedTensor> entry : tensors.entrySet())
                all.add(tensor(entry.getKey(), entry.getValue()));
            return new WeightFile(file.path(), Format.DCP, parts, metadata, all);
        }

        /** Of all ranks, where each has its own. */
        private void readMetadata(List<String> names) throws IOException {
            String own = String.valueOf(file.path().getFileName());
            if (!RANK_METADATA.matcher(own).matches()) {
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
                    throw file.broken("is one of " + each.size() + ", but __" + rank + METADATA + " is missing");
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
                    throw file.broken(
                            "names the file " + Pickle.shown(name) + ", which is missing; copy the whole checkpoint");
            }
            for (String name : names) {
                if (!name.endsWith(DATA) || named.containsKey(name)) continue;
                try (InputFile other = file.openSibling(name)) {
                    // Ranks that have nothing to save leave empty files behind.
                    if (other.size() > 0)
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
                    if (wanted.test(name))
                        throw broken(
                                name,
                                "is saved as `" + Pickle.shown(object.type().toString())
                                        + "`, which only its own code can read; save plain tensors");
                }
                case SavedTensor tensor -> {
                    if (wanted.test(name)) collect(rank, name, tensor);
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

        /** Finds where the elements of all chunks in one file lie. */
        private void readChunks(String name, long size, List<ChunkToRead> inFile) throws IOException {
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
                    readChunk(data, chunk);
                }
                parts.add(data.part());
            }
        }

        private void readChunk(InputFile data, ChunkToRead chunk) throws IOException {
            SavedTensor saved = chunk.tensor();
            Shape box = saved.box(chunk.chunk());
            long begin = chunk.place().offset();
            Tensor read;
            try {
                InputFile record = data.slice(begin, chunk.place().length());
                TorchArchive archive = new TorchArchive(record);
                read = archive.tensors().read(chunk.name(), Tensor.TensorRole.PARAMETER, archive.root());
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
                list(chunk.name(), saved)
                        .add(parts.size(), begin + read.offset(), saved.origin(chunk.chunk()), box, read.strides());
            } catch (IllegalArgumentException e) {
                throw broken(chunk.name(), String.valueOf(e.getMessage()));
            }
        }

        private PieceList list(String name, SavedTensor tensor) {
            return pieces.computeIfAbsent(name, any -> new PieceList(tensor.shape()));
        }

        private Tensor tensor(String name, SavedTensor saved) throws FormatException {
            DType dtype = dtype(name, saved);
            if (saved.shape().elements() == 0)
                return new Tensor(
                        name,
                        dtype,
                        saved.shape(),
                        saved.shape().contiguousStrides(),
                        0,
                        0,
                        Tensor.TensorRole.PARAMETER);
            try {
                return Tensor.of(name, dtype, saved.shape(), list(name, saved).all(), Tensor.TensorRole.PARAMETER);
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

        private FormatException broken(String name, String problem) {
            return file.broken("`" + Pickle.shown(name) + "` " + problem);
        }
    }
}
