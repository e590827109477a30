package phema.format;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
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
 * @param part index of the file that holds it, or at least its first element, in {@link WeightFile#parts()}
 * @param offset of the first element, in bytes from the beginning of that file
 * @param role whether the training job's averages apply to it, as far as the format tells
 * @param pieces where its elements lie when they are not all in one place; strides then are those of the whole
 */
public record Tensor(
        String name,
        DType dtype,
        Shape shape,
        List<Long> strides,
        int part,
        long offset,
        TensorRole role,
        Optional<Pieces> pieces) {

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

    /** A tensor that lies in one place. */
    public Tensor(String name, DType dtype, Shape shape, List<Long> strides, int part, long offset, TensorRole role) {
        this(name, dtype, shape, strides, part, offset, role, Optional.empty());
    }

    /** A tensor of one or more pieces, those of its shape, or of its elements end to end in row-major order. */
    public static Tensor of(String name, DType dtype, Shape shape, Pieces pieces, TensorRole role) {
        if (pieces.count() == 1) {
            Tensor alone = pieces.alone(name, dtype, 0, role);
            if (alone.shape.equals(shape)) return alone;
            if (alone.isContiguous(alone.shape.axes()))
                return new Tensor(name, dtype, shape, shape.contiguousStrides(), alone.part, alone.offset, role);
        }
        return new Tensor(
                name,
                dtype,
                shape,
                shape.contiguousStrides(),
                pieces.part(0),
                pieces.offset(0),
                role,
                Optional.of(pieces));
    }

    /** The same elements under another name or in another role. */
    public Tensor as(String otherName, TensorRole otherRole) {
        return otherName.equals(name) && otherRole == role
                ? this
                : new Tensor(otherName, dtype, shape, strides, part, offset, otherRole, pieces);
    }

    /** The same elements in the same place of another of a weight file's files. */
    Tensor ofPart(int otherPart) {
        return new Tensor(name, dtype, shape, strides, otherPart, offset, role, pieces);
    }

    /** The same elements where its file is behind so many others. */
    Tensor behind(int parts) {
        return ofPart(part + parts);
    }

    /** Whether it is a weight that can be averaged, as far as its role and type say. */
    public boolean isFloatingParameter() {
        return role == TensorRole.PARAMETER && dtype.isFloating();
    }

    public long elements() {
        return shape.elements();
    }

    /** Bytes of the elements, packed. */
    public long bytes() {
        return dtype.bytes(elements());
    }

    /**
     * Reads elements, packed, wherever they lie.
     *
     * @param axes the dimensions that elements are wanted in, outermost first: 0, 1, ... for row-major
     * @param first index in that order; of elements that share bytes, the bytes as they are
     * @param to of as many bytes as the elements have
     * @param window bytes that may be read at once to pick elements from
     */
    public void read(List<Integer> axes, long first, int count, MemorySegment to, int window, PartSource source)
            throws IOException {
        if (pieces.isPresent()) pieces.get().read(dtype, shape, axes, first, count, to, window, source);
        else view(axes).read(first, count, to, window, (position, buffer) -> source.read(part, position, buffer));
    }

    /** Whether the elements lie one after the other in such an order, all in one place. */
    public boolean isContiguous(List<Integer> axes) {
        return pieces.isEmpty() && view(axes).isContiguous();
    }

    /** What one file holds of it, as tensors in one place each. */
    List<Tensor> in(int file) {
        if (pieces.isPresent()) return pieces.get().in(file, name, dtype, role);
        return part == file ? List.of(this) : List.of();
    }

    /**
     * The elements with the dimensions in some order, outermost first; of elements that share bytes, the bytes as they
     * are.
     */
    private StridedView view(List<Integer> axes) {
        if (pieces.isPresent()) throw new IllegalStateException("tensor `" + name + "` does not lie in one place");
        if (dtype.isPacked()) return new StridedView(DType.U8, Shape.of(bytes()), List.of(1L), List.of(0), offset);
        return new StridedView(dtype, shape, strides, axes, offset);
    }

    /** Where the last element ends, in bytes from the beginning of the file. */
    long end() {
        if (pieces.isPresent()) throw new IllegalStateException("tensor `" + name + "` does not lie in one place");
        if (dtype.isPacked()) return offset + bytes();
        long last = 0;
        for (int i = 0; i < strides.size(); i++) last += (shape.dims().get(i) - 1) * strides.get(i);
        return elements() == 0 ? offset : offset + (last + 1) * dtype.bytes();
    }

    /**
     * The dimensions in the order in which the elements of a dense tensor lie in the file: by descending stride. Empty
     * where they do not lie side by side; row-major where they lie in several places.
     */
    Optional<List<Integer>> storageOrder() {
        // Without this, dimensions of size one, whose strides mean nothing, would seem to reorder packed tensors.
        if (pieces.isPresent() || isContiguous(shape.axes())) return Optional.of(shape.axes());
        List<Integer> axes = shape.axes().stream()
                .sorted(Comparator.comparingLong(
                                (Integer axis) -> shape.dims().get(axis) == 1 ? Long.MAX_VALUE : strides.get(axis))
                        .reversed())
                .toList();
        return view(axes).isContiguous() ? Optional.of(axes) : Optional.empty();
    }

    /** Whether all elements of a tensor of the same role and type are elements of this one, which is dense. */
    boolean covers(Tensor other) {
        if (pieces.isPresent() || other.pieces.isPresent())
            return other.pieces.equals(pieces) && other.role == role && other.dtype == dtype;
        return other.part == part
                && other.role == role
                && other.dtype == dtype
                && other.offset >= offset
                && other.end() <= end()
                && (other.offset - offset) % dtype.bytes() == 0;
    }
}
