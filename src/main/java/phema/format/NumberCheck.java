package phema.format;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import phema.tensor.Elements;

/**
 * Looks for NaN and infinity in the tensors of a file that passes by in order. Of tensors that share elements, each
 * stretch is looked at once.
 */
final class NumberCheck {
    /** The bytes that a window has from before its chunk, for elements that lie on both sides of its beginning. */
    static final int BEFORE = 8;

    private static final int AT_ONCE = 1 << 13;

    /** The bytes of zeros at the end of a file that are worth a word: a page of memory and of disks. */
    private static final int PAGE = 1 << 12;

    private final List<Counted> waiting = new ArrayList<>();
    private final List<Counted> active = new ArrayList<>();
    private final List<Counted> odd = new ArrayList<>();
    private final double[] values = new double[AT_ONCE];
    private int next;
    private long finite;

    /** A stretch of elements, with what was found in it. */
    private static final class Counted {
        final Tensor tensor;
        final long elements;
        long nan;
        long infinite;

        /** Behind the last number that is not zero. */
        long weights;

        Counted(Tensor tensor) {
            this.tensor = tensor;
            elements = (tensor.end() - tensor.offset()) / tensor.dtype().bytes();
        }
    }

    private record Place(long offset, long end) {}

    /** @param tensors of one physical file */
    NumberCheck(List<Tensor> tensors) {
        Set<Place> seen = new HashSet<>();
        tensors.stream()
                .filter(tensor -> tensor.dtype().isFloating() && tensor.elements() > 0)
                .sorted(Comparator.comparingLong(Tensor::offset))
                .filter(tensor -> seen.add(new Place(tensor.offset(), tensor.end())))
                .map(Counted::new)
                .forEach(waiting::add);
    }

    /**
     * Looks at what ends within a chunk.
     *
     * @param window {@value #BEFORE} bytes from before the chunk, then the chunk
     * @param position of the chunk in the file
     */
    void add(byte[] window, int count, long position) {
        long end = position + count;
        while (next < waiting.size() && waiting.get(next).tensor.offset() < end) active.add(waiting.get(next++));
        MemorySegment bytes = MemorySegment.ofArray(window);
        for (Iterator<Counted> each = active.iterator(); each.hasNext(); ) {
            Counted counted = each.next();
            int width = counted.tensor.dtype().bytes();
            long offset = counted.tensor.offset();
            long from = Math.max(0, Math.floorDiv(position - offset, width));
            long to = Math.min(counted.elements, (end - offset) / width);
            for (long i = from; i < to; i += AT_ONCE) {
                int n = (int) Math.min(AT_ONCE, to - i);
                long at = offset + i * width - position + BEFORE;
                Elements.toDoubles(counted.tensor.dtype(), bytes, at, values, 0, n);
                for (int k = 0; k < n; k++) {
                    if (Double.isNaN(values[k])) counted.nan++;
                    else if (Double.isInfinite(values[k])) counted.infinite++;
                    else finite++;
                    if (values[k] != 0) counted.weights = i + k + 1;
                }
            }
            if (counted.tensor.end() > end) continue;
            if (counted.nan + counted.infinite > 0) odd.add(counted);
            each.remove();
        }
    }

    /** Says what was found. */
    void end(List<String> verified, List<String> faults) {
        if (waiting.isEmpty()) return;
        verified.add(String.format(Locale.ROOT, "%,d finite numbers", finite));
        for (Counted counted : odd) {
            String name = "tensor `" + Pickle.shown(counted.tensor.name()) + "` holds ";
            if (counted.nan > 0)
                faults.add(name + String.format(Locale.ROOT, "NaN %,d times in %,d", counted.nan, counted.elements));
            if (counted.infinite > 0)
                verified.add(name
                        + String.format(
                                Locale.ROOT,
                                "infinity %,d times in %,d, as masks do",
                                counted.infinite,
                                counted.elements));
        }
    }

    /**
     * Says where a file without checksums ends in zeros that may never have been written: for certain where they begin
     * within a tensor and all of the next is zero.
     */
    void zerosAtEnd(List<String> notVerifiable, List<String> faults) {
        long zeros = 0;
        int last = waiting.size();
        boolean within = false;
        while (last > 0 && !within) {
            Counted counted = waiting.get(last - 1);
            long here = counted.elements - counted.weights;
            if (here == 0) break;
            within = counted.weights > 0;
            zeros += here * counted.tensor.dtype().bytes();
            last--;
        }
        if (zeros < PAGE) return;
        List<String> names = waiting.subList(last, waiting.size()).stream()
                .map(counted -> "`" + Pickle.shown(counted.tensor.name()) + "`")
                .toList();
        String where = String.format(Locale.ROOT, "the last %,d bytes of numbers are zeros, in tensor ", zeros)
                + names.getFirst()
                + (names.size() == 1
                        ? ""
                        : names.size() == 2 ? " and " + names.getLast() : " and " + (names.size() - 1) + " more");
        if (within && names.size() > 1)
            faults.add(where + ": most likely they were never written, as where a disk was full; take another copy of"
                    + " the file");
        else notVerifiable.add(where + ": whether they were ever written");
    }
}
