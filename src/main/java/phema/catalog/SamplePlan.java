package phema.catalog;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import phema.digest.Digest;
import phema.tensor.Shape;

/**
 * Chooses which elements are sampled: short stretches, one at a random place in each of {@value #STRETCHES} or more
 * equal parts of all elements laid end to end, tensors by name. So every element is as likely as any other, a tensor
 * counts by its size, and means over the sample estimate means over the whole file. Tensors that turn out to be the
 * same in all files are left out afterwards, see {@link #moving}.
 *
 * @param identity digest of the tensors that it was made for and of its size, which decide everything
 * @param ignored tensors that count for nothing, although they were sampled
 */
record SamplePlan(String identity, List<Stretch> stretches, Set<String> ignored) {
    static final int STRETCHES = 64;

    /** The length of a stretch, unless there are thousands of files. */
    static final int LENGTH = 32;

    private static final int USUAL_SIZE = 4096;

    /** The elements that are looked at in two places of every tensor, to see whether it moves at all. */
    private static final int PROBE = 128;

    /** The number of files up to which each sample still has the usual size. */
    private static final int USUAL_FILES = 256;

    private static final int SMALLEST_SIZE = 512;

    /** The number of files up to which, of a model with few enough elements, each sample has the large size. */
    private static final int FEW_FILES = 64;

    /** The elements of a model whose files a few hundred reads cover, however many stretches are wanted of them. */
    private static final int SMALL_MODEL = 1 << 18;

    private static final int LARGE_SIZE = 1 << 15;

    /** The numbers of all files together, where there are more of them; half of it at least. */
    private static final int NUMBERS = 1 << 22;

    SamplePlan(String identity, List<Stretch> stretches) {
        this(identity, stretches, Set.of());
    }

    /** The same, of which some tensors count for nothing. */
    SamplePlan without(Set<String> tensors) {
        return new SamplePlan(identity, stretches, Set.copyOf(tensors));
    }

    /** Elements that follow each other in row-major order, whatever the strides of the file. */
    record Stretch(String tensor, long first, int count) {}

    /** The same, of any number, of which some are sampled. */
    record Part(String tensor, long first, long count) {}

    /**
     * Positions in the sample that belong to tensors which move in training. Those that are the same in all files, such
     * as masks, frozen layers, or EDM2's Fourier frequencies where the format does not call them buffers, come out
     * without error; their size and rounding would only hide the errors of the others. All finite positions where
     * nothing moves.
     *
     * @param any asked for the numbers of any of them, there
     */
    int[] moving(Collection<SampleSummary> samples, Supplier<SampledElements> any) {
        Set<String> moving = movingTensors(samples);
        if (moving.isEmpty()) {
            double[] values = any.get().values(); // of all, then
            return IntStream.range(0, values.length)
                    .filter(i -> Double.isFinite(values[i]))
                    .toArray();
        }
        return ranges().entrySet().stream()
                .filter(tensor -> moving.contains(tensor.getKey()))
                .flatMapToInt(tensor -> IntStream.range(
                        tensor.getValue().begin(), tensor.getValue().end()))
                .toArray();
    }

    /** Positions in the sample. @param end behind the last one */
    record Range(int begin, int end) {}

    /** Where the values of each tensor are, in their order. */
    SequencedMap<String, Range> ranges() {
        SequencedMap<String, Range> ranges = new LinkedHashMap<>();
        int position = 0;
        for (Stretch stretch : stretches) {
            int begin = position;
            position += stretch.count();
            int end = position;
            ranges.compute(stretch.tensor(), (name, known) -> new Range(known == null ? begin : known.begin(), end));
        }
        return ranges;
    }

    /** A value that is not finite. */
    record NotFinite(String tensor, double value) {}

    /** The first such value of each tensor in a sample. */
    List<NotFinite> notFinite(SampledElements sample) {
        List<NotFinite> found = new ArrayList<>();
        int position = 0;
        for (Stretch stretch : stretches)
            for (int i = 0; i < stretch.count(); i++, position++) {
                double value = sample.values()[position];
                if (!Double.isFinite(value)
                        && (found.isEmpty() || !found.getLast().tensor().equals(stretch.tensor())))
                    found.add(new NotFinite(stretch.tensor(), value));
            }
        return found;
    }

