package phema.catalog;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.tensor.DType;
import phema.tensor.Shape;

/** Finds the tensors of a run in a file under the names that they have there, prefixes and wrappers included. */
public final class StoredNames {
    /** Where a tensor lies. */
    private record Place(int part, long offset, DType dtype, Shape shape, List<Long> strides) {
        static Place of(Tensor tensor) {
            return new Place(tensor.part(), tensor.offset(), tensor.dtype(), tensor.shape(), tensor.strides());
        }
    }

    private final Map<Place, List<String>> stored = new HashMap<>();
    private final Map<String, String> names = new HashMap<>();

    private StoredNames() {}

    /**
     * The run's names by those in the file, of all sets of weights that the file holds, also of those of which the run
     * has no snapshot. What is no weight has none.
     *
     * @param file with all its tensors
     * @param groups the same file as snapshots have it, one at least
     */
    public static Map<String, String> of(WeightFile file, List<WeightFile> groups) {
        StoredNames found = new StoredNames();
        for (Tensor tensor : file.tensors())
            found.stored
                    .computeIfAbsent(Place.of(tensor), any -> new ArrayList<>())
                    .add(tensor.name());
        for (WeightFile group : groups) for (Tensor tensor : group.tensors()) found.add(tensor);
        found.addOthers(WeightGroups.of(file));
        found.addFollowed(file);
        return Map.copyOf(found.names);
    }

    /**
     * What outputs hold under the names in the file: the template's tensors.
     *
     * @param template one of the groups
     */
    public static Map<String, Tensor> weights(WeightFile file, List<WeightFile> groups, WeightFile template) {
        Map<String, Tensor> byName = new HashMap<>();
        for (Tensor tensor : template.tensors()) byName.put(tensor.name(), tensor);
        Map<String, Tensor> weights = new HashMap<>();
        of(file, groups)
                .forEach((stored, name) ->
                        Optional.ofNullable(byName.get(name)).ifPresent(tensor -> weights.put(stored, tensor)));
        return weights;
    }

    /** Where several names end alike, the longest is the tensor's. */
    private void add(Tensor tensor) {
        for (String name : stored.getOrDefault(Place.of(tensor), List.of()))
            if (endsWith(name, tensor.name()))
                names.merge(name, tensor.name(), (one, other) -> other.length() > one.length() ? other : one);
    }

    /** What stands under other words of the same file is written there as well, or an old average stayed. */
    private void addOthers(WeightGroups groups) {
        Map<String, String> byName = new HashMap<>();
        for (WeightGroups.WeightGroup group : groups.groups())
            for (Tensor tensor : group.tensors())
                for (String name : stored.getOrDefault(Place.of(tensor), List.of()))
                    if (names.containsKey(name) && endsWith(name, tensor.name()))
                        byName.putIfAbsent(tensor.name(), names.getOrDefault(name, ""));
        Set<String> known = new HashSet<>(names.keySet());
        for (WeightGroups.WeightGroup group : groups.groups())
            for (Tensor tensor : group.tensors())
                for (String name : stored.getOrDefault(Place.of(tensor), List.of()))
                    if (byName.containsKey(tensor.name())
                            && !known.contains(name)
                            && name.startsWith(group.prefix().replaceFirst("\\*.*", ""))
                            && endsWith(name, tensor.name())) names.put(name, byName.getOrDefault(tensor.name(), ""));
    }

    /** Trackers that are stored as a whole hold the weights that they follow once more. */
    private void addFollowed(WeightFile file) {
        for (Tensor tensor : file.tensors()) {
            String average = tensor.name().replace(WeightGroups.ONLINE, WeightGroups.TRACKED);
            String name = names.getOrDefault(average, "");
            if (!name.isEmpty()) names.putIfAbsent(tensor.name(), name);
        }
    }

    /** Some trainers take the dots out of names, or make underscores of them, and torchtitan puts words behind them. */
    private static boolean endsWith(String name, String end) {
        return name.equals(end)
                || name.endsWith("." + end)
                || WeightGroups.TORCHTITAN.matcher(name).matches() && name.contains("." + end + ".")
                || name.replace(".", "").endsWith(end.replace(".", ""))
                || ("." + WrappedNames.unwrapped(name)).endsWith("." + WrappedNames.unwrapped(end))
                || name.endsWith("_" + end.replace('.', '_'));
    }
}
