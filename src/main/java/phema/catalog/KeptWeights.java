package phema.catalog;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.tensor.Shape;

/**
 * Finds weights that outputs hold as the newest file has them although they may be an average, which a loader may take
 * for the one that was asked for: outside of what is averaged, other ones in each file, and called an average or of the
 * shapes of what is averaged.
 */
final class KeptWeights {
    private static final int MOST_NAMED = 5;

    private final FileIndexer indexer;
    private final Collection<RememberedFile> known;

    /** @param known what is known of the run's files */
    KeptWeights(FileIndexer indexer, Collection<RememberedFile> known) {
        this.indexer = indexer;
        this.known = known;
    }

    /** @param snapshots of a run, by time */
    Optional<String> notice(List<Snapshot> snapshots) {
        if (snapshots.isEmpty()) return Optional.empty();
        Snapshot newest = snapshots.getLast();
        Optional<WeightFile> read =
                files().filter(file -> file.path().equals(newest.file().path())).findFirst();
        if (read.isEmpty()
                || read.get().tensors().size() == newest.file().tensors().size())
            return Optional.empty(); // nearly always
        WeightFile whole = read.get();
        List<WeightFile> groups = snapshots.stream()
                .map(Snapshot::file)
                .filter(file -> file.path().equals(whole.path()))
                .toList();
        SortedMap<String, List<Tensor>> kept = byPlace(whole, groups);
        kept.entrySet()
                .removeIf(place -> !mayBeAverage(place.getKey(), place.getValue(), newest.file())
                        || !moves(place.getValue(), whole, snapshots));
        if (kept.isEmpty()) return Optional.empty();
        Set<String> held = heldByOutputs(newest, whole, groups);
        kept.values().removeIf(tensors -> tensors.stream().noneMatch(tensor -> held.contains(tensor.name())));
        return kept.isEmpty() ? Optional.empty() : Optional.of(notice(kept.keySet()));
    }

    /** Those that could be read, with all their tensors. */
    private Stream<WeightFile> files() {
        return known.stream().flatMap(file -> file.file().stream());
    }

    private static String notice(Set<String> places) {
        return "Outputs hold these tensors as the newest file has them, not averaged, although they differ from file to"
                + " file and may be an average, or another copy of the weights: "
                + places.stream()
                        .limit(MOST_NAMED)
                        .map(place -> "`" + place + "*`")
                        .collect(joining(", "))
                + (places.size() > MOST_NAMED ? " and others" : "")
                + ". Load the weights beside them, or write --format pt or safetensors, which leave them out.";
    }

    /** The floating tensors that nothing is written for, by what the names of a place begin with. */
    private static SortedMap<String, List<Tensor>> byPlace(WeightFile whole, List<WeightFile> groups) {
        Set<String> written = StoredNames.of(whole, groups).keySet();
        NotAveraged kinds = new NotAveraged(whole.tensors());
        SortedMap<String, List<Tensor>> byPlace = new TreeMap<>();
        whole.tensors().stream()
                .filter(tensor -> tensor.dtype().isFloating()
                        && !written.contains(tensor.name())
                        && (!kinds.isOfNewest(tensor.name()) || tensor.name().startsWith(NotAveraged.CALLBACKS))
                        && !Twins.isOfOptimizer(tensor.name()))
                .collect(groupingBy(tensor -> WeightGroups.place(tensor.name())))
                .forEach((place, tensors) -> byPlace.put(place.endsWith(".") ? beginning(tensors) : place, tensors));
        return byPlace;
    }

    /** The words that all names begin with, with the dots. */
    private static String beginning(List<Tensor> tensors) {
        String common = NotAveraged.module(tensors.getFirst().name());
        for (Tensor tensor : tensors)
            while (!tensor.name().startsWith(common))
                common = NotAveraged.module(common.substring(0, common.length() - 1));
        return common;
    }

    private static boolean mayBeAverage(String place, List<Tensor> kept, WeightFile selected) {
        List<Tensor> averaged =
                selected.tensors().stream().filter(Tensor::isFloatingParameter).toList();
        if (Stream.of(place.split("\\.")).anyMatch(AverageWords::isAverageAlone)
                && elements(kept) >= NotAveraged.NETWORK * elements(averaged)) return true;
        Map<Shape, Long> shapes = averaged.stream().collect(groupingBy(Tensor::shape, counting()));
        List<Tensor> alike = kept.stream()
                .filter(tensor -> shapes.merge(tensor.shape(), -1L, Long::sum) >= 0)
                .toList();
        return elements(alike) >= WeightGroups.MOST * elements(averaged);
    }

    private static double elements(List<Tensor> tensors) {
        return tensors.stream().mapToDouble(Tensor::elements).sum();
    }

    /** Whether they are others than in the oldest file that holds them, or no older one does. */
    private boolean moves(List<Tensor> kept, WeightFile newest, List<Snapshot> snapshots) {
        List<String> names = kept.stream().map(Tensor::name).toList();
        Map<Path, WeightFile> files = files().collect(toMap(WeightFile::path, file -> file, (one, same) -> one));
        return snapshots.stream()
                .flatMap(snapshot -> Stream.ofNullable(files.get(snapshot.file().path())))
                .filter(file -> file.tensors() == newest.tensors()
                        || file.tensors().stream()
                                .map(Tensor::name)
                                .collect(toSet())
                                .containsAll(names))
                .findFirst()
                .filter(oldest -> oldest == newest
                        || indexer.changed(oldest, newest, kept).isPresent())
                .isPresent();
    }

    /** The names of what outputs hold; none where they hold weights alone. */
    private Set<String> heldByOutputs(Snapshot newest, WeightFile whole, List<WeightFile> groups) {
        boolean folder = newest.name().indexOf('/') >= 0;
        return indexer.original(whole)
                .filter(original ->
                        folder || !original.isFlat(StoredNames.weights(original.file(), groups, newest.file())))
                .map(original ->
                        original.file().tensors().stream().map(Tensor::name).collect(toSet()))
                .orElse(Set.of());
    }
}
