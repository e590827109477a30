package phema.synthesis;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import phema.format.Tensor;

/** A tensor with its dimensions in another order, read as a sequence of elements. */
final class StridedView {
    /** Bytes that are read at once to pick elements from. */
    private static final int WINDOW = 256 << 10;

    /** Reading this many times what is wanted is still faster than many reads. */
    private static final int WASTE = 64;

    private final Tensor tensor;
    private final long[] dims;
    private final long[] strides;
    private final int size;

    /** @param axes the tensor's dimensions, outermost first */
    StridedView(Tensor tensor, List<Integer> axes) {
        this.tensor = tensor;
        size = tensor.dtype().bytes();
        dims = new long[axes.size()];
        strides = new long[axes.size()];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = tensor.shape().dims().get(axes.get(i));
            strides[i] = tensor.strides().get(axes.get(i));
        }
    }

    /** Whether the elements lie one after the other. */
    boolean contiguous() {
        long packed = 1;
        for (int i = dims.length - 1; i >= 0; i--) {
            if (dims[i] != 1 && strides[i] != packed) return false;
            packed *= dims[i];
        }
        return true;
    }

    /** Reads elements, packed. */
    void read(OpenFiles.Inputs files, int file, long first, int count, MemorySegment to) throws IOException {
        if (count == 0) return;
        if (contiguous()) {
            files.read(file, tensor.part(), tensor.offset() + first * size, to.asByteBuffer());
            return;
        }
        long[] offsets = offsets(first, count);
        gather(files, file, offsets, 0, count, to);
    }

    private long[] offsets(long first, int count) {
        long[] offsets = new long[count];
        long[] index = new long[dims.length];
        long offset = 0;
        long rest = first;
        for (int d = dims.length - 1; d >= 0; d--) {
            index[d] = rest % dims[d];
            rest /= dims[d];
            offset += index[d] * strides[d];
        }
        for (int i = 0; i < count; i++) {
            offsets[i] = tensor.offset() + offset * size;
            for (int d = dims.length - 1; d >= 0; d--) {
                offset += strides[d];
                if (++index[d] < dims[d]) break;
                offset -= dims[d] * strides[d];
                index[d] = 0;
            }
        }
        return offsets;
    }

    /** Reads the whole extent of the wanted elements where that is small, else halves the task. */
    private void gather(OpenFiles.Inputs files, int file, long[] offsets, int from, int to, MemorySegment packed)
            throws IOException {
        long low = Long.MAX_VALUE;
        long high = 0;
        for (int i = from; i < to; i++) {
            low = Math.min(low, offsets[i]);
            high = Math.max(high, offsets[i] + size);
        }
        if (to - from == 1 || high - low <= Math.min(WINDOW, (long) WASTE * size * (to - from))) {
            ByteBuffer window = ByteBuffer.allocate((int) (high - low));
            files.read(file, tensor.part(), low, window);
            MemorySegment read = MemorySegment.ofBuffer(window.flip());
            for (int i = from; i < to; i++) MemorySegment.copy(read, offsets[i] - low, packed, (long) i * size, size);
        } else {
            int middle = (from + to) >>> 1;
            gather(files, file, offsets, from, middle, packed);
            gather(files, file, offsets, middle, to, packed);
        }
    }
}
