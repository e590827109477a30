package phema.synthesis;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import phema.format.Layout;

/**
 * Describes all of an output file but its header: the part that files with different coefficients have in common, so
 * that they can be computed together.
 */
final class Body {
    private final List<Layout.Segment> segments;
    private final long[] starts;

    Body(Layout layout) {
        segments = layout.segments()
                .subList(header(layout).length > 0 ? 1 : 0, layout.segments().size());
        starts = new long[segments.size() + 1];
        for (int i = 0; i < segments.size(); i++)
            starts[i + 1] = starts[i] + segments.get(i).bytes();
    }

    /** The literal bytes that a file begins with. */
    static byte[] header(Layout layout) {
        return !layout.segments().isEmpty() && layout.segments().getFirst() instanceof Layout.Literal literal
                ? literal.content()
                : new byte[0];
    }

    Layout.Segment segment(int index) {
        return segments.get(index);
    }

    /** Returns a segment that has elements. */
    Layout.TensorElements elements(int index) {
        return (Layout.TensorElements) segments.get(index);
    }

    int segments() {
        return segments.size();
    }

    /** Returns the size in bytes. */
    long size() {
        return starts[segments.size()];
    }

    /** Bytes of the widest combined element. */
    int widest() {
        return segments.stream()
                .filter(Body::combined)
                .mapToInt(Body::unit)
                .max()
                .orElse(1);
    }

    /** Whether files of both kinds can be filled block by block together: the same tensors at the same places. */
    boolean alignsWith(Body other) {
        if (!Arrays.equals(starts, other.starts)) return false;
        for (int i = 0; i < segments.size(); i++) {
            boolean same = segments.get(i) instanceof Layout.TensorElements a
                            && other.segments.get(i) instanceof Layout.TensorElements b
                    ? a.tensor().name().equals(b.tensor().name())
                            && a.dtype() == b.dtype()
                            && a.axes().equals(b.axes())
                    : segments.get(i).getClass() == other.segments.get(i).getClass();
            if (!same) return false;
        }
        return true;
    }

    /**
     * The block that begins at or, to have whole elements, just before a byte.
     *
     * @param limit no byte from here on is needed
     * @param maxBytes most bytes of a block
     * @param maxElements most combined elements of a block
     */
    Block block(long from, long limit, int maxBytes, int maxElements) {
        int i = Arrays.binarySearch(starts, from);
        if (i < 0) i = -i - 2;
        while (i < segments.size() - 1 && starts[i + 1] <= from) i++;
        int unit = unit(segments.get(i));
        long begin = from - (from - starts[i]) % unit;
        List<Block.TensorSlice> slices = new ArrayList<>();
        int bytes = 0;
        int elements = 0;
        for (; i < segments.size() && begin + bytes < limit; i++) {
            Layout.Segment segment = segments.get(i);
            unit = unit(segment);
            boolean combined = combined(segment);
            long first = (begin + bytes - starts[i]) / unit;
            long count = Math.min(segment.bytes() / unit - first, Math.ceilDiv(limit - begin - bytes, (long) unit));
            count = Math.min(count, (maxBytes - bytes) / unit);
            if (combined) count = Math.min(count, maxElements - elements);
            if (count > 0) slices.add(new Block.TensorSlice(i, first, (int) count, bytes, combined ? elements : -1));
            bytes += (int) count * unit;
            if (combined) elements += (int) count;
            if (first + count < segment.bytes() / unit) break;
        }
        return new Block(begin, bytes, slices, elements);
    }

    private static int unit(Layout.Segment segment) {
        return segment instanceof Layout.TensorElements elements
                ? elements.dtype().bytes()
                : 1;
    }

    private static boolean combined(Layout.Segment segment) {
        return segment instanceof Layout.TensorElements elements && Recipe.combines(elements.tensor());
    }
}
