package phema.format;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import phema.format.Value.Blob;
import phema.format.Value.Call;
import phema.format.Value.Dict;
import phema.format.Value.Global;
import phema.format.Value.None;
import phema.format.Value.Text;

/**
 * Reads network snapshots of EDM2's training loop: a pickled {@code EasyDict} whose {@code ema} is a tree of modules,
 * each with its source text, its plain attributes and its tensors. Every tensor's elements lie in one piece within a
 * nested stream of PyTorch's legacy format. Tensors come in the order and under the names of
 * {@code named_parameters()}, then {@code named_buffers()}; what several modules share is listed once, under its first
 * name. Of StyleGAN's snapshots, which are built alike, {@code G_ema} is read, and names begin with that.
 */
final class Edm2PickleReader implements WeightReader {
    private static final String KIND = "an EDM2 snapshot";

    /** The key of EDM's and EDM2's network, which is all that their snapshots hold. */
    private static final String EMA = "ema";

    /** The key of the average in StyleGAN's. */
    private static final String GENERATOR = "G_ema";

    /** The key of metadata for the names of networks that are not read. */
    static final String OTHERS = "other_networks";

    /** The largest published networks need about 100,000. */
    private static final int MAX_OPCODES = 1 << 20;

    /**
     * The longest name, longer than any model's; a nest of modules could otherwise make names of any length from
     * little.
     */
    private static final int MAX_NAME = 1024;

    /**
     * The most members of all modules together. Modules can share their members, so without a limit a thousand and a
     * thousand would make a million.
     */
    private static final int MAX_MEMBERS = 1 << 20;

    static final Global PERSISTENT = new Global("torch_utils.persistence", "_reconstruct_persistent_obj");
    static final Global LOAD_FROM_BYTES = new Global("torch.storage", "_load_from_bytes");
    static final Global EASY_DICT = new Global("dnnlib.util", "EasyDict");
    static final Global ORDERED_DICT = new Global("collections", "OrderedDict");

    /**
     * The names of what real snapshots refer to. The encoder of latent models keeps NumPy arrays of means and
     * deviations.
     */
    static final Set<Global> ALLOWED = Set.of(
            PERSISTENT,
            LOAD_FROM_BYTES,
            TorchTensors.PARAMETER,
            TorchTensors.PARAMETER_WITH_STATE,
            TorchTensors.TENSOR,
            TorchTensors.TENSOR_WITH_DTYPE,
            EASY_DICT,
            ORDERED_DICT,
            new Global("builtins", "set"), // protocol 3
            new Global("torch", "Size"),
            new Global("torch", "device"),
            new Global("torch.nn.modules.container", "ModuleDict"),
            new Global("torch.nn.modules.container", "ModuleList"),
            new Global("torch.nn.modules.container", "ParameterDict"),
            new Global("torch.nn.modules.container", "ParameterList"),
            new Global("torch.nn.modules.container", "Sequential"),
            new Global("numpy", "dtype"),
            new Global("numpy", "ndarray"),
            new Global("numpy.core.multiarray", "_reconstruct"),
            new Global("numpy.core.multiarray", "scalar"),
            new Global("numpy._core.multiarray", "_reconstruct"),
            new Global("numpy._core.multiarray", "scalar"),
            new Global("numpy.core.numeric", "_frombuffer"), // protocol 5
            new Global("numpy._core.numeric", "_frombuffer"));

    @Override
    public WeightFile read(InputFile file) throws IOException {
        return new Indexing(file).run();
    }

    /** One file's reading. */
    private static final class Indexing {
        private final InputFile file;
        private final Map<Long, TorchStorage> storages = new HashMap<>();
        private long members;

        Indexing(InputFile file) {
            this.file = file;
        }

        WeightFile run() throws IOException {
            Cursor in = file.cursor(0, file.size());
            Value root = Pickle.read(
                    in, KIND, name -> ALLOWED.contains(name) || TorchTensors.DTYPES.containsKey(name), MAX_OPCODES);
            if (in.remaining() > 0) throw file.broken(in.remaining() + " bytes follow the end of the pickle");
            Dict networks = entries(root);
            boolean gan = networks.get(EMA).isEmpty() && networks.get(GENERATOR).isPresent();
            Value network = networks.get(gan ? GENERATOR : EMA)
                    .orElseThrow(() -> file.broken("has no `" + EMA + "`, so it is not " + KIND));

            List<ModuleState> modules = modules(network, gan ? GENERATOR : "");
            List<Tensor> tensors = new ArrayList<>();
            Set<String> names = new HashSet<>();
            addTensors(modules, "_parameters", Tensor.TensorRole.PARAMETER, names, tensors);
            addTensors(modules, "_buffers", Tensor.TensorRole.BUFFER, names, tensors);
            Map<String, String> metadata = metadata(modules);
            if (gan) metadata.put(OTHERS, others(networks));
            return new WeightFile(file.path(), Format.EDM2_PICKLE, List.of(file.part()), metadata, tensors);
        }

        /** The names of the networks beside that of a GAN that is read. */
        private static String others(Dict networks) {
            return networks.entries().entrySet().stream()
                    .filter(entry -> !entry.getKey().equals(GENERATOR)
                            && !className(entry.getValue()).isEmpty())
                    .map(Map.Entry::getKey)
                    .collect(Collectors.joining(", "));
        }

