package phema.format;

import java.util.List;
import phema.tensor.DType;

/**
 * Says what a file to be written consists of, from its first byte to its last.
 *
 * @param fileName for instance {@code model.safetensors}, or {@code model-00001-of-00002.safetensors} for a shard
 */
public record Layout(String fileName, List<Segment> segments) {
    public Layout {
        segments = List.copyOf(segments);
    }

    /** Size of the file in bytes. */
    public long size() {
        return segments.stream().mapToLong(Segment::bytes).sum();
    }

    /** A stretch of the file. */
    public sealed interface Segment {
        long bytes();
    }

    /** These very bytes, which nobody changes. */
    @SuppressWarnings("ArrayRecordComponent")
    public record Literal(byte[] content) implements Segment {
        @Override
        public long bytes() {
            return content.length;
        }
    }

    /** Bytes of the template, as they are. */
    public record Verbatim(int part, long offset, long bytes) implements Segment {}

    /**
     * The elements of a tensor, packed.
     *
     * @param tensor of the template
     * @param axes the order of dimensions, outermost first, in which elements follow each other: 0, 1, ... for
     *     row-major
     * @param dtype that the elements are written in
     */
    public record TensorElements(Tensor tensor, List<Integer> axes, DType dtype) implements Segment {
        public TensorElements {
            axes = List.copyOf(axes);
        }

        /**
         * Returns a tensor's elements in row-major order. @throws IllegalArgumentException when elements of the
         * tensor's type are never converted to the other
         */
        static TensorElements rows(Tensor tensor, DType dtype) {
            return of(tensor, tensor.shape().axes(), dtype);
        }

        /** Returns a dense tensor's elements in the order in which they lie in the file; else as {@link #rows}. */
        static TensorElements asStored(Tensor tensor, DType dtype) {
            return of(tensor, tensor.storageOrder().orElseThrow(), dtype);
        }

        private static TensorElements of(Tensor tensor, List<Integer> axes, DType dtype) {
            if (dtype != tensor.dtype()
                    && !(dtype.isFloating() && tensor.dtype().isFloating()))
                throw new IllegalArgumentException(
                        "tensor `" + tensor.name() + "` is " + tensor.dtype() + " and cannot be written as " + dtype);
            return new TensorElements(tensor, axes, dtype);
        }

        @Override
        public long bytes() {
            return dtype.bytes(tensor.elements());
        }
    }
}
