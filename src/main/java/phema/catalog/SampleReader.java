package phema.catalog;

import static java.util.Comparator.comparing;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import phema.format.Format;
import phema.format.FormatException;
import phema.format.RegularFiles;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.tensor.DType;
import phema.tensor.Elements;

/** Reads the values that a {@link SamplePlan} names from one file, with few positional reads. */
final class SampleReader implements AutoCloseable {
    /** The bytes that are read at once to pick elements from. */
    private static final int WINDOW = 1 << 16;

    /** The bytes that are read even where fewer are wanted, since the next stretch of a small tensor is near. */
    private static final int AHEAD = 1 << 12;

    /** The places, of so many elements, in which integers are compared. */
    private static final int PLACES = 5;

    private static final int BYTES_OF_PLACE = 512;

    /** The weights at the end of a file that are looked at: of four bytes each, a page of memory and of disks. */
    private static final int LAST = 1024;

    /** The bytes of each of two files up to which all that they hold is compared: some seconds. */
    private static final long COMPARED = 1L << 30;

    /** The bytes of each that are compared at once. */
    private static final int CHUNK = 1 << 20;

    private final WeightFile file;
    private final Predicate<Path> mayRead;
    private final Map<Integer, FileChannel> channels = new HashMap<>();
    private final Arena arena = Arena.ofConfined();

    /** Outside of the heap, as weights are later: loops that have seen both kinds of memory are slow. */
    private MemorySegment stored = MemorySegment.NULL;

    private final ByteBuffer ahead = ByteBuffer.allocate(AHEAD).limit(0);
    private int aheadPart;
    private long aheadFrom;

    private SampleReader(WeightFile file, Predicate<Path> mayRead) {
        this.file = file;
        this.mayRead = mayRead;
    }

    /**
     * Values need not be finite; {@link RunAssembly} knows which of them matter.
     *
     * @param mayRead as for {@link RegularFiles#open}
     */
    static SampledElements read(WeightFile file, SamplePlan plan, Predicate<Path> mayRead) throws IOException {
        Map<String, Tensor> tensors = byName(
                file, plan.stretches().stream().map(SamplePlan.Stretch::tensor).collect(toSet()));
        int size = plan.size();
        double[] values = new double[size];
        double[] rounding = new double[size];
        int n = 0;
        try (SampleReader reader = new SampleReader(file, mayRead)) {
            for (SamplePlan.Stretch stretch : plan.stretches()) {
                Tensor tensor = tensors.get(stretch.tensor());
                if (tensor == null) throw new FormatException(file.path(), "has no tensor " + stretch.tensor());
                for (double value : reader.read(tensor, stretch)) {
                    double ulp = tensor.dtype().ulp(value);
                    rounding[n] = ulp * ulp / 12;
                    values[n++] = value;
                }
            }
        }
        return new SampledElements(values, rounding);
    }

    /** Values of single-element tensors that must be finite, by name. */
    static Map<String, Double> scales(WeightFile file, Set<String> names, Predicate<Path> mayRead) throws IOException {
        Map<String, Double> values = numbers(file, names, mayRead);
        for (Map.Entry<String, Double> scale : values.entrySet())
            if (!Double.isFinite(scale.getValue()))
                throw new FormatException(file.path(), notFinite(scale.getKey(), scale.getValue()));
        return values;
    }

    /** Values of single-element tensors, by name. */
    static Map<String, Double> numbers(WeightFile file, Set<String> names, Predicate<Path> mayRead) throws IOException {
        if (names.isEmpty()) return Map.of();
        SortedMap<String, Double> values = new TreeMap<>();
        try (SampleReader reader = new SampleReader(file, mayRead)) {
            for (Tensor tensor : byName(file, names).values())
                values.put(tensor.name(), reader.read(tensor, new SamplePlan.Stretch(tensor.name(), 0, 1))[0]);
        }
        return Collections.unmodifiableSortedMap(values);
    }

