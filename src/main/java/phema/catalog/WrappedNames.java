package phema.catalog;

import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import phema.format.Tensor;
import phema.format.WeightFile;

/**
 * Names tensors alike that wrappers put words into the names of in some of a run's files and not in others, at any
 * depth: {@code model._orig_mod.x} and {@code model.x} are one tensor of a run that was resumed with or without
 * {@code compile}, DDP, FSDP, activation checkpointing or PEFT. Files that do not agree so stay as they are.
 */
final class WrappedNames {
    /** The words with a dot before them; all adapters of PEFT have its own, which is no wrapper of theirs. */
    private static final List<String> WRAPPERS = Stream.concat(
                    WeightGroups.WRAPPERS.stream(), Stream.of("base_model.model."))
            .map(wrapper -> "." + wrapper)
            .toList();

    private WrappedNames() {}

    /** The same files; of names for the same tensors the shortest counts in all. */
    static Map<Candidate, WeightFile> alike(Map<Candidate, WeightFile> files) {
        // Thousands of files may have the same names, which are kept once.
        Set<Set<String>> kinds = new LinkedHashSet<>();
        List<Tensor> last = List.of();
        for (WeightFile file : files.values()) {
            if (!haveSameNames(file.tensors(), last)) kinds.add(names(file.tensors()));
            last = file.tensors();
        }
        if (kinds.size() < 2) return files;
        Map<Set<String>, Map<String, String>> shortest = new HashMap<>();
        for (Set<String> names : kinds) {
            Map<String, String> own = byUnwrapped(names);
            if (own.size() == names.size())
                shortest.merge(own.keySet(), own, (one, other) -> length(one) <= length(other) ? one : other);
        }
        Map<List<Tensor>, List<Tensor>> renamed = new IdentityHashMap<>();
        Map<Candidate, WeightFile> alike = new LinkedHashMap<>();
        files.forEach((candidate, file) -> {
            List<Tensor> tensors = renamed.computeIfAbsent(file.tensors(), own -> renamed(own, shortest));
            alike.put(candidate, tensors == file.tensors() ? file : file.with(tensors));
        });
        return alike;
    }

    /** @param shortest the names that count, by those without wrappers */
    private static List<Tensor> renamed(List<Tensor> tensors, Map<Set<String>, Map<String, String>> shortest) {
        Set<String> unwrapped = byUnwrapped(names(tensors)).keySet();
        if (unwrapped.size() < tensors.size()) return tensors;
        Map<String, String> target = shortest.getOrDefault(unwrapped, Map.of());
        List<Tensor> renamed = tensors.stream()
                .map(tensor -> tensor.as(target.getOrDefault(unwrapped(tensor.name()), tensor.name()), tensor.role()))
                .toList();
        return haveSameNames(renamed, tensors) ? tensors : renamed;
    }

    private static boolean haveSameNames(List<Tensor> tensors, List<Tensor> others) {
        if (tensors == others) return true;
        if (tensors.size() != others.size()) return false;
        for (int i = 0; i < tensors.size(); i++)
            if (!tensors.get(i).name().equals(others.get(i).name())) return false;
        return true;
    }

    /** A name without all that wrappers put into it, also one in another. */
    static String unwrapped(String name) {
        String before = "";
        String unwrapped = "." + name;
        while (!unwrapped.equals(before)) {
            before = unwrapped;
            for (String wrapper : WRAPPERS) unwrapped = unwrapped.replace(wrapper, ".");
        }
        return unwrapped.substring(1);
    }

    private static Set<String> names(Collection<Tensor> tensors) {
        return tensors.stream().map(Tensor::name).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Fewer than there are names where two differ in wrappers only. */
    private static Map<String, String> byUnwrapped(Set<String> names) {
        Map<String, String> byUnwrapped = new TreeMap<>();
        for (String name : names) byUnwrapped.put(unwrapped(name), name);
        return byUnwrapped;
    }

    private static int length(Map<String, String> names) {
        return names.values().stream().mapToInt(String::length).sum();
    }
}
