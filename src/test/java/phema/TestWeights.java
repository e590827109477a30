package phema;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.tensor.DType;
import phema.tensor.Elements;
import phema.tensor.Shape;

/** Writes safetensors files by hand, and reads the elements of any indexed file one by one. */
public final class TestWeights {
    private TestWeights() {}

    /** A tensor to be stored, with its elements as bytes. */
    public record Entry(String name, DType dtype, Shape shape, byte[] bytes) {
        public static Entry of(String name, DType dtype, Shape shape, float... values) {
            return new Entry(name, dtype, shape, encode(dtype, values));
        }

        /** Numbers around one half, so that every type can hold them. */
        public static Entry random(String name, DType dtype, Random random, long... dims) {
            Shape shape = Shape.of(dims);
            float[] values = new float[(int) shape.elements()];
            for (int i = 0; i < values.length; i++) values[i] = (float) random.nextGaussian() / 2;
            return of(name, dtype, shape, values);
        }
    }

    public static byte[] encode(DType dtype, float... values) {
        byte[] bytes = new byte[values.length * dtype.bytes()];
        Elements.fromFloats(dtype, values, 0, values.length, MemorySegment.ofArray(bytes), 0);
        return bytes;
    }

    /** A safetensors file of these tensors, in this order. */
    public static Path safetensors(Path path, Map<String, String> metadata, List<Entry> tensors) throws IOException {
        List<String> fields = new ArrayList<>();
        metadata.forEach((key, value) -> fields.add("\"%s\":\"%s\"".formatted(key, value)));
        String header = fields.isEmpty() ? "" : "\"__metadata__\":{" + String.join(",", fields) + "}";
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (Entry tensor : tensors) {
            int begin = data.size();
            data.writeBytes(tensor.bytes);
            header += "%s\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                    .formatted(
                            header.isEmpty() ? "" : ",", tensor.name, tensor.dtype, tensor.shape, begin, data.size());
        }
        return safetensors(path, "{" + header + "}", data.toByteArray());
    }

    /** A safetensors file of any header and data. */
    public static Path safetensors(Path path, String header, byte[] data) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        return Files.write(path, bytes.putLong(json.length).put(json).put(data).array());
    }

    public static Tensor tensor(WeightFile file, String name) {
        return file.tensors().get(file.indexOf(name, 0));
    }

    /** The elements of a tensor as they would be stored in row-major order. */
    public static byte[] elements(WeightFile file, Tensor tensor) {
        if (tensor.dtype().isPacked()) return packed(file, tensor);
        if (tensor.pieces().isPresent()) return inPieces(file, tensor);
        int width = tensor.dtype().bytes();
        ByteBuffer packed = ByteBuffer.allocate((int) tensor.bytes());
        try (FileChannel channel =
                FileChannel.open(file.parts().get(tensor.part()).path())) {
            ByteBuffer stored = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            for (long i = 0; i < tensor.elements(); i++) {
                long rest = i;
                long index = 0;
                for (int axis = tensor.shape().rank() - 1; axis >= 0; axis--) {
                    long dim = tensor.shape().dims().get(axis);
                    index += rest % dim * tensor.strides().get(axis);
                    rest /= dim;
                }
                packed.put(stored.slice((int) (tensor.offset() + index * width), width));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.array();
    }

    private static byte[] inPieces(WeightFile file, Tensor tensor) {
        byte[] elements = new byte[(int) tensor.bytes()];
        try {
            tensor.read(
                    tensor.shape().axes(),
                    0,
                    (int) tensor.elements(),
                    MemorySegment.ofArray(elements),
                    1 << 16,
                    (part, position, buffer) -> {
                        try (FileChannel channel =
                                FileChannel.open(file.parts().get(part).path())) {
                            channel.read(buffer, position);
                        }
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return elements;
    }

    private static byte[] packed(WeightFile file, Tensor tensor) {
        try (FileChannel channel =
                FileChannel.open(file.parts().get(tensor.part()).path())) {
            ByteBuffer bytes = ByteBuffer.allocate((int) tensor.bytes());
            channel.read(bytes, tensor.offset());
            return bytes.array();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The numbers of a tensor in row-major order. */
    public static double[] values(WeightFile file, String name) {
        Tensor tensor = tensor(file, name);
        double[] values = new double[(int) tensor.elements()];
        MemorySegment stored = MemorySegment.ofArray(elements(file, tensor));
        Elements.toDoubles(tensor.dtype(), stored, 0, values, 0, values.length);
        return values;
    }
}
