package phema.synthesis;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Holds the buffers of one worker: raw bytes outside of the heap, and a chunk of every input as floats, small enough to
 * stay in the processor's second-level cache while all targets are computed from it.
 */
@SuppressWarnings("MustBeClosedChecker") // the arena lives as long as the workspace and is closed with it
final class Workspace implements AutoCloseable {
    /** The number of floats of all inputs in one chunk: 256 KiB. */
    private static final int CHUNK_FLOATS = 1 << 16;

    private static final int LONGEST_CHUNK = 2048;
    private static final int SHORTEST_CHUNK = 64;

    /** The number of targets that are combined from a chunk at once. */
    static final int TARGETS = 32;

    private Arena arena = Arena.ofShared();
    private MemorySegment bytes = MemorySegment.NULL;
    private float[][] in = {};
    private float[][] out = {};

    private final long[] nanos = new long[Stage.values().length];
    private volatile long stamp;

    /** Since the last stage ended. */
    long nanosOfStage() {
        return System.nanoTime() - stamp;
    }

    /** Begins to measure. */
    void start() {
        stamp = System.nanoTime();
    }

    /** Books the time since the last stage ended. */
    void finished(Stage stage) {
        long now = System.nanoTime();
        nanos[stage.ordinal()] += now - stamp;
        stamp = now;
    }

    /** Time spent in a stage so far; what another thread reads may be a little old. */
    long nanos(Stage stage) {
        return nanos[stage.ordinal()];
    }

    /** Makes room; only what recipes really need is ever allocated. */
    void reserve(long size) {
        if (bytes.byteSize() >= size) return;
        bytes = MemorySegment.NULL; // should there be no memory for more
        arena.close();
        arena = Arena.ofShared();
        bytes = arena.allocate(size, 64);
    }

    /** Gives back what it holds outside of the heap. */
    void release() {
        bytes = MemorySegment.NULL;
        arena.close();
        arena = Arena.ofShared();
    }

    /** Bytes held outside of the heap. */
    long size() {
        return bytes.byteSize();
    }

    MemorySegment segment(long offset, long length) {
        return bytes.asSlice(offset, length);
    }

    ByteBuffer buffer(long offset, long length) {
        return segment(offset, length).asByteBuffer();
    }

    /** Elements of each input in a chunk. */
    static int chunk(int inputs) {
        return Math.clamp(CHUNK_FLOATS / inputs / SHORTEST_CHUNK * SHORTEST_CHUNK, SHORTEST_CHUNK, LONGEST_CHUNK);
    }

    /** At least {@code [inputs, chunk]}. */
    float[][] in(int inputs) {
        int chunk = chunk(inputs);
        if (in.length < inputs || in[0].length < chunk) in = new float[inputs][chunk];
        return in;
    }

    /** At least {@code [targets, chunk]}. */
    float[][] out(int targets) {
        if (out.length < targets) out = new float[targets][LONGEST_CHUNK];
        return out;
    }

    @Override
    public void close() {
        arena.close();
    }
}