    /** Tensors that are not the same in all samples, and count. */
    Set<String> movingTensors(Collection<SampleSummary> samples) {
        Set<String> moving = new HashSet<>();
        if (samples.isEmpty()) return moving;
        SampleSummary first = samples.iterator().next();
        int tensor = 0;
        for (String name : ranges().sequencedKeySet()) {
            int place = tensor++;
            if (!ignored.contains(name) && !samples.stream().allMatch(sample -> sample.isSame(place, first)))
                moving.add(name);
        }
        return moving;
    }

    /**
     * Of 4,096 values for each of up to 256 files, or 32,768 for up to 64 of a small model, where mean squares of so
     * few stretches were off by a seventh and reading more costs little; with more files, such that there are two
     * million or more in all, but never fewer than 512 for each. The size changes only where the number of files passes
     * a power of two, since then every file must be read again.
     */
    static SamplePlan of(SortedMap<String, Shape> tensors, int files) {
        List<Part> parts = new ArrayList<>();
        tensors.forEach((name, shape) -> parts.add(new Part(name, 0, shape.elements())));
        int size = size(files, total(parts));
        Digest digest = Digest.sha256().add(size + " values\n");
        tensors.forEach((name, shape) -> digest.add(name + "\0" + shape + "\n"));
        return of(parts, size, digest.bytes());
    }

    /** The same of parts of tensors alone, by name and place. */
    static SamplePlan of(List<Part> parts, int files) {
        int size = size(files, total(parts));
        Digest digest = Digest.sha256().add(size + " values of parts\n");
        parts.forEach(part -> digest.add(part.tensor() + "\0" + part.first() + " " + part.count() + "\n"));
        return of(parts, size, digest.bytes());
    }

    private static long total(List<Part> parts) {
        return parts.stream().mapToLong(Part::count).sum();
    }

    private static SamplePlan of(List<Part> parts, int size, byte[] digest) {
        long total = total(parts);
        Random random = new Random(ByteBuffer.wrap(digest).getLong());
        int stretches = Math.max(STRETCHES, size / LENGTH);
        int usual = size / stretches;
        int count = (int) Math.min(stretches, total / usual);
        long[] firsts = new long[Math.max(count, 1)];
        for (int i = 0; i < count; i++) {
            long begin = share(total, i, count);
            long room = share(total, i + 1, count) - begin - usual;
            firsts[i] = begin + (long) (random.nextDouble() * (room + 1));
        }
        int length = count == 0 ? (int) total : usual;
        return new SamplePlan(HexFormat.of().formatHex(digest), stretches(firsts, length, parts));
    }

    /** Some elements of every tensor, however small it is beside others: its first ones, and some in its middle. */
    static SamplePlan ofEach(SortedMap<String, Shape> tensors) {
        List<Stretch> stretches = new ArrayList<>();
        tensors.forEach((name, shape) -> {
            long elements = shape.elements();
            int count = (int) Math.min(PROBE, elements);
            if (count > 0) stretches.add(new Stretch(name, 0, count));
            if (elements > 2 * PROBE) stretches.add(new Stretch(name, elements / 2, PROBE));
        });
        return new SamplePlan("", List.copyOf(stretches));
    }

    private static int size(int files, long total) {
        if (files <= FEW_FILES && total <= SMALL_MODEL) return LARGE_SIZE;
        if (files <= USUAL_FILES) return USUAL_SIZE;
        long powerOfTwo = 2L * Integer.highestOneBit(files - 1);
        return (int) Math.max(SMALLEST_SIZE, NUMBERS / powerOfTwo);
    }

    /** Number of values. */
    int size() {
        return stretches.stream().mapToInt(Stretch::count).sum();
    }

    private static long share(long total, int i, int parts) {
        return total / parts * i + total % parts * i / parts;
    }

    /** Cuts stretches of the elements laid end to end, given by their ascending first elements, where a part ends. */
    private static List<Stretch> stretches(long[] firsts, int length, List<Part> parts) {
        List<Stretch> stretches = new ArrayList<>();
        int done = 0;
        long begin = 0;
        for (Part part : parts) {
            long end = begin + part.count();
            while (done < firsts.length && firsts[done] < end) {
                long from = Math.max(firsts[done], begin);
                long until = Math.min(firsts[done] + length, end);
                if (from < until)
                    stretches.add(new Stretch(part.tensor(), part.first() + from - begin, (int) (until - from)));
                if (until < firsts[done] + length) break; // the next part has its rest
                done++;
            }
            begin = end;
        }
        return List.copyOf(stretches);
    }
}
