package phema;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;

/** Draws what a random test is tried on, the same for the same seed; ranges give their edges often. */
public final class RandomCase implements RandomGenerator {
    private final long seed;
    private final SplittableRandom random;
    private final int drawsPerEdge;

    RandomCase(long seed) {
        this.seed = seed;
        random = new SplittableRandom(seed);
        // Edges meet in one case of ten.
        drawsPerEdge = random.nextInt(10) == 0 ? 2 : 20;
    }

    @Override
    public long nextLong() {
        return random.nextLong();
    }

    /** A number from {@code min} to {@code max}, both included; half of them small, beside {@code min}. */
    public int between(int min, int max) {
        return (int) between((long) min, (long) max);
    }

    /** A number from {@code min} to {@code max}, both included; half of them small, beside {@code min}. */
    public long between(long min, long max) {
        if (isEdge())
            return of(LongStream.of(min, min + 1, -1, 0, 1, max - 1, max)
                    .filter(v -> min <= v && v <= max)
                    .boxed()
                    .toList());
        long bits = nextBoolean() ? nextLong() : nextLong() >>> nextInt(Long.SIZE);
        long width = max - min + 1; // 0: of all longs
        return width == 0 ? bits : min + Long.remainderUnsigned(bits, width);
    }

    /** A number from {@code min} to {@code max}, both included. */
    public double between(double min, double max) {
        if (isEdge())
            return of(DoubleStream.of(min, Math.nextUp(min), -1, 0, 1, Math.nextDown(max), max)
                    .filter(v -> min <= v && v <= max)
                    .boxed()
                    .toList());
        return nextDouble(min, max);
    }

    private boolean isEdge() {
        return nextInt(drawsPerEdge) == 0;
    }

    /** One of these. */
    public <T> T of(List<T> values) {
        return values.get(nextInt(values.size()));
    }

    /** One of an enum's constants. */
    public <E extends Enum<E>> E of(Class<E> type) {
        return of(List.of(type.getEnumConstants()));
    }

    /** From {@code min} to {@code max} elements. */
    public <T> List<T> list(int min, int max, Supplier<T> element) {
        int size = between(min, max);
        List<T> list = new ArrayList<>();
        while (list.size() < size) list.add(element.get());
        return list;
    }

    @Override
    public String toString() {
        return Long.toString(seed);
    }
}
