package phema.format;

import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import phema.format.Value.Call;
import phema.format.Value.Dict;
import phema.format.Value.Global;
import phema.format.Value.Int;
import phema.format.Value.Items;
import phema.format.Value.Persistent;
import phema.format.Value.Text;
import phema.format.Value.Tuple;
import phema.format.ZipIndex.Range;
import phema.tensor.DType;

/**
 * What {@code torch.save} writes since PyTorch 1.6: a zip archive, in whose one folder {@code data.pkl} describes the saved object and {@code data/KEY} holds the
 * elements of each storage. Tensors are named by their path: {@code model.out.weight} in {@code {"model": {"out.weight": ...}}}, {@code shadow_params.0} in a list. Entries
 * of dictionaries under other keys than text, where optimizers keep their state, are no weights and left out. Plain values in dictionaries are metadata, but
 * not within lists, such as those of an optimizer's settings.
 */
final class TorchZipReader implements WeightReader {
    private static final String KIND = "a torch checkpoint of plain tensors";

    /** Some 25 for each tensor. */
    private static final int MAX_OPCODES = 1 << 21;

    /** Bounds of what little can stand for much, since the same dictionary may be in many places. */
    private static final int MAX_NAME = 1024;

    private static final long MAX_ALL_NAMES = 1 << 26;
    private static final int MAX_PLACES = 1 << 21;
    private static final int MAX_DEPTH = 100;

    /** {@code kMaxSupportedFileFormatVersion} in PyTorch's {@code caffe2/serialize/versions.h}. */
    private static final int MAX_VERSION = 10;

    private static final int MAX_RECORD = 64;

    static final Global ORDERED_DICT = new Global("collections", "OrderedDict");

    /** Of what {@code torch.load(weights_only=True)} allows, that which stands beside plain tensors in real files; and NumPy's scalars, which are often logged there. */
    private static final Set<Global> ALLOWED = Set.of(
            TorchTensors.PARAMETER,
            TorchTensors.PARAMETER_WITH_STATE,
            TorchTensors.TENSOR,
            TorchTensors.TENSOR_WITH_DTYPE,
            TorchStorage.UNTYPED,
            ORDERED_DICT,
            new Global("collections", "Counter"),
            new Global("collections", "defaultdict"),
            new Global("torch", "Size"),
            new Global("torch", "device"),
            new Global("torch.serialization", "_get_layout"),
            new Global("_codecs", "encode"),
            new Global("builtins", "set"),
            new Global("builtins", "bytearray"),
            new Global("builtins", "complex"),
            // what protocol 2 calls them
            new Global("__builtin__", "set"),
            new Global("__builtin__", "bytearray"),
            new Global("__builtin__", "complex"),
            new Global("__builtin__", "dict"),
            new Global("numpy", "dtype"),
            new Global("numpy.core.multiarray", "scalar"),
            new Global("numpy._core.multiarray", "scalar"));

    @Override
    public WeightFile read(InputFile file) throws IOException {
        return new Indexing(file).run();
    }

    /** One file's reading. */
    private static final class Indexing {
        private final InputFile file;
        private final ZipIndex zip;
        private final String folder;
        private final TorchTensors torch;
        private final Map<String, Range> records = new HashMap<>();
        private final List<Tensor> tensors = new ArrayList<>();
        private final Set<String> names = new HashSet<>();
        private final Map<String, String> metadata = new HashMap<>();
        private final Set<Value> around = Collections.newSetFromMap(new IdentityHashMap<>());
        private long allNames;
        private int places;
        private int inLists;

        Indexing(InputFile file) throws IOException {
            this.file = file;
            zip = new ZipIndex(file);
            folder = folder();
            torch = new TorchTensors(file, this::storage);
        }

        WeightFile run() throws IOException {
            requireReadable();
            Range pickle = record("data.pkl");
            Cursor in = file.cursor(pickle.offset(), pickle.length());
            Value root = Pickle.read(in, KIND, Indexing::isAllowed, MAX_OPCODES);
            if (in.remaining() > 0) throw file.broken(in.remaining() + " bytes follow the end of the pickle");
            add("", root);
            return new WeightFile(file.path(), Format.TORCH_ZIP, List.of(file.part()), metadata, tensors);
        }

        /** Everything lies in one folder, named after the file that was saved, or {@code archive}. */
        private String folder() throws FormatException {
            List<String> pickles = zip.names().stream()
                    .filter(name -> name.matches("[^/]+/data\\.pkl"))
                    .toList();
            if (pickles.size() != 1)
                throw file.broken("is a zip archive, but not one of torch.save: it has " + pickles.size()
                        + " files data.pkl in a folder instead of one");
            return pickles.getFirst().replaceFirst("data\\.pkl$", "");
        }

