package phema.format;

import static java.util.Comparator.comparingInt;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import phema.tensor.DType;

/**
 * Describes elements of a file that belong to several tensors: tied weights, and views of others.
 *
 * @param whole the tensor that has them all, side by side in the file
 * @param tensors all that have some of them and nothing else, {@code whole} too, in the file's order
 */
public record SharedElements(Tensor whole, List<Tensor> tensors) {
    public SharedElements {
        tensors = List.copyOf(tensors);
    }

    /**
     * The most wholes that are looked for among tensors that overlap; a file may be made to have very many of both.
     */
    private static final int MOST_WHOLES = 64;

    /**
     * Finds what tensors of one role and element type share. Tensors that overlap without one that covers the others
     * are left out: they cannot be written as one.
     */
    public static List<SharedElements> of(WeightFile file) {
        Map<Boolean, List<Tensor>> dense = file.tensors().stream()
                .filter(tensor -> tensor.elements() > 0 && !tensor.dtype().isPacked())
                .collect(Collectors.partitioningBy(tensor -> tensor.pieces().isPresent()));
        List<Tensor> byPlace = Objects.requireNonNull(dense.get(false)).stream()
                .sorted(comparingInt(Tensor::part).thenComparingLong(Tensor::offset))
                .toList();
        Map<String, Integer> order = new HashMap<>();
        List<SharedElements> all = new ArrayList<>();
        // Of tensors in pieces only those that are the same share anything.
        Map<Pieces, List<Tensor>> inPieces = new LinkedHashMap<>();
        for (Tensor tensor : Objects.requireNonNull(dense.get(true)))
            inPieces.computeIfAbsent(tensor.pieces().orElseThrow(), any -> new ArrayList<>())
                    .add(tensor);
        for (List<Tensor> same : inPieces.values()) among(same, file, order, all);
        List<Tensor> overlapping = new ArrayList<>();
        long end = 0;
        for (Tensor tensor : byPlace) {
            if (!overlapping.isEmpty()
                    && (tensor.part() != overlapping.getFirst().part() || tensor.offset() >= end)) {
                among(overlapping, file, order, all);
                overlapping.clear();
                end = 0;
            }
            overlapping.add(tensor);
            end = Math.max(end, tensor.end());
        }
        among(overlapping, file, order, all);
        return all;
    }

    /** @param order of the file's tensors by name, filled when it is first needed */
    private static void among(
            List<Tensor> overlapping, WeightFile file, Map<String, Integer> order, List<SharedElements> to) {
        if (overlapping.size() < 2) return;
        if (order.isEmpty()) for (Tensor tensor : file.tensors()) order.put(tensor.name(), order.size());
        List<Tensor> left = overlapping.stream()
                .sorted(comparingInt(tensor -> order.getOrDefault(tensor.name(), 0)))
                .toList();
        for (int i = 0; i < MOST_WHOLES; i++) {
            Optional<Tensor> whole = left.stream()
                    .filter(tensor -> tensor.storageOrder().isPresent())
                    .reduce((first, second) -> second.bytes() > first.bytes() ? second : first);
            if (whole.isEmpty()) return;
            Map<Boolean, List<Tensor>> parts = left.stream().collect(Collectors.partitioningBy(whole.get()::covers));
            List<Tensor> within = Objects.requireNonNull(parts.get(true));
            if (within.size() > 1) to.add(new SharedElements(whole.get(), within));
            left = Objects.requireNonNull(parts.get(false));
        }
    }

    /** Where a tensor's first element lies among those of the whole. */
    long first(Tensor tensor) {
        return (tensor.offset() - whole.offset()) / whole.dtype().bytes();
    }

    /** Whether all are written in the same type. */
    boolean areWrittenAlike(Function<Tensor, DType> dtypes) {
        return tensors.stream().map(dtypes).distinct().count() == 1;
    }
}