        /**
         * The module tree in the order of {@code named_modules()}: parents first, every module once.
         *
         * @param prefix that all names begin with
         */
        private List<ModuleState> modules(Value root, String prefix) throws FormatException {
            List<ModuleState> found = new ArrayList<>();
            Set<Value> seen = Collections.newSetFromMap(new IdentityHashMap<>());
            Deque<Child> open = new ArrayDeque<>();
            open.push(new Child("", prefix, root));
            while (!open.isEmpty()) {
                Child child = open.pop();
                if (!seen.add(child.value())) continue;
                String name = join(child.parent(), child.name());
                ModuleState module = new ModuleState(name, className(child.value()), state(name, child.value()));
                found.add(module);
                List<Child> children = new ArrayList<>();
                for (Map.Entry<String, Value> member : members(module, "_modules"))
                    if (!(member.getValue() instanceof None))
                        children.add(new Child(name, member.getKey(), member.getValue()));
                children.reversed().forEach(open::push);
            }
            return found;
        }

        private Set<Map.Entry<String, Value>> members(ModuleState module, String kind) throws FormatException {
            Map<String, Value> found = module.members(kind).entries();
            members += found.size();
            if (members > MAX_MEMBERS) throw file.broken("has more than " + MAX_MEMBERS + " members of modules");
            return found.entrySet();
        }

        private Dict state(String name, Value value) throws FormatException {
            if (value instanceof Call call) {
                Value state = call.state();
                if (call.function().equals(PERSISTENT)
                        && call.arguments().size() == 1
                        && call.arguments().getFirst() instanceof Dict meta)
                    state = meta.get("state").orElse(state);
                if (state instanceof Dict || state instanceof Call) {
                    Dict attributes = entries(state);
                    if (attributes.get("_modules").isPresent()) return attributes;
                }
            }
            throw file.broken("`" + Pickle.shown(name.startsWith(GENERATOR) ? name : join(EMA, name))
                    + "` is no module but a " + Pickle.shown(value.kind()));
        }

        private void addTensors(
                List<ModuleState> modules,
                String members,
                Tensor.TensorRole role,
                Set<String> names,
                List<Tensor> tensors)
                throws IOException {
            TorchTensors torch = new TorchTensors(file, this::storage);
            Set<Value> seen = Collections.newSetFromMap(new IdentityHashMap<>());
            for (ModuleState module : modules) {
                for (Map.Entry<String, Value> member : members(module, members)) {
                    if (member.getValue() instanceof None || !seen.add(member.getValue())) continue;
                    String name = join(module.name(), member.getKey());
                    if (!names.add(name)) throw file.broken("has two tensors named `" + Pickle.shown(name) + "`");
                    tensors.add(torch.read(name, role, member.getValue()));
                }
            }
        }

        private Optional<TorchStorage> storage(Value value) throws IOException {
            if (!(value instanceof Call call)
                    || !call.function().equals(LOAD_FROM_BYTES)
                    || call.arguments().size() != 1
                    || !(call.arguments().getFirst() instanceof Blob stream)) return Optional.empty();
            TorchStorage storage = storages.get(stream.offset());
            if (storage == null) {
                storage = TorchStorage.inLegacyStream(file, stream);
                storages.put(stream.offset(), storage);
            }
            return Optional.of(storage);
        }

        private String join(String parent, String name) throws FormatException {
            if (parent.length() + name.length() >= MAX_NAME)
                throw file.broken(
                        "has a tensor name of more than " + MAX_NAME + " characters: " + Pickle.shown(parent));
            return parent.isEmpty() || name.isEmpty() ? parent + name : parent + "." + name;
        }

        /** The class of a persistent module; empty for containers of PyTorch's. */
        private static String className(Value module) {
            return module instanceof Call call
                            && !call.arguments().isEmpty()
                            && call.arguments().getFirst() instanceof Dict meta
                            && meta.get("class_name").orElse(null) instanceof Text name
                    ? name.value()
                    : "";
        }

        /** The network's class, its plain attributes, {@code img_resolution} and the like, and its settings. */
        private static Map<String, String> metadata(List<ModuleState> modules) {
            ModuleState root = modules.getFirst();
            Map<String, String> metadata = new HashMap<>();
            if (!root.className().isEmpty()) metadata.put("class_name", root.className());
            root.state().entries().forEach((key, value) -> value.plain().ifPresent(text -> metadata.put(key, text)));
            metadata.remove("training");
            metadata.putAll(Edm2Settings.of(modules));
            return metadata;
        }
    }

    /** A dictionary's entries, whether it is a plain one or an {@code OrderedDict} or {@code EasyDict}. */
    static Dict entries(Value value) {
        if (value instanceof Dict dict) return dict;
        return value instanceof Call call ? call.entries() : Dict.EMPTY;
    }

    private record Child(String parent, String name, Value value) {}

    /** A module. @param className of persistent ones, else empty */
    record ModuleState(String name, String className, Dict state) {
        Dict members(String kind) {
            return state.get(kind).map(Edm2PickleReader::entries).orElse(Dict.EMPTY);
        }
    }
}
