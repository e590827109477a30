package phema.format;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import phema.format.Layout.TensorElements;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * Decides on which storages tensors lie: those that {@linkplain SharedElements share elements} on one, with the strides
 * that they have; every other one packed, on a storage of its own.
 */
final class TorchStorages {
    private final Map<String, PlacedTensor> tensors = new HashMap<>();
    private final List<TensorElements> storages = new ArrayList<>();

    /**
     * A tensor on a storage.
     *
     * @param key number of the storage
     * @param offset of its first element there
     * @param dims as PyTorch counts them
     */
    record PlacedTensor(int key, TensorElements storage, long offset, List<Long> dims, List<Long> strides) {}

    /** What all storages hold, by their keys. */
    List<TensorElements> all() {
        return storages;
    }

    PlacedTensor of(String tensor) {
        return Objects.requireNonNull(tensors.get(tensor));
    }

    /**
     * Finds places for tensors.
     *
     * @param some tensors of one file, by other names than those added before
     * @param sources what a tensor's elements are computed as
     */
    void add(WeightFile some, Function<Tensor, DType> dtypes, Function<Tensor, Tensor> sources) {
        Map<String, SharedElements> shared = new HashMap<>();
        for (SharedElements elements : SharedElements.of(some))
            if (elements.areWrittenAlike(dtypes))
                for (Tensor tensor : elements.tensors()) shared.put(tensor.name(), elements);
        Map<String, Integer> keys = new HashMap<>();
        for (Tensor tensor : some.tensors()) {
            DType dtype = dtypes.apply(tensor);
            requireKnown(tensor, dtype);
            SharedElements elements = shared.get(tensor.name());
            if (elements == null) {
                packed(tensor.name(), sources.apply(tensor), dtype);
                continue;
            }
            int key = keys.computeIfAbsent(elements.whole().name(), any -> storages.size());
            if (key == storages.size()) storages.add(TensorElements.asStored(sources.apply(elements.whole()), dtype));
            tensors.put(
                    tensor.name(),
                    new PlacedTensor(
                            key,
                            storages.get(key),
                            elements.first(tensor),
                            counted(tensor, dtype).dims(),
                            tensor.strides()));
        }
    }

    /** Finds a place for a tensor of its own. @param source what its elements are computed as */
    PlacedTensor packed(String name, Tensor source, DType dtype) {
        requireKnown(source, dtype);
        TensorElements elements = TensorElements.rows(source, dtype);
        Shape counted = counted(source, dtype);
        PlacedTensor stored =
                new PlacedTensor(storages.size(), elements, 0, counted.dims(), counted.contiguousStrides());
        storages.add(elements);
        tensors.put(name, stored);
        return stored;
    }

    /** PyTorch has no six bits, and counts pairs of four as one. */
    private static void requireKnown(Tensor tensor, DType dtype) {
        if (!TorchStorage.CLASSES.containsValue(dtype) && !TorchTensors.DTYPES.containsValue(dtype)
                || dtype.isPacked()
                        && (tensor.shape().rank() == 0 || tensor.shape().dims().getLast() % 2 != 0))
            throw new IllegalArgumentException("PyTorch has no tensors such as `" + tensor.name() + "`, " + dtype
                    + " of " + tensor.shape() + "; choose the format safetensors");
    }

    /** A tensor's shape as PyTorch counts it. */
    private static Shape counted(Tensor tensor, DType dtype) {
        if (!dtype.isPacked()) return tensor.shape();
        List<Long> dims = new ArrayList<>(tensor.shape().dims());
        dims.set(dims.size() - 1, dims.getLast() / 2);
        return new Shape(dims);
    }
}
