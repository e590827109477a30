package phema.synthesis;

import java.util.List;

/**
 * Describes a stretch of the body of an output that is computed at once. Many small tensors share a block, a large one
 * has many.
 *
 * @param from first byte, counted from the beginning of the body
 * @param bytes length in the output
 * @param slices that fill it, in order
 * @param elements to be combined, of all slices together
 */
record Block(long from, int bytes, List<TensorSlice> slices, int elements) {
    /**
     * A run of one segment.
     *
     * @param segment index in the body
     * @param first element, or byte for a segment without elements
     * @param count of elements or bytes
     * @param destination byte offset in the block
     * @param start of the run among the combined elements of the block; -1 when it is not combined
     */
    record TensorSlice(int segment, long first, int count, int destination, int start) {
        boolean combined() {
            return start >= 0;
        }
    }
}