        private void requireReadable() throws IOException {
            if (zip.names().contains(folder + "constants.pkl"))
                throw file.broken("is a TorchScript program; save the state_dict() of what torch.jit.load makes of it");
            if (zip.names().contains(folder + "byteorder") && !text("byteorder").equals("little"))
                throw file.broken("was saved on a big-endian machine; load it with torch and save it on another");
            String version = text("version");
            if (!version.matches("\\d{1,3}") || Integer.parseInt(version) > MAX_VERSION)
                throw file.broken("is of version " + Pickle.shown(version) + " of PyTorch's format; up to "
                        + MAX_VERSION + " can be read");
        }

        private String text(String name) throws IOException {
            Range range = record(name);
            if (range.length() > MAX_RECORD)
                throw file.broken("has a file " + folder + name + " of " + range.length() + " bytes");
            return file.cursor(range.offset(), range.length())
                    .utf8((int) range.length())
                    .strip();
        }

        private Range record(String name) throws IOException {
            Range known = records.get(name);
            if (known != null) return known;
            Range range = zip.find(folder + name)
                    .orElseThrow(() -> file.broken("lacks its file " + Pickle.shown(folder + name)));
            records.put(name, range);
            return range;
        }

        private static boolean isAllowed(Global name) {
            return ALLOWED.contains(name)
                    || TorchStorage.CLASSES.containsKey(name)
                    || TorchTensors.DTYPES.containsKey(name);
        }

        /** Adds all that hangs below a value. */
        private void add(String name, Value value) throws IOException {
            if (++places > MAX_PLACES) throw file.broken("holds more than " + MAX_PLACES + " values");
            if (TorchTensors.isTensor(value)) {
                if (name.isEmpty()) throw file.broken("holds a tensor without a name; save a dictionary of tensors");
                if (!names.add(name)) throw file.broken("has two tensors named `" + Pickle.shown(name) + "`");
                tensors.add(torch.read(name, Tensor.TensorRole.PARAMETER, value));
                return;
            }
            if (value instanceof Dict dict) addEntries(name, value, dict);
            else if (value instanceof Call call) addEntries(name, value, call.entries());
            else if (value instanceof Items list) addItems(name, value, list.items());
            else if (value instanceof Tuple tuple) addItems(name, value, tuple.items());
        }

        private void addEntries(String name, Value value, Dict dict) throws IOException {
            if (dict.entries().isEmpty()) return;
            enter(name, value);
            for (Map.Entry<String, Value> entry : dict.entries().entrySet()) {
                String path = join(name, entry.getKey());
                if (inLists == 0) entry.getValue().plain().ifPresent(text -> metadata.put(path, text));
                add(path, entry.getValue());
            }
            around.remove(value);
        }

        private void addItems(String name, Value value, List<Value> items) throws IOException {
            enter(name, value);
            inLists++;
            for (int i = 0; i < items.size(); i++) add(join(name, String.valueOf(i)), items.get(i));
            inLists--;
            around.remove(value);
        }

        private void enter(String name, Value value) throws FormatException {
            if (!around.add(value) || around.size() > MAX_DEPTH)
                throw file.broken("has `" + Pickle.shown(name) + "` within itself, or too deep within others");
        }

        private String join(String parent, String name) throws FormatException {
            String path = parent.isEmpty() || name.isEmpty() ? parent + name : parent + "." + name;
            allNames += path.length();
            if (path.length() > MAX_NAME || allNames > MAX_ALL_NAMES)
                throw file.broken("has too long names: " + Pickle.shown(path));
            return path;
        }

        private Optional<TorchStorage> storage(Value value) throws IOException {
            if (!(value instanceof Persistent persistent
                    && persistent.id() instanceof Tuple id
                    && id.items().size() == 5
                    && id.items().get(0) instanceof Text tag
                    && tag.value().equals("storage")
                    && id.items().get(1) instanceof Global type
                    && id.items().get(2) instanceof Text key
                    && id.items().get(4) instanceof Int numel)) return Optional.empty();
            Optional<DType> dtype = Optional.ofNullable(TorchStorage.CLASSES.get(type));
            Range range = record("data/" + key.value());
            int width = dtype.map(DType::bytes).orElse(1);
            if (!numel.value().multiply(BigInteger.valueOf(width)).equals(BigInteger.valueOf(range.length())))
                throw file.broken("has " + range.length() + " bytes in " + Pickle.shown(folder + "data/" + key.value())
                        + " where " + numel.value() + " elements of " + width + " bytes belong");
            return Optional.of(new TorchStorage(dtype, range.offset(), range.length()));
        }
    }
}
