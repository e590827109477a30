package phema.format;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import phema.tensor.DType;
import phema.tensor.Shape;
import phema.tensor.StridedView;

/**
 * Says where one tensor's elements lie in a weight file; never the elements themselves.
 *
 * @param name as in the model's {@code state_dict}
 * @param strides in elements, one per dimension; a row-major tensor has {@link Shape#contiguousStrides()}
 * @param part index of the file that holds it, in {@link WeightFile#parts()}
 * @param offset of the first element, in bytes from the beginning of that file
 * @param role whether the training job's averages apply to it, as far as the format tells
 */
public record Tensor(
        String name, DType dtype, Shape shape, List<Long> strides, int part, long offset, TensorRole role) {

    /** What a tensor is to its module. */
    public enum TensorRole {
        /** Learned, hence averaged. Formats that do not tell call every tensor a parameter. */
        PARAMETER,
        /** Kept beside the parameters and never averaged. */
        BUFFER
    }

    /** The highest rank of any tensor in PyTorch or NumPy. */
    static final int MAX_RANK = 64;

    public Tensor {
        strides = List.copyOf(strides);
    }

    /** The same elements under another name or in another role. */
    public Tensor as(String otherName, TensorRole otherRole) {
        return otherName.equals(name) && otherRole == role
                ? this
                : new Tensor(otherName, dtype, shape, strides, part, offset, otherRole);
    }

    public long elements() {
        return shape.elements();
    }

    /** Bytes of the elements, packed. */
    public long bytes() {
        return dtype.bytes(elements());
    }

    /** The elements in row-major order. */
    public StridedView view() {
        return view(shape.axes());
    }

    /**
     * The elements with the dimensions in another order, outermost first; of elements that share bytes, the bytes as
     * they are.
     */
    public StridedView view(List<Integer> axes) {
        if (dtype.isPacked()) return new StridedView(DType.U8, Shape.of(bytes()), List.of(1L), List.of(0), offset);
        return new StridedView(dtype, shape, strides, axes, offset);
    }

    /** Where the last element ends, in bytes from the beginning of the file. */
    long end() {
        if (dtype.isPacked()) return offset + bytes();
        long last = 0;
        for (int i = 0; i < strides.size(); i++) last += (shape.dims().get(i) - 1) * strides.get(i);
        return elements() == 0 ? offset : offset + (last + 1) * dtype.bytes();
    }

    /**
     * The dimensions in the order in which the elements of a dense tensor lie in the file: by descending stride. Empty
     * where they do not lie side by side.
     */
    Optional<List<Integer>> storageOrder() {
        // Without this, dimensions of size one, whose strides mean nothing, would seem to reorder packed tensors.
        if (isContiguous()) return Optional.of(shape.axes());
        List<Integer> axes = shape.axes().stream()
                .sorted(Comparator.comparingLong(
                                (Integer axis) -> shape.dims().get(axis) == 1 ? Long.MAX_VALUE : strides.get(axis))
                        .reversed())
                .toList();
        return view(axes).isContiguous() ? Optional.of(axes) : Optional.empty();
    }

    /** Whether all elements of a tensor of the same role and type are elements of this one, which is dense. */
    boolean covers(Tensor other) {
        return other.part == part
                && other.role == role
                && other.dtype == dtype
                && other.offset >= offset
                && other.end() <= end()
                && (other.offset - offset) % dtype.bytes() == 0;
    }

    /** Whether the elements lie one after the other in row-major order. */
    public boolean isContiguous() {
        return view().isContiguous();
    }
}
