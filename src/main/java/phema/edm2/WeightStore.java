package phema.edm2;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import phema.format.Format;
import phema.format.FormatException;
import phema.format.Layout;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.storage.Locations;
import phema.storage.PendingFile;
import phema.tensor.DType;
import phema.tensor.Elements;
import phema.tensor.Shape;

/** Moves tensors between memory and files. Files appear under their names when they are complete and on disk. */
final class WeightStore {
    private static final int CHUNK = 1 << 18;

    /** The number of elements from which it pays to read all of a transposed matrix for a part of it. */
    private static final int STRIDED_CHUNK = 1 << 22;

    /** The bits of an infinite number; those that are none have more, but for their sign. */
    private static final int INFINITE = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

    /** The bytes that may be read at once to pick elements from. */
    private static final int WINDOW = 1 << 28;

    private WeightStore() {}

    /** Values in row-major order. */
    @SuppressWarnings("ArrayRecordComponent")
    record Values(Shape shape, float[] elements) {}

    /**
     * The network and the weights of any readable file. Of files of this machine they are read when they are asked
     * for, which may fail with an {@link UncheckedIOException}.
     *
     * @throws FormatException when a tensor is missing, has another type or shape, or belongs to no part of the network
     */
    static NetworkWeights load(WeightFile file) throws IOException {
        NetworkSpec spec = requireNetwork(file);
        if (!file.parts().stream().allMatch(part -> Locations.isLocal(part.path()))) {
            Map<String, float[]> elements = new LinkedHashMap<>();
            read(file).forEach((name, values) -> elements.put(name, values.elements()));
            return load(file, elements);
        }
        for (Tensor tensor : file.tensors()) {
            requireFloating(file, tensor);
            if (isFilter(tensor)) requireBox(file, tensor, elements(file, tensor));
        }
        return NetworkWeights.read(spec, name -> {
            try {
                float[] elements = elements(file, file.tensor(name).orElseThrow());
                requireFinite(file, name, elements);
                return elements;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static float[] elements(WeightFile file, Tensor tensor) throws IOException {
        try (Reader reader = new Reader(file)) {
            return reader.read(tensor);
        }
    }

    /**
     * The network and the weights of tensors in memory.
     *
     * @param index names and shapes of the tensors
     * @param elements by name, in row-major order; taken over, not copied
     * @throws FormatException when a tensor is missing, has another shape, holds what is not finite, or belongs to no
     *     part of the network
     */
    static NetworkWeights load(WeightFile index, Map<String, float[]> elements) throws FormatException {
        NetworkSpec spec = requireNetwork(index);
        for (Tensor tensor : index.tensors()) {
            float[] values = Objects.requireNonNull(elements.get(tensor.name()), tensor.name());
            if (isFilter(tensor)) requireBox(index, tensor, values);
            else requireFinite(index, tensor.name(), values);
        }
        return NetworkWeights.of(spec, elements);
    }

    private static void requireFloating(WeightFile file, Tensor tensor) throws FormatException {
        if (!tensor.dtype().isFloating())
            throw new FormatException(
                    file.path(), "tensor `" + tensor.name() + "` is " + tensor.dtype() + "; a network's are floating");
    }

    private static void requireFinite(WeightFile file, String name, float... elements) throws FormatException {
        int most = 0;
        for (float element : elements) most = Math.max(most, Float.floatToRawIntBits(element) & Integer.MAX_VALUE);
        if (most >= INFINITE)
            throw new FormatException(
                    file.path(),
                    "tensor `" + name + "` holds values that are not finite, so the network makes no images");
    }

    /** Its names and shapes, before anything is read. */
    private static NetworkSpec requireNetwork(WeightFile file) throws FormatException {
        NetworkSpec spec = NetworkSpec.of(file);
        SequencedMap<String, UNet.Parameter> places = UNet.of(spec).parameters();
        Set<String> missing = new LinkedHashSet<>(places.keySet());
        List<String> surplus = new ArrayList<>();
        for (Tensor tensor : file.tensors())
            if (!missing.remove(tensor.name()) && !isFilter(tensor)) surplus.add(tensor.name());
        if (!missing.isEmpty())
            throw new FormatException(
                    file.path(), "lacks " + listed(missing) + " of the network that its other tensors make");
        if (!surplus.isEmpty())
            throw new FormatException(file.path(), "has " + listed(surplus) + ", for which the network has no place");
        for (Tensor tensor : file.tensors()) {
            UNet.Parameter place = places.get(tensor.name());
            if (place != null && !tensor.shape().equals(place.shape()))
                throw new FormatException(
                        file.path(),
                        "tensor `" + tensor.name() + "` has the shape " + tensor.shape() + " where the network has "
                                + place.shape());
        }
        return spec;
    }

    /** Some networks keep the filter that they resample with as a buffer. */
    private static boolean isFilter(Tensor tensor) {
        return tensor.name().endsWith(".resample_filter");
    }

    private static void requireBox(WeightFile file, Tensor tensor, float[] filter) throws FormatException {
        List<Long> dims = tensor.shape().dims().stream().filter(d -> d != 1).toList();
        boolean box = (dims.equals(List.of(2L)) || dims.equals(List.of(2L, 2L))) && filter[0] > 0;
        for (float f : filter) box &= f == filter[0];
        if (!box)
            throw new FormatException(
                    file.path(),
                    "tensor `" + tensor.name()
                            + "` is another filter than the box of two by two pixels, the only one that is known here");
    }

    /** Reads all tensors of a file. */
    static SequencedMap<String, Values> read(WeightFile file) throws IOException {
        SequencedMap<String, Values> all = new LinkedHashMap<>();
        try (Reader reader = new Reader(file)) {
            for (Tensor tensor : file.tensors())
                all.put(tensor.name(), new Values(tensor.shape(), reader.read(tensor)));
        }
        return all;
    }

    /** Writes a safetensors file, replacing what has its name. */
    static void write(Path path, SequencedMap<String, Values> tensors, DType dtype, Map<String, String> metadata)
            throws IOException {
        List<Tensor> list = tensors.entrySet().stream()
                .map(e -> new Tensor(
                        e.getKey(),
                        dtype,
                        e.getValue().shape(),
                        e.getValue().shape().contiguousStrides(),
                        0,
                        0,
                        Tensor.TensorRole.PARAMETER))
                .toList();
        WeightFile template = new WeightFile(path, Format.SAFETENSORS, List.of(), Map.of(), list);
        Layout layout = WeightFiles.writer(Format.SAFETENSORS)
                .layout("weights", template, Tensor::dtype, metadata, Long.MAX_VALUE)
                .getFirst();
        PendingFile.write(path, channel -> {
            for (Layout.Segment segment : layout.segments()) {
                switch (segment) {
                    case Layout.Literal literal -> writeFully(channel, ByteBuffer.wrap(literal.content()));
                    case Layout.TensorElements e ->
                        writeElements(
                                channel,
                                Objects.requireNonNull(tensors.get(e.tensor().name()))
                                        .elements(),
                                dtype);
                    case Layout.Verbatim verbatim -> throw new AssertionError("a new file copies nothing");
                }
            }
        });
    }

    private static void writeElements(FileChannel channel, float[] elements, DType dtype) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment chunk = arena.allocate((long) CHUNK * dtype.bytes());
            for (int done = 0; done < elements.length; done += CHUNK) {
                int n = Math.min(CHUNK, elements.length - done);
                Elements.fromFloats(dtype, elements, done, n, chunk, 0);
                writeFully(channel, chunk.asSlice(0, (long) n * dtype.bytes()).asByteBuffer());
            }
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) channel.write(buffer);
    }

    private static String listed(Collection<String> names) {
        List<String> some =
                names.stream().limit(5).map(name -> "`" + name + "`").toList();
        int more = names.size() - some.size();
        return (names.size() == 1 ? "the tensor " : "the tensors ")
                + String.join(", ", some)
                + (more > 0 ? " and " + more + " more" : "");
    }

    /** Reads tensors of one file whatever their strides. */
    private static final class Reader implements AutoCloseable {
        private final WeightFile file;
        private final List<FileChannel> parts = new ArrayList<>();

        Reader(WeightFile file) throws IOException {
            this.file = file;
            try {
                for (var part : file.parts()) parts.add(FileChannel.open(part.path()));
            } catch (IOException e) {
                close();
                throw e;
            }
        }

        float[] read(Tensor tensor) throws IOException {
            float[] to = new float[Math.toIntExact(tensor.elements())];
            if (to.length == 0) return to;
            DType dtype = tensor.dtype();
            requireFloating(file, tensor);
            List<Integer> axes = tensor.shape().axes();
            int most = Math.min(tensor.isContiguous(axes) ? CHUNK : STRIDED_CHUNK, to.length);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment chunk = arena.allocate((long) most * dtype.bytes());
                for (int done = 0; done < to.length; done += most) {
                    int n = Math.min(most, to.length - done);
                    tensor.read(axes, done, n, chunk.asSlice(0, (long) n * dtype.bytes()), WINDOW, this::fill);
                    Elements.toFloats(dtype, chunk, 0, to, done, n);
                }
            }
            return to;
        }

        private void fill(int part, long position, ByteBuffer buffer) throws IOException {
            while (buffer.hasRemaining()) {
                int read = parts.get(part).read(buffer, position);
                if (read < 0) throw new FormatException(file.path(), "became shorter while it was read");
                position += read;
            }
        }

        @Override
        public void close() {
            for (FileChannel part : parts) {
                try {
                    part.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }
}
