package phema.catalog;

import static java.util.Comparator.comparingInt;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toList;
import static java.util.stream.Collectors.toMap;

import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * Finds which of a run's files can be combined: those that hold the same tensors as most of them. Names, shapes and
 * whether elements are floating-point must agree; element types need not, as every file is converted by its own.
 */
final class Agreement {
    private record Kind(Shape shape, boolean floating) {}

    private static final int MOST_LOGS = 8;

    /**
     * Compares keys and values by identity: the files of a run mostly share one list of tensors, which may be too long
     * to compare again and again, and lists that hold the same tensors share their kinds.
     */
    private final Map<List<Tensor>, SortedMap<String, Kind>> kinds = new IdentityHashMap<>();

    private final Predicate<String> free;
    private final List<WeightFile> all;
    private final List<WeightFile> agreeing;
    private final SortedMap<String, Kind> common;
    private final List<String> growing;

    /**
     * @param files by time; of two equally large groups the one with the newest file is the run
     * @param free whether a tensor need not agree, by its name
     */
    Agreement(Collection<WeightFile> files, Predicate<String> free) {
        this.free = free;
        Map<SortedMap<String, Kind>, List<WeightFile>> groups =
                files.stream().collect(groupingBy(this::kinds, IdentityHashMap::new, toList()));
        all = List.copyOf(files);
        var largest = groups.entrySet().stream()
                .max(comparingInt((Map.Entry<SortedMap<String, Kind>, List<WeightFile>> g) ->
                                g.getValue().size())
                        .thenComparingInt(g -> all.lastIndexOf(g.getValue().getLast())));
        common = largest.map(Map.Entry::getKey).orElseGet(TreeMap::new);
        agreeing = largest.map(Map.Entry::getValue).orElseGet(List::of);
        growing = 2 * agreeing.size() > files.size() ? List.of() : growing(groups);
    }

    /** @param groups files by what they hold */
    private List<String> growing(Map<SortedMap<String, Kind>, List<WeightFile>> groups) {
        Map<String, Set<Shape>> shapes = new TreeMap<>();
        int alike = 0;
        for (Map.Entry<SortedMap<String, Kind>, List<WeightFile>> group : groups.entrySet()) {
            if (!group.getKey().keySet().equals(common.keySet())) continue;
            alike += group.getValue().size();
            group.getKey()
                    .forEach((name, kind) ->
                            shapes.computeIfAbsent(name, any -> new HashSet<>()).add(kind.shape()));
        }
        shapes.values().removeIf(own -> own.size() == 1);
        int files = groups.values().stream().mapToInt(List::size).sum();
        boolean logs = 2 * alike > files
                && shapes.size() <= MOST_LOGS
                && shapes.size() < common.size()
                && shapes.values().stream().allMatch(own -> own.size() > 2);
        return logs ? List.copyOf(shapes.keySet()) : List.of();
    }

    /**
     * The tensors that have many shapes, where in most files all others agree: logs that a trainer keeps in its
     * checkpoints, which are no weights. None where most files agree in these as well.
     */
    List<String> growing() {
        return growing;
    }

    /** Such tensors of a file that agrees in all others; empty where it does not, or holds none. */
    Optional<List<String>> growing(WeightFile file) {
        return growing.isEmpty() || !kinds(file).keySet().equals(common.keySet())
                ? Optional.empty()
                : Optional.of(growing);
    }

    /** Whether a file holds the same tensors as the newest one. */
    boolean isLikeNewest(WeightFile file) {
        return kinds(file) == kinds(all.getLast());
    }

    /**
     * The tensors in which the newest file differs from the run, where it and others like it come after all that
     * agree, as where training went on with a larger vocabulary or a new head; none where it agrees.
     */
    List<String> changed() {
        if (agreeing.isEmpty() || !growing.isEmpty()) return List.of();
        SortedMap<String, Kind> newest = kinds(all.getLast());
        if (newest == common) return List.of();
        boolean after = all.subList(all.lastIndexOf(agreeing.getLast()) + 1, all.size()).stream()
                        .filter(this::isLikeNewest)
                        .count()
                == all.stream().filter(this::isLikeNewest).count();
        return after
                ? Stream.concat(common.keySet().stream(), newest.keySet().stream())
                        .distinct()
                        .filter(name -> !Objects.equals(common.get(name), newest.get(name)))
                        .toList()
                : List.of();
    }

    /** Whether all files agree in all other tensors, and these are no more than half of what a file holds. */
    boolean agreesBut(List<String> names) {
        return 2 * names.size() <= common.size()
                && Set.copyOf(kinds.values()).stream().allMatch(own -> {
                    Map<String, Kind> rest = new TreeMap<>(own);
                    Map<String, Kind> ofRun = new TreeMap<>(common);
                    rest.keySet().removeAll(Set.copyOf(names));
                    ofRun.keySet().removeAll(Set.copyOf(names));
                    return rest.equals(ofRun);
                });
    }

