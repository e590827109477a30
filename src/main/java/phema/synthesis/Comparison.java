package phema.synthesis;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.tensor.DType;
import phema.tensor.Elements;
import phema.tensor.Shape;

/**
 * Says how the tensors of one weight file differ from those of another, by name.
 *
 * @param onlyInA names, in the order of the file
 * @param tensors those in both files, in the order of A
 * @param relativeError {@code ||B - A|| / ||A||} over all floating tensors that could be compared
 */
public record Comparison(
        List<String> onlyInA,
        List<String> onlyInB,
        List<Difference> tensors,
        double relativeError,
        double maxAbsolute) {
    private static final int BLOCK_BYTES = 1 << 19;

    public Comparison {
        onlyInA = List.copyOf(onlyInA);
        onlyInB = List.copyOf(onlyInB);
        tensors = List.copyOf(tensors);
    }

    /**
     * Says how one tensor differs.
     *
     * @param comparable whether shapes agree and element types are both floating, or the same
     * @param relativeError {@code ||B - A|| / ||A||} in the 2-norm; infinite where B holds NaN or infinity and A does
     *     not hold the same, or where only A is zero
     * @param maxAbsolute largest {@code |B - A|}
     * @param unequal number of elements that differ
     */
    public record Difference(
            String name,
            DType dtypeA,
            DType dtypeB,
            Shape shapeA,
            Shape shapeB,
            boolean comparable,
            double relativeError,
            double maxAbsolute,
            long unequal) {
        /** Whether both hold the same numbers within a relative error; other types than floating ones must be equal. */
        public boolean within(double tolerance) {
            return comparable && (dtypeA.isFloating() ? relativeError <= tolerance : unequal == 0);
        }
    }

    /** Whether both files hold the same tensors, each {@linkplain Difference#within within} a relative error. */
    public boolean within(double tolerance) {
        return onlyInA.isEmpty()
                && onlyInB.isEmpty()
                && tensors.stream().allMatch(difference -> difference.within(tolerance));
    }

    /** The tensor that agrees least; empty when all are equal. */
    public Optional<Difference> worst() {
        return tensors.stream()
                .filter(difference -> !difference.within(0))
                .max(java.util.Comparator.comparing((Difference difference) -> !difference.comparable())
                        .thenComparing(difference -> !difference.dtypeA().isFloating())
                        .thenComparingDouble(Difference::relativeError));
    }

    /**
     * Compares two files block by block.
     *
     * @param progress told of bytes of A and B as they are compared
     */
    public static Comparison of(WeightFile a, WeightFile b, LongConsumer progress) throws IOException {
        List<String> onlyInA = new ArrayList<>();
        List<Difference> differences = new ArrayList<>();
        boolean[] inBoth = new boolean[b.tensors().size()];
        Sums total = new Sums();
        try (OpenFiles.Inputs files = new OpenFiles(anywhere -> true).open(List.of(a, b));
                Arena arena = Arena.ofConfined()) {
            TensorBlocks blocks = new TensorBlocks(files, arena, progress);
            int near = 0;
            for (Tensor tensor : a.tensors()) {
                int index = b.indexOf(tensor.name(), near);
                if (index < 0) {
                    onlyInA.add(tensor.name());
                    continue;
                }
                near = index + 1;
                inBoth[index] = true;
                differences.add(blocks.compare(tensor, b.tensors().get(index), total));
            }
            files.verify();
        }
        List<String> onlyInB = IntStream.range(0, inBoth.length)
                .filter(i -> !inBoth[i])
                .mapToObj(i -> b.tensors().get(i).name())
                .toList();
        return new Comparison(onlyInA, onlyInB, differences, total.relativeError(), total.maxAbsolute);
    }

    /** What a comparison adds up. */
    private static final class Sums {
        private double squaredDifferences;
        private double squares;
        private double maxAbsolute;
        private long unequal;

        void add(double a, double b) {
            if (Double.isFinite(a)) squares += a * a;
            if (a == b || (Double.isNaN(a) && Double.isNaN(b))) return;
            double difference = Math.abs(b - a);
            if (Double.isNaN(difference)) difference = Double.POSITIVE_INFINITY;
            squaredDifferences += difference * difference;
            maxAbsolute = Math.max(maxAbsolute, difference);
            unequal++;
        }

        void add(Sums other) {
            squaredDifferences += other.squaredDifferences;
            squares += other.squares;
            maxAbsolute = Math.max(maxAbsolute, other.maxAbsolute);
        }

        double relativeError() {
            return squaredDifferences == 0 ? 0 : Math.sqrt(squaredDifferences / squares);
        }
    }

    /** Reads the same stretch of a tensor of both files at a time. */
    private static final class TensorBlocks {
        private final OpenFiles.Inputs files;
        private final LongConsumer progress;
        private final MemorySegment bufferA;
        private final MemorySegment bufferB;
        private final double[] valuesA = new double[BLOCK_BYTES / 8];
        private final double[] valuesB = new double[BLOCK_BYTES / 8];

        TensorBlocks(OpenFiles.Inputs files, Arena arena, LongConsumer progress) {
            this.files = files;
            this.progress = progress;
            bufferA = arena.allocate(BLOCK_BYTES);
            bufferB = arena.allocate(BLOCK_BYTES);
        }

        Difference compare(Tensor a, Tensor b, Sums total) throws IOException {
            boolean floating = a.dtype().isFloating() && b.dtype().isFloating();
            boolean comparable = a.shape().equals(b.shape()) && (floating || a.dtype() == b.dtype());
            Sums sums = new Sums();
            if (comparable) {
                int block = BLOCK_BYTES / 8;
                long elements = a.dtype().isPacked() ? a.bytes() : a.elements();
                for (long first = 0; first < elements; first += block) {
                    int count = (int) Math.min(block, elements - first);
                    MemorySegment readA =
                            bufferA.asSlice(0, (long) count * a.dtype().bytes());
                    MemorySegment readB =
                            bufferB.asSlice(0, (long) count * b.dtype().bytes());
                    files.read(0, a, a.shape().axes(), first, count, readA);
                    files.read(1, b, b.shape().axes(), first, count, readB);
                    if (floating) {
                        Elements.toDoubles(a.dtype(), readA, 0, valuesA, 0, count);
                        Elements.toDoubles(b.dtype(), readB, 0, valuesB, 0, count);
                        for (int i = 0; i < count; i++) sums.add(valuesA[i], valuesB[i]);
                    } else {
                        sums.unequal += unequal(readA, readB, a.dtype().bytes());
                    }
                    progress.accept(readA.byteSize() + readB.byteSize());
                }
                total.add(sums);
            }
            return new Difference(
                    a.name(),
                    a.dtype(),
                    b.dtype(),
                    a.shape(),
                    b.shape(),
                    comparable,
                    sums.relativeError(),
                    sums.maxAbsolute,
                    sums.unequal);
        }

        private static long unequal(MemorySegment a, MemorySegment b, int width) {
            long unequal = 0;
            long at = 0;
            while (at < a.byteSize()) {
                long match = a.asSlice(at).mismatch(b.asSlice(at));
                if (match < 0) break;
                unequal++;
                at += match / width * width + width;
            }
            return unequal;
        }
    }
}
