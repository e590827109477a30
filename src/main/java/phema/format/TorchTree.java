package phema.format;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import phema.format.Value.Call;
import phema.format.Value.Dict;
import phema.format.Value.Global;
import phema.format.Value.Items;
import phema.format.Value.Text;
import phema.format.Value.Tuple;

/**
 * Finds the tensors in what {@code torch.save} was given. They are named by their path: {@code model.out.weight} in
 * {@code {"model": {"out.weight": ...}}}, {@code shadow_params.0} in a list, {@code args.mask} in an object's
 * attributes; those of a module as in its {@code state_dict}, and a tensor that was saved by itself {@code tensor}.
 * Entries of dictionaries under other keys than text, where optimizers keep their state, are no weights and left out.
 * Plain values in dictionaries and attributes are metadata, but not within lists, such as those of an optimizer's
 * settings. Objects of any class are looked through; only a tensor that an unknown function makes is refused.
 */
final class TorchTree {
    /** The name of a tensor that was saved by itself. */
    static final String ALONE = "tensor";

    /**
     * The longest name. Like the other limits it bounds what a small file can expand to, since the same dictionary may
     * be in many places.
     */
    private static final int MAX_NAME = 1024;

    /** The key by which composer says which of two sets of weights is the average; it lies in a list. */
    private static final String SWAPPED = "ema_weights_active";

    /** The key under which metadata name arrays of NumPy that seem to be weights; empty where there are none. */
    static final String ARRAYS = "numpy_arrays";

    private static final long MAX_ALL_NAMES = 1 << 26;
    private static final int MAX_PLACES = 1 << 21;
    private static final int MAX_DEPTH = 100;

    private static final Set<Global> DICTIONARIES = Set.of(
            TorchZipReader.ORDERED_DICT,
            new Global("collections", "defaultdict"),
            new Global("collections", "Counter"));

    private final InputFile file;
    private final TorchTensors torch;
    private final List<Tensor> tensors = new ArrayList<>();
    private final Map<Value, Tensor> byValue = new IdentityHashMap<>();
    private final Set<String> names = new HashSet<>();
    private final Map<String, String> metadata = new HashMap<>();
    private final Set<Value> around = identitySet();
    private final Set<Value> withoutTensors = identitySet();

    /** Arrays of NumPy: those that lie beside tensors as weights do, and all. */
    private final List<String> besideTensors = new ArrayList<>();

    private final List<String> arrays = new ArrayList<>();
    private long allNames;
    private int places;
    private int inLists;

    /** @param torch reads single tensors */
    TorchTree(InputFile file, TorchTensors torch) {
        this.file = file;
        this.torch = torch;
    }

    /** @param root what was saved */
    WeightFile read(Value root) throws IOException {
        add("", root);
        List<String> unread = tensors.isEmpty() ? arrays : besideTensors;
        if (!unread.isEmpty())
            metadata.put(
                    ARRAYS,
                    "`" + Pickle.shown(unread.getFirst()) + "`"
                            + (unread.size() == 1 ? "" : " and " + (unread.size() - 1) + " more"));
        return new WeightFile(file.path(), Format.TORCH_ZIP, List.of(file.part()), metadata, tensors);
    }

    /** The tensors that were read, by identity; one that is in several places as in the last. */
    Map<Value, Tensor> byValue() {
        return byValue;
    }

    /** Adds all that hangs below a value. */
    private void add(String name, Value value) throws IOException {
        if (++places > MAX_PLACES) throw file.broken("holds more than " + MAX_PLACES + " values");
        if (TorchTensors.isTensor(value)) {
            addTensor(name.isEmpty() ? ALONE : name, Tensor.TensorRole.PARAMETER, value);
            return;
        }
        if (value instanceof Dict dict) addEntries(name, value, dict);
        else if (value instanceof Items list) addItems(name, value, list.items());
        else if (value instanceof Tuple tuple) addItems(name, value, tuple.items());
        else if (value instanceof Call call) addObject(name, call);
    }

    private void addTensor(String name, Tensor.TensorRole role, Value value) throws IOException {
        if (!names.add(name)) throw file.broken("has two tensors named `" + Pickle.shown(name) + "`");
        Tensor tensor = torch.read(name, role, value);
        tensors.add(tensor);
        byValue.put(value, tensor);
    }