    /** The numbers that averages count with, such as {@code model_ema.num_updates}, as text by the tensors' names. */
    static Map<String, String> counters(WeightFile file, Predicate<Path> mayRead) throws IOException {
        Set<String> names = file.tensors().stream()
                .filter(tensor -> tensor.elements() == 1 && NotAveraged.isCounterOfAverage(tensor.name()))
                .map(Tensor::name)
                .collect(toSet());
        Map<String, String> counters = new TreeMap<>();
        if (names.isEmpty()) return counters;
        try (SampleReader reader = new SampleReader(file, mayRead)) {
            for (Tensor counter : byName(file, names).values()) {
                ByteBuffer bytes = reader.stored(counter, 0, 1).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
                if (counter.dtype() == DType.I64) counters.put(counter.name(), String.valueOf(bytes.getLong()));
                else if (counter.dtype() == DType.I32) counters.put(counter.name(), String.valueOf(bytes.getInt()));
                else if (counter.dtype() == DType.F32) counters.put(counter.name(), String.valueOf(bytes.getFloat()));
            }
        }
        return counters;
    }

    /** The first tensor of which two files differ in the bytes that lie in some places of it. */
    static Optional<Tensor> changed(WeightFile first, WeightFile last, List<Tensor> tensors, Predicate<Path> mayRead)
            throws IOException {
        try (SampleReader a = new SampleReader(first, mayRead);
                SampleReader b = new SampleReader(last, mayRead)) {
            int near = 0;
            for (Tensor tensor : tensors) {
                near = first.indexOf(tensor.name(), near);
                Tensor before = first.tensors().get(near);
                for (int i = 0; i < PLACES; i++) {
                    int count = (int) Math.min(BYTES_OF_PLACE, tensor.elements());
                    long at = (tensor.elements() - count) / (PLACES - 1) * i;
                    if (a.stored(before, at, count).mismatch(b.stored(tensor, at, count)) >= 0)
                        return Optional.of(tensor);
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Whether the last weights of a file, or of one of several, are zeros as far as whole pages go, as where a disk was
     * full. Other formats end in what says what they hold.
     */
    static boolean endsInZeros(WeightFile file, Predicate<Path> mayRead) throws IOException {
        if (file.format() != Format.SAFETENSORS) return false;
        Map<Integer, List<Tensor>> byPart =
                file.tensors().stream().filter(Tensor::isFloatingParameter).collect(groupingBy(Tensor::part));
        try (SampleReader reader = new SampleReader(file, mayRead)) {
            for (List<Tensor> tensors : byPart.values()) if (reader.endInZeros(tensors)) return true;
        }
        return false;
    }

    private boolean endInZeros(List<Tensor> tensors) throws IOException {
        int left = LAST;
        List<Tensor> backwards = tensors.stream()
                .sorted(Comparator.comparingLong(Tensor::offset).reversed())
                .toList();
        for (Tensor tensor : backwards) {
            int count = (int) Math.min(left, tensor.elements());
            MemorySegment last = stored(tensor, tensor.elements() - count, count);
            for (long i = 0; i < last.byteSize(); i++) if (last.get(ValueLayout.JAVA_BYTE, i) != 0) return false;
            left -= count;
            if (left == 0) return true;
        }
        return false;
    }

    /**
     * The parts of some tensors in which two files differ, in no order. All of each is compared, those with the most
     * rows first, as tables of embeddings are, of which a few may be trained. Beyond {@value #COMPARED} bytes, tensors
     * are looked at in two places, and are a part as a whole where they differ there.
     */
    static List<SamplePlan.Part> differing(
            WeightFile first, WeightFile last, Set<String> names, Predicate<Path> mayRead) throws IOException {
        Map<String, Tensor> before = byName(first, names);
        List<Tensor> tensors = byName(last, names).values().stream()
                .filter(tensor -> before.containsKey(tensor.name()) // whose bytes mean the same
                        && Objects.requireNonNull(before.get(tensor.name())).dtype() == tensor.dtype())
                .sorted(comparing((Tensor tensor) -> tensor.elements() == 0
                                ? 0
                                : tensor.shape().dims().getFirst())
                        .reversed()
                        .thenComparing(Tensor::name))
                .toList();
        List<SamplePlan.Part> differing = new ArrayList<>();
        long left = COMPARED;
        try (SampleReader a = new SampleReader(first, mayRead);
                SampleReader b = new SampleReader(last, mayRead)) {
            for (Tensor tensor : tensors) {
                Tensor earlier = Objects.requireNonNull(before.get(tensor.name()));
                left -= tensor.bytes();
                if (left >= 0) a.compare(earlier, b, tensor, differing);
                else if (a.differsInPlaces(earlier, b, tensor))
                    differing.add(new SamplePlan.Part(tensor.name(), 0, tensor.elements()));
            }
        }
        return differing;
    }

    private boolean differsInPlaces(Tensor own, SampleReader other, Tensor same) throws IOException {
        for (SamplePlan.Stretch stretch : SamplePlan.ofEach(new TreeMap<>(Map.of(own.name(), own.shape())))
                .stretches())
            if (stored(own, stretch.first(), stretch.count())
                            .mismatch(other.stored(same, stretch.first(), stretch.count()))
                    >= 0) return true;
        return false;
    }

    private void compare(Tensor own, SampleReader other, Tensor same, List<SamplePlan.Part> differing)
            throws IOException {
        int bytes = own.dtype().bytes();
        long begin = -1; // of the part that goes on
        for (long at = 0; at < own.elements(); at += CHUNK / bytes) {
            int count = (int) Math.min(CHUNK / bytes, own.elements() - at);
            MemorySegment here = stored(own, at, count);
            MemorySegment there = other.stored(same, at, count);
            boolean equal = here.mismatch(there) < 0;
            for (int i = 0; i < count; i += SamplePlan.LENGTH) {
                long from = (long) i * bytes;
                long until = (long) Math.min(i + SamplePlan.LENGTH, count) * bytes;
                boolean differs = !equal && MemorySegment.mismatch(here, from, until, there, from, until) >= 0;
                if (differs && begin < 0) begin = at + i;
                if (!differs && begin >= 0) {
                    differing.add(new SamplePlan.Part(own.name(), begin, at + i - begin));
                    begin = -1;
                }
                if (equal && begin < 0) break;
            }
        }
        if (begin >= 0) differing.add(new SamplePlan.Part(own.name(), begin, own.elements() - begin));
    }

    /** Finds only the tensors asked for, which are few among many. */
    private static Map<String, Tensor> byName(WeightFile file, Set<String> names) {
        return file.tensors().stream()
                .filter(tensor -> names.contains(tensor.name()))
                .collect(toMap(Tensor::name, tensor -> tensor));
    }

    private double[] read(Tensor tensor, SamplePlan.Stretch stretch) throws IOException {
        MemorySegment stored = stored(tensor, stretch.first(), stretch.count());
        double[] values = new double[stretch.count()];
        Elements.toDoubles(tensor.dtype(), stored, 0, values, 0, values.length);
        return values;
    }

    /** What is wrong with a value that is to be averaged. */
    static String notFinite(String tensor, double value) {
        return "tensor " + tensor + " holds " + value
                + "; take the file away or, if all have it, list the tensor under buffers in " + Manifest.FILE_NAME;
    }

    /** @return good until this is called again */
    private MemorySegment stored(Tensor tensor, long first, int count) throws IOException {
        long bytes = (long) count * tensor.dtype().bytes();
        if (stored.byteSize() < bytes) stored = arena.allocate(bytes, Long.BYTES);
        MemorySegment elements = stored.asSlice(0, bytes);
        tensor.read(
                tensor.shape().axes(),
                first,
                count,
                elements,
                WINDOW,
                (part, position, buffer) -> fill(buffer, part, position));
        return elements;
    }

    private void fill(ByteBuffer buffer, int part, long offset) throws IOException {
        if (buffer.remaining() > AHEAD) {
            readFully(buffer, part, offset);
            return;
        }
        if (part != aheadPart || offset < aheadFrom || offset + buffer.remaining() > aheadFrom + ahead.limit()) {
            long left = file.parts().get(part).size() - offset;
            ahead.clear().limit(Math.clamp(left, buffer.remaining(), AHEAD));
            readFully(ahead, part, offset);
            aheadPart = part;
            aheadFrom = offset;
        }
        int wanted = buffer.remaining();
        buffer.put(buffer.position(), ahead, (int) (offset - aheadFrom), wanted).position(buffer.position() + wanted);
    }

    private void readFully(ByteBuffer buffer, int part, long offset) throws IOException {
        FileChannel channel = channels.get(part);
        if (channel == null) {
            channel = RegularFiles.open(file.parts().get(part).path(), mayRead);
            channels.put(part, channel);
        }
        long position = offset;
        while (buffer.hasRemaining()) {
            int n = channel.read(buffer, position);
            position += n;
            if (n < 0) throw new EOFException(file.parts().get(part).path() + ": ended while it was read");
        }
    }

    @Override
    public void close() throws IOException {
        try (arena) {
            for (FileChannel channel : channels.values()) channel.close();
        }
    }
}
