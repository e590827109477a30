package phema.format;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import phema.tensor.DType;
import phema.tensor.Shape;
import phema.tensor.StridedView;

/**
 * Says where a tensor's elements lie that several stretches of files hold together: each a box of the tensor, all boxes
 * together the whole of it, each element once. Kept in few arrays, since large models on many machines have a million.
 */
public final class Pieces {
    /** The bytes from which on a run of elements is read where it belongs rather than together with the next ones. */
    private static final int LONG_RUN = 16 << 10;

    /** The bytes that are read at once to put short runs where they belong; they should stay in a core's cache. */
    private static final int SCRATCH = 256 << 10;

    /** The place for them: outside of the heap, as system calls would copy once more. */
    private static final ThreadLocal<MemorySegment> SCRATCHES =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(SCRATCH));

    /** The most cells of the grid that all cuts make. */
    private static final int MAX_CELLS = 1 << 26;

    private final int rank;
    private final int[] parts;
    private final long[] offsets;

    /** Of each piece the first coordinates, then the sizes, then the strides. */
    private final long[] numbers;

    /** Of each piece and those before it the end, by index in the whole: ascending, as the pieces begin in order. */
    private final long[] ends;

    private Pieces(int rank, int[] parts, long[] offsets, long[] numbers, long[] ends) {
        this.rank = rank;
        this.parts = parts;
        this.offsets = offsets;
        this.numbers = numbers;
        this.ends = ends;
    }

    /** Collects the pieces of one tensor. */
    public static final class PieceList {
        private final Shape whole;
        private final int rank;
        private int count;
        private int[] parts = new int[2];
        private long[] offsets = new long[2];
        private long[] numbers;

        /** @param whole shape of the tensor */
        public PieceList(Shape whole) {
            this.whole = whole;
            rank = whole.rank();
            numbers = new long[2 * 3 * rank];
        }

        /**
         * Adds a piece; one without elements is none.
         *
         * @param part index of the file that holds it, in {@link WeightFile#parts()}
         * @param offset of its first element there, in bytes
         * @param origin coordinates of that element in the whole
         * @param box the piece's shape
         * @param strides in elements, one per dimension
         * @throws IllegalArgumentException when the piece reaches beyond the whole
         */
        public void add(int part, long offset, List<Long> origin, Shape box, List<Long> strides) {
            if (origin.size() != rank || box.rank() != rank || strides.size() != rank)
                throw new IllegalArgumentException(
                        "has a piece of " + box.rank() + " dimensions at " + origin + ", of a shape " + whole);
            for (int i = 0; i < rank; i++) {
                long size = box.dims().get(i);
                if (origin.get(i) < 0 || origin.get(i) > whole.dims().get(i) - size)
                    throw new IllegalArgumentException(
                            "has a piece " + box + " at " + origin + ", beyond its shape " + whole);
            }
            if (box.elements() == 0) return;
            if (count == parts.length) {
                parts = Arrays.copyOf(parts, 2 * count);
                offsets = Arrays.copyOf(offsets, 2 * count);
                numbers = Arrays.copyOf(numbers, 2 * numbers.length);
            }
            parts[count] = part;
            offsets[count] = offset;
            for (int i = 0; i < rank; i++) {
                numbers[3 * rank * count + i] = origin.get(i);
                numbers[3 * rank * count + rank + i] = box.dims().get(i);
                numbers[3 * rank * count + 2 * rank + i] = strides.get(i);
            }
            count++;
        }

        /**
         * Adds elements of a box that follow each other in row-major order, as pieces.
         *
         * @param offset of the first of them in the file, in bytes
         * @param width of an element, in bytes
         * @param stride from one to the next there, in elements
         * @param corner the box's first coordinates in the whole
         * @param from index of the first of them in the box
         * @throws IllegalArgumentException when they reach beyond the box, or that beyond the whole
         */
        void addRun(
                int part, long offset, int width, long stride, List<Long> corner, Shape box, long from, long elements) {
            if (from < 0 || from > box.elements() - elements)
                throw new IllegalArgumentException(
                        "has " + elements + " elements from " + from + " on, beyond a block " + box);
            List<Long> inner = box.contiguousStrides();
            List<Long> strides = inner.stream().map(step -> step * stride).toList();
            for (long at = from; at < from + elements; ) {
                long left = from + elements - at;
                int axis = rank - 1; // the outermost of which whole steps follow
                while (axis > 0 && at % inner.get(axis - 1) == 0 && left >= inner.get(axis - 1)) axis--;
                List<Long> origin = new ArrayList<>();
                List<Long> sizes = new ArrayList<>();
                long taken = 1;
                for (int i = 0; i < rank; i++) {
                    long coordinate = at / inner.get(i) % box.dims().get(i);
                    origin.add(corner.get(i) + coordinate);
                    sizes.add(
                            i < axis
                                    ? 1
                                    : i > axis
                                            ? box.dims().get(i)
                                            : Math.min(
                                                    left / inner.get(i),
                                                    box.dims().get(i) - coordinate));
                    taken *= sizes.get(i);
                }
                add(part, offset + (at - from) * stride * width, origin, new Shape(sizes), strides);
                at += taken;
            }
        }

        /**
         * The pieces of the whole, which has elements.
         *
         * @throws IllegalArgumentException when an element is in none or in several of them, saying which
         */
        public Pieces all() {
            long[] packed = packedStrides(whole);
            long[] firsts = new long[count];
            for (int p = 0; p < count; p++)
                for (int i = 0; i < rank; i++) firsts[p] += numbers[3 * rank * p + i] * packed[i];
            int[] order = IntStream.range(0, count)
                    .boxed()
                    .sorted((a, b) -> Long.compare(firsts[a], firsts[b]))
                    .mapToInt(Integer::intValue)
                    .toArray();
            int[] sortedParts = new int[count];
            long[] sortedOffsets = new long[count];
            long[] sorted = new long[3 * rank * count];
            long[] ends = new long[count];
            for (int p = 0; p < count; p++) {
                sortedParts[p] = parts[order[p]];
                sortedOffsets[p] = offsets[order[p]];
                System.arraycopy(numbers, 3 * rank * order[p], sorted, 3 * rank * p, 3 * rank);
                long last = firsts[order[p]];
                for (int i = 0; i < rank; i++) last += (sorted[3 * rank * p + rank + i] - 1) * packed[i];
                ends[p] = p == 0 ? last + 1 : Math.max(ends[p - 1], last + 1);
            }
            Pieces pieces = new Pieces(rank, sortedParts, sortedOffsets, sorted, ends);
            pieces.requireTiling(whole);
            return pieces;
        }
    }

    int count() {
        return parts.length;
    }

    int part(int piece) {
        return parts[piece];
    }

    long offset(int piece) {
        return offsets[piece];
    }

    private long origin(int piece, int axis) {
        return numbers[3 * rank * piece + axis];
    }

    private long size(int piece, int axis) {
        return numbers[3 * rank * piece + rank + axis];
    }

    private long stride(int piece, int axis) {
        return numbers[3 * rank * piece + 2 * rank + axis];
    }

    /** A piece as a tensor of its own. */
    Tensor alone(String name, DType dtype, int piece, Tensor.TensorRole role) {
        int at = 3 * rank * piece;
        return new Tensor(
                name, dtype, new Shape(list(at + rank)), list(at + 2 * rank), parts[piece], offsets[piece], role);
    }

    /** Those in a file as tensors of their own. */
    List<Tensor> in(int part, String name, DType dtype, Tensor.TensorRole role) {
        List<Tensor> tensors = new ArrayList<>();
        for (int p = 0; p < count(); p++) if (parts[p] == part) tensors.add(alone(name, dtype, p, role));
        return tensors;
    }

    /** @see Tensor#read */
    void read(
            DType dtype,
            Shape whole,
            List<Integer> axes,
            long first,
            int count,
            MemorySegment to,
            int window,
            PartSource source)
            throws IOException {
        if (count == 0) return;
        boolean rows = axes.equals(whole.axes());
        if (rank != whole.rank()) {
            readFlat(dtype, whole, axes, first, count, to, window, source);
            return;
        }
        for (int p = rows ? firstBehind(first) : 0; p < count(); p++) {
            PieceOrder piece = new PieceOrder(p, whole, axes);
            if (rows && piece.begin() >= first + count) break;
            piece.read(dtype, first, count, to, window, source);
        }
    }

    /** Reads of pieces of all elements end to end. In another order than theirs, one by one: nothing real wants it. */
    private void readFlat(
            DType dtype,
            Shape whole,
            List<Integer> axes,
            long first,
            int count,
            MemorySegment to,
            int window,
            PartSource source)
            throws IOException {
        Shape all = Shape.of(whole.elements());
        if (axes.equals(whole.axes())) {
            read(dtype, all, all.axes(), first, count, to, window, source);
            return;
        }
        int width = dtype.bytes();
        for (int i = 0; i < count; i++) {
            long rest = first + i;
            long index = 0;
            for (int k = axes.size() - 1; k >= 0; k--) {
                long dim = whole.dims().get(axes.get(k));
                index += rest % dim * whole.contiguousStrides().get(axes.get(k));
                rest /= dim;
            }
            read(dtype, all, all.axes(), index, 1, to.asSlice((long) i * width, width), window, source);
        }
    }

    /** The first piece that ends behind an index of the whole. */
    private int firstBehind(long index) {
        int found = Arrays.binarySearch(ends, index + 1);
        if (found < 0) return -found - 1;
        while (found > 0 && ends[found - 1] == index + 1) found--;
        return found;
    }

    /** One piece with the dimensions in some order. */
    private final class PieceOrder {
        private final int piece;
        private final long[] dims;
        private final long[] origins;
        private final long[] sizes;
        private final long[] strides;

        /** The elements of the whole that one step along a dimension passes. */
        private final long[] steps;

        /** The elements of the piece that follow each other in the whole as well. */
        private final long run;

        /** The dimension whose next coordinate has the next run; negative where there is one run. */
        private final int around;

        PieceOrder(int piece, Shape whole, List<Integer> axes) {
            this.piece = piece;
            dims = new long[rank];
            origins = new long[rank];
            sizes = new long[rank];
            strides = new long[rank];
            steps = new long[rank];
            long step = 1;
            long together = 1;
            int outside = -1;
            boolean complete = true;
            for (int i = rank - 1; i >= 0; i--) {
                int axis = axes.get(i);
                dims[i] = whole.dims().get(axis);
                origins[i] = origin(piece, axis);
                sizes[i] = size(piece, axis);
                strides[i] = stride(piece, axis);
                steps[i] = step;
                step *= dims[i];
                if (complete) {
                    together *= sizes[i];
                    outside = i - 1;
                }
                complete &= sizes[i] == dims[i];
            }
            run = together;
            around = outside;
        }

        /** Index of the first element in the whole. */
        long begin() {
            return index(0);
        }

        /** Index in the whole of an element of the piece. */
        private long index(long local) {
            long index = 0;
            for (int i = rank - 1; i >= 0; i--) {
                index += (origins[i] + local % sizes[i]) * steps[i];
                local /= sizes[i];
            }
            return index;
        }

        /** The number of elements of the piece that come before an index of the whole. */
        private long before(long index) {
            long within = 1;
            for (long size : sizes) within *= size;
            long before = 0;
            for (int i = 0; i < rank; i++) {
                long at = index / steps[i] - origins[i];
                index %= steps[i];
                within /= sizes[i];
                if (at < 0) return before;
                if (at >= sizes[i]) return before + sizes[i] * within;
                before += at * within;
            }
            return before;
        }

        /** Puts elements of the piece where they belong, run by run. */
        private void scatter(MemorySegment read, long local, int count, int width, MemorySegment to, long first) {
            long at = index(local);
            long n = Math.min(run - local % run, count);
            long coordinate = local / run % sizes[around];
            long next = at - local % run;
            for (long done = 0; done < count; ) {
                MemorySegment.copy(read, done * width, to, (at - first) * width, n * width);
                done += n;
                n = Math.min(run, count - done);
                if (++coordinate < sizes[around]) next += steps[around];
                else {
                    coordinate = 0;
                    next = index(local + done);
                }
                at = next;
            }
        }

        void read(DType dtype, long first, int count, MemorySegment to, int window, PartSource source)
                throws IOException {
            long local = before(first);
            long end = before(first + count);
            if (local == end) return;
            StridedView view = new StridedView(dtype, sizes, strides, offsets[piece]);
            StridedView.ByteSource file = (position, buffer) -> source.read(parts[piece], position, buffer);
            int width = dtype.bytes();
            while (local < end) {
                long inRun = Math.min(run - local % run, end - local);
                if (inRun == end - local || inRun * width >= LONG_RUN) {
                    MemorySegment target = to.asSlice((index(local) - first) * width, inRun * width);
                    view.read(local, (int) inRun, target, window, file);
                    local += inRun;
                    continue;
                }
                int several = (int) Math.min(end - local, SCRATCH / width);
                MemorySegment read = SCRATCHES.get().asSlice(0, (long) several * width);
                view.read(local, several, read, window, file);
                scatter(read, local, several, width, to, first);
                local += several;
            }
        }
    }

    /**
     * All cuts together make a grid, each of whose cells must be in one piece: as trainers cut along whole dimensions,
     * it hardly has more cells than there are pieces.
     */
    private void requireTiling(Shape whole) {
        long[][] cuts = new long[rank][];
        long cells = 1;
        for (int axis = 0; axis < rank; axis++) {
            int i = axis;
            cuts[axis] = IntStream.range(0, count())
                    .mapToLong(p -> origin(p, i))
                    .sorted()
                    .distinct()
                    .toArray();
            cells = Math.multiplyExact(cells, cuts[axis].length);
            if (cells > MAX_CELLS)
                throw new IllegalArgumentException("is cut into " + count() + " pieces too irregularly");
        }
        BitSet taken = new BitSet((int) cells);
        long elements = 0;
        for (int p = 0; p < count(); p++) {
            long box = 1;
            int[] from = new int[rank];
            int[] to = new int[rank];
            for (int axis = 0; axis < rank; axis++) {
                box *= size(p, axis);
                from[axis] = Arrays.binarySearch(cuts[axis], origin(p, axis));
                int end = Arrays.binarySearch(cuts[axis], origin(p, axis) + size(p, axis));
                to[axis] = end < 0 ? -end - 1 : end;
            }
            elements += box;
            take(taken, cuts, from, to, 0, 0, p);
        }
        if (elements < whole.elements())
            throw new TooFewPiecesException("has " + elements + " elements in " + count()
                    + " pieces where its shape " + whole + " has " + whole.elements()
                    + "; a rank's file or its metadata is missing");
    }

    /** Says that some of a tensor is missing, which may still come. */
    static final class TooFewPiecesException extends IllegalArgumentException {
        private static final long serialVersionUID = 1;

        TooFewPiecesException(String problem) {
            super(problem);
        }
    }

    private void take(BitSet taken, long[][] cuts, int[] from, int[] to, int axis, long cell, int piece) {
        if (axis == rank) {
            if (taken.get((int) cell))
                throw new IllegalArgumentException("has pieces that overlap, such as the one at " + origin(piece));
            taken.set((int) cell);
            return;
        }
        for (int i = from[axis]; i < to[axis]; i++)
            take(taken, cuts, from, to, axis + 1, cell * cuts[axis].length + i, piece);
    }

    private List<Long> origin(int piece) {
        return list(3 * rank * piece);
    }

    /** As many numbers as there are dimensions. */
    private List<Long> list(int at) {
        return Arrays.stream(numbers, at, at + rank).boxed().toList();
    }

    private static long[] packedStrides(Shape shape) {
        return shape.contiguousStrides().stream().mapToLong(Long::longValue).toArray();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Pieces pieces
                && rank == pieces.rank
                && Arrays.equals(parts, pieces.parts)
                && Arrays.equals(offsets, pieces.offsets)
                && Arrays.equals(numbers, pieces.numbers);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(offsets) + Arrays.hashCode(numbers);
    }

    @Override
    public String toString() {
        return count() + " pieces";
    }
}