    private SortedMap<String, Kind> kinds(WeightFile file) {
        SortedMap<String, Kind> known = kinds.get(file.tensors());
        if (known != null) return known;
        SortedMap<String, Kind> own = kinds(file.tensors());
        SortedMap<String, Kind> shared =
                kinds.values().stream().filter(own::equals).findFirst().orElse(own);
        kinds.put(file.tensors(), shared);
        return shared;
    }

    private SortedMap<String, Kind> kinds(List<Tensor> tensors) {
        SortedMap<String, Kind> kinds = new TreeMap<>();
        for (Tensor t : tensors)
            if (!free.test(t.name()))
                kinds.put(t.name(), new Kind(t.shape(), t.dtype().isFloating()));
        return kinds;
    }

    /**
     * The first tensor, by name, in which a file differs from the run, as the end of a sentence; empty when it agrees.
     */
    Optional<String> difference(WeightFile file) {
        SortedMap<String, Kind> own = kinds(file);
        if (own.equals(common)) return Optional.empty();
        SortedMap<String, Kind> all = new TreeMap<>(common);
        all.putAll(own);
        String tensor = all.keySet().stream()
                .filter(name -> !Objects.equals(own.get(name), common.get(name)))
                .findFirst()
                .orElseThrow();
        Kind here = own.get(tensor);
        Kind there = common.get(tensor);
        if (here == null)
            return Optional.of("has no tensor " + tensor + ", which most of the run's files hold"
                    + ofWrapper(own.keySet().stream().filter(name -> name.endsWith("." + tensor)), "it has"));
        if (there == null)
            return Optional.of("holds tensor " + tensor + ", which most of the run's files lack"
                    + ofWrapper(common.keySet().stream().filter(name -> tensor.endsWith("." + name)), "they have"));
        if (!here.shape().equals(there.shape()))
            return Optional.of("holds tensor " + tensor + " with shape " + here.shape()
                    + ", most of the run's files with " + there.shape());
        return Optional.of("holds tensor " + tensor + (here.floating() ? " as floating-point" : " as integer")
                + " numbers, unlike most of the run's files");
    }

    /** The rest of a sentence where the same tensor is there under another prefix, which a wrapper wrote. */
    private static String ofWrapper(Stream<String> alike, String who) {
        return alike.sorted()
                .findFirst()
                .map(name -> "; " + who + " " + name + ", as if saved with a wrapper (module. of DDP, _orig_mod. of"
                        + " torch.compile) in one place and without it in the other: name the tensors alike")
                .orElse("");
    }

    /** The tensors that a sample stands for: floating-point, and a buffer in none of the files. */
    SortedMap<String, Shape> averaged() {
        SortedMap<String, Shape> shapes = new TreeMap<>();
        common.forEach((name, kind) -> {
            if (kind.floating()) shapes.put(name, kind.shape());
        });
        for (List<Tensor> tensors : kinds.keySet()) {
            if (!common.equals(kinds.get(tensors))) continue;
            for (Tensor t : tensors) if (t.role() == Tensor.TensorRole.BUFFER) shapes.remove(t.name());
        }
        return shapes;
    }

    /** Names of the constants that must be the same in all files. */
    Set<String> scales() {
        return agreeing.isEmpty() ? Set.of() : Lora.scales(agreeing.getFirst().tensors());
    }

    /** A sentence on the first tensor, by name, whose element type is not the same in all agreeing files. */
    Optional<String> dtypeNotice() {
        if (agreeing.isEmpty()) return Optional.empty();
        Map<String, DType> first = dtypes(agreeing.getFirst());
        for (WeightFile file : agreeing) {
            if (file.tensors() == agreeing.getFirst().tensors()) continue;
            Map<String, DType> own = dtypes(file);
            if (own.equals(first)) continue;
            String tensor = common.keySet().stream()
                    .filter(name -> own.get(name) != first.get(name))
                    .findFirst()
                    .orElseThrow();
            return Optional.of("Element types differ, which is allowed: tensor " + tensor + " is " + first.get(tensor)
                    + (file.path().equals(agreeing.getFirst().path())
                            ? " and " + own.get(tensor) + " in one file, "
                            : " in " + name(agreeing.getFirst(), file) + " and " + own.get(tensor) + " in ")
                    + name(file, agreeing.getFirst()) + ".");
        }
        return Optional.empty();
    }

    /** The name of a file, with its folder's where another has the same. */
    private static String name(WeightFile file, WeightFile other) {
        Path path = file.path();
        String name = String.valueOf(path.getFileName());
        return path.getNameCount() > 1
                        && name.equals(String.valueOf(other.path().getFileName()))
                ? path.getName(path.getNameCount() - 2) + "/" + name
                : name;
    }

    private Map<String, DType> dtypes(WeightFile file) {
        return file.tensors().stream()
                .filter(tensor -> common.containsKey(tensor.name()))
                .collect(toMap(Tensor::name, Tensor::dtype));
    }
}
