package phema.synthesis;

import phema.problem.Problem;
import phema.text.ByteSize;

/**
 * Decides how large blocks may be, so that the buffers of all workers fit the memory that they have together. A
 * workspace has a region for every input and, behind them, a result for every target.
 *
 * @param regionBytes of one input: its elements, with an eighth more for the gaps between tensors
 * @param elements that are combined in a block, at most
 * @param bytes of a block in one output, at most
 */
record BlockPlan(int inputs, int targets, int regionBytes, int elements, int bytes) {
    private static final long MIB = 1 << 20;

    /** The number of elements in a block where memory allows: reads of 128 KiB per input in half precision. */
    private static final int LARGEST = 1 << 16;

    private static final int SMALLEST = 1 << 10;

    /**
     * @param stored bytes of the widest element of an input
     * @param written bytes of the widest element of an output
     * @param memory of all workspaces together, in bytes
     * @param workers number of workspaces
     * @throws Problem when the memory cannot hold the smallest block
     */
    static BlockPlan of(int inputs, int targets, int stored, int written, long memory, int workers) {
        long perElement = Math.ceilDiv(inputs * stored * 9L, 8L) + (long) targets * written;
        if (memory / workers / perElement < SMALLEST)
            throw Problem.invalid(
                    "maxMemory",
                    ("combining %d files into %d outputs at once needs buffers of %s at least; "
                                    + "raise phema.synthesis.max-memory, or make fewer at once")
                            .formatted(
                                    inputs,
                                    targets,
                                    new ByteSize(Math.ceilDiv(perElement * SMALLEST * workers, MIB) * MIB)));
        int elements = (int) Math.min(memory / workers / perElement / 8 * 8, LARGEST);
        return new BlockPlan(inputs, targets, elements * stored * 9 / 8, elements, elements * written);
    }

    /** Returns where the region of an input begins in a workspace. */
    long region(int input) {
        return (long) input * regionBytes;
    }

    /** Returns where the result of a target begins in a workspace. */
    long result(int target) {
        return region(inputs) + (long) target * bytes;
    }

    /** Bytes of a workspace. */
    long workspaceBytes() {
        return result(targets);
    }
}
