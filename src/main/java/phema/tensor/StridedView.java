package phema.tensor;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Reads a stored tensor as a sequence of elements, wherever in the file they lie. This is the only place that turns
 * strides into positions.
 */
public final class StridedView {
    /** The most that is read in vain: reading this many times what is wanted is still faster than many reads. */
    private static final int WASTE = 64;

    private final int size;
    private final long position;
    private final long[] dims;
    private final long[] strides;

    /**
     * @param axes the dimensions that elements are wanted in, outermost first: 0, 1, ... for row-major
     * @param strides in elements, one per dimension of the shape, not negative
     * @param position of the first element, in bytes from the beginning of the file
     */
    public StridedView(DType dtype, Shape shape, List<Long> strides, List<Integer> axes, long position) {
        this.size = dtype.bytes();
        this.position = position;
        this.dims = new long[axes.size()];
        this.strides = new long[axes.size()];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = shape.dims().get(axes.get(i));
            this.strides[i] = strides.get(axes.get(i));
        }
    }

    /**
     * Takes dimensions and strides in the order in which elements are wanted.
     *
     * @param strides in elements, not negative
     * @param position of the first element, in bytes from the beginning of the file
     */
    public StridedView(DType dtype, long[] dims, long[] strides, long position) {
        this.size = dtype.bytes();
        this.position = position;
        this.dims = dims.clone();
        this.strides = strides.clone();
    }

    /** A file. */
    public interface ByteSource {
        /** Fills a buffer with the bytes from a position on. */
        void read(long position, ByteBuffer buffer) throws IOException;
    }

    /** Whether the elements lie one after the other; strides of dimensions of size one do not matter. */
    public boolean isContiguous() {
        long packed = 1;
        boolean contiguous = true;
        for (int i = dims.length - 1; i >= 0; i--) {
            if (dims[i] == 0) return true;
            contiguous &= dims[i] == 1 || strides[i] == packed;
            packed *= dims[i];
        }
        return contiguous;
    }

    /**
     * Reads elements, packed.
     *
     * @param first index in the sequence
     * @param to of as many bytes as the elements have
     * @param window bytes that may be read at once to pick elements from
     */
    public void read(long first, int count, MemorySegment to, int window, ByteSource source) throws IOException {
        if (count == 0) return;
        if (isContiguous()) source.read(position + first * size, to.asByteBuffer());
        else new Gathering(positions(first, count), to, window, source).read(0, count);
    }

    private long[] positions(long first, int count) {
        long[] positions = new long[count];
        long[] index = new long[dims.length];
        long offset = 0;
        long rest = first;
        for (int d = dims.length - 1; d >= 0; d--) {
            index[d] = rest % dims[d];
            rest /= dims[d];
            offset += index[d] * strides[d];
        }
        for (int i = 0; i < count; i++) {
            positions[i] = position + offset * size;
            for (int d = dims.length - 1; d >= 0; d--) {
                offset += strides[d];
                if (++index[d] < dims[d]) break;
                offset -= dims[d] * strides[d];
                index[d] = 0;
            }
        }
        return positions;
    }

    /** Reads elements from positions of their own. */
    private final class Gathering {
        private final long[] positions;
        private final MemorySegment packed;
        private final int window;
        private final ByteSource source;

        Gathering(long[] positions, MemorySegment packed, int window, ByteSource source) {
            this.positions = positions;
            this.packed = packed;
            this.window = window;
            this.source = source;
        }

        /** Reads the whole extent of the wanted elements where that is small, else halves the task. */
        void read(int from, int to) throws IOException {
            long low = Long.MAX_VALUE;
            long high = 0;
            for (int i = from; i < to; i++) {
                low = Math.min(low, positions[i]);
                high = Math.max(high, positions[i] + size);
            }
            if (to - from == 1 || high - low <= Math.min(window, (long) WASTE * size * (to - from))) {
                ByteBuffer extent = ByteBuffer.allocate((int) (high - low));
                source.read(low, extent);
                MemorySegment read = MemorySegment.ofBuffer(extent.flip());
                for (int i = from; i < to; i++)
                    MemorySegment.copy(read, positions[i] - low, packed, (long) i * size, size);
            } else {
                int middle = (from + to) >>> 1;
                read(from, middle);
                read(middle, to);
            }
        }
    }
}
