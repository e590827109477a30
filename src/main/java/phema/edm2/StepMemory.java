package phema.edm2;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.InferenceSession;
import org.nd4j.autodiff.samediff.internal.memory.AbstractMemoryMgr;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.LongShapeDescriptor;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Keeps the arrays that graphs make while they run for the next run, which needs the same ones. SameDiff would leave
 * them to the garbage collector, which does not see how large they are: they lie outside of its heap. ND4J's binaries
 * with oneDNN never free any.
 */
final class StepMemory extends AbstractMemoryMgr {
    private final Map<Kind, Deque<INDArray>> idle = new HashMap<>();
    private final List<Used> used = new ArrayList<>();

    private record Kind(DataType type, List<Long> shape) {}

    private record Used(Kind kind, INDArray array) {}

    /** Provides for a graph that this thread is going to run. */
    void manage(SameDiff graph) {
        graph.getSessions()
                .computeIfAbsent(Thread.currentThread().threadId(), thread -> new InferenceSession(graph))
                .setMmgr(this);
    }

    /** An array in row-major order, whose values are anything. It must not be closed. */
    INDArray allocate(DataType type, long... shape) {
        Kind kind = new Kind(type, Arrays.stream(shape).boxed().toList());
        INDArray array = idle.computeIfAbsent(kind, k -> new ArrayDeque<>()).poll();
        if (array == null) array = Nd4j.createUninitializedDetached(type, shape);
        used.add(new Used(kind, array));
        return array;
    }

    @Override
    public INDArray allocate(boolean detached, DataType type, long... shape) {
        return allocate(type, shape);
    }

    @Override
    public INDArray allocate(boolean detached, LongShapeDescriptor descriptor) {
        return descriptor.isEmpty() ? Nd4j.create(descriptor) : allocate(descriptor.dataType(), descriptor.getShape());
    }

    /** Does nothing in the middle of a run: arrays share buffers. */
    @Override
    public void release(INDArray array) {}

    /** Takes all arrays back after a run, outputs included. */
    void reuse() {
        for (Used one : used)
            if (!one.array().wasClosed())
                idle.computeIfAbsent(one.kind(), k -> new ArrayDeque<>()).push(one.array());
        used.clear();
    }

    @Override
    public void close() {
        reuse();
        idle.values()
                .forEach(arrays -> arrays.forEach(array -> {
                    if (array.closeable()) array.close();
                }));
        idle.clear();
    }
}