    private void addEntries(String name, Value value, Dict dict) throws IOException {
        if (dict.entries().isEmpty()) return;
        enter(name, value);
        boolean beside = dict.entries().values().stream().anyMatch(TorchTensors::isTensor);
        for (Map.Entry<String, Value> entry : dict.entries().entrySet()) {
            String path = join(name, entry.getKey());
            if (NumpyPickle.isFloatingArray(entry.getValue())) {
                arrays.add(path);
                if (beside && path.indexOf('.') > 0) besideTensors.add(path);
            }
            if (inLists == 0 || entry.getKey().equals(SWAPPED))
                entry.getValue().plain().ifPresent(text -> metadata.put(path, text));
            add(path, entry.getValue());
        }
        around.remove(value);
    }

    private void addItems(String name, Value value, List<Value> items) throws IOException {
        if (items.isEmpty()) return;
        enter(name, value);
        inLists++;
        for (int i = 0; i < items.size(); i++) add(join(name, String.valueOf(i)), items.get(i));
        inLists--;
        around.remove(value);
    }

    /** Nothing is known of its class but what was pickled. */
    private void addObject(String name, Call object) throws IOException {
        if (around.contains(object)) return; // objects may well know those that hold them
        boolean dictionary = DICTIONARIES.contains(object.function());
        if (dictionary) {
            // Python 2 gives the entries as the only argument: a list of pairs.
            for (Value argument : object.arguments()) addEntries(name, object, pairs(argument));
        } else if (holdsTensors(object.arguments())) {
            throw file.broken("has `" + Pickle.shown(name) + "`, which the function `"
                    + Pickle.shown(object.function().toString())
                    + "` makes of tensors; what that is cannot be known. Save plain tensors, such as a state_dict()");
        }
        addEntries(name, object, object.entries());
        addItems(name, object, object.items());
        if (object.state() instanceof Dict attributes && isModule(attributes)) addModule(name, object, attributes);
        else if (holdsTensors(List.of(object.state())) || object.state() instanceof Dict && !dictionary) {
            enter(name, object);
            add(name, object.state());
            around.remove(object);
        }
    }

    private static Dict pairs(Value argument) {
        Dict dict = new Dict();
        if (argument instanceof Items list)
            for (Value item : list.items()) {
                List<Value> pair =
                        item instanceof Items two ? two.items() : item instanceof Tuple t ? t.items() : List.of();
                if (pair.size() == 2 && pair.getFirst() instanceof Text key)
                    dict.entries().put(key.value(), pair.getLast());
            }
        return dict;
    }

    private static boolean isModule(Dict attributes) {
        return attributes.get("_parameters").isPresent()
                && attributes.get("_modules").isPresent();
    }

    /** As {@code torch.nn.Module.state_dict()} names them. */
    private void addModule(String name, Value module, Dict attributes) throws IOException {
        enter(name, module);
        addMembers(name, attributes, "_parameters", Tensor.TensorRole.PARAMETER);
        addMembers(name, attributes, "_buffers", Tensor.TensorRole.BUFFER);
        for (Map.Entry<String, Value> child : members(attributes, "_modules").entrySet())
            add(join(name, child.getKey()), child.getValue());
        around.remove(module);
    }

    private void addMembers(String name, Dict attributes, String kind, Tensor.TensorRole role) throws IOException {
        for (Map.Entry<String, Value> member : members(attributes, kind).entrySet())
            if (TorchTensors.isTensor(member.getValue()))
                addTensor(join(name, member.getKey()), role, member.getValue());
            else add(join(name, member.getKey()), member.getValue());
    }

    private static Map<String, Value> members(Dict attributes, String kind) {
        Value members = attributes.get(kind).orElse(Dict.EMPTY);
        if (members instanceof Dict dict) return dict.entries();
        return members instanceof Call ordered ? ordered.entries().entries() : Map.of();
    }

    private boolean holdsTensors(List<Value> values) throws IOException {
        for (Value value : values) if (holdsTensors(value, 0)) return true;
        return false;
    }

    private boolean holdsTensors(Value value, int depth) throws IOException {
        if (TorchTensors.isTensor(value) || torch.isStorage(value)) return true;
        List<Value> within = within(value);
        if (within.isEmpty() || !withoutTensors.add(value)) return false;
        if (depth == MAX_DEPTH) throw file.broken("has objects too deep within others");
        for (Value inner : within)
            if (holdsTensors(inner, depth + 1)) {
                withoutTensors.remove(value);
                return true;
            }
        return false;
    }

    static List<Value> within(Value value) {
        if (value instanceof Dict dict) return List.copyOf(dict.entries().values());
        if (value instanceof Items list) return list.items();
        if (value instanceof Tuple tuple) return tuple.items();
        if (!(value instanceof Call call)) return List.of();
        List<Value> all = new ArrayList<>(call.arguments());
        all.add(call.state());
        all.addAll(call.items());
        all.addAll(call.entries().entries().values());
        return all;
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

    private static Set<Value> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }
}
