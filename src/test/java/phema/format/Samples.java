package phema.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import phema.format.Edm2PickleGenerator.Node;
import phema.format.Edm2PickleGenerator.StoredTensor;

/** Files and what is in them. */
final class Samples {
    private Samples() {}

    static Path fixture(String name) {
        try {
            return Path.of(Objects.requireNonNull(Samples.class.getResource("/fixtures/" + name))
                    .toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** The elements of a tensor as they would be stored in row-major order. */
    static byte[] elements(WeightFile file, Tensor tensor) {
        int width = tensor.dtype().bytes();
        ByteBuffer packed = ByteBuffer.allocate((int) tensor.bytes());
        try (FileChannel channel =
                FileChannel.open(file.parts().get(tensor.part()).path())) {
            for (long i = 0; i < tensor.elements(); i++) {
                long rest = i;
                long index = 0;
                for (int axis = tensor.shape().rank() - 1; axis >= 0; axis--) {
                    index += rest
                            % tensor.shape().dims().get(axis)
                            * tensor.strides().get(axis);
                    rest /= tensor.shape().dims().get(axis);
                }
                packed.limit(packed.position() + width);
                channel.read(packed, tensor.offset() + index * width);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.array();
    }

    /** What a layout looks like on disk when every tensor keeps its elements and element type. */
    static Path write(Layout layout, WeightFile template, Path folder) throws IOException {
        Path path = folder.resolve(layout.fileName());
        try (var out = Files.newOutputStream(path)) {
            for (Layout.Segment segment : layout.segments()) {
                switch (segment) {
                    case Layout.Literal literal -> out.write(literal.content());
                    case Layout.Verbatim range -> {
                        byte[] all = Files.readAllBytes(
                                template.parts().get(range.part()).path());
                        out.write(all, (int) range.offset(), (int) range.bytes());
                    }
                    case Layout.TensorElements elements -> out.write(inOrder(template, elements));
                }
            }
        }
        return path;
    }

    private static byte[] inOrder(WeightFile template, Layout.TensorElements elements) {
        Tensor tensor = elements.tensor();
        return elements(
                template,
                new Tensor(
                        tensor.name(),
                        tensor.dtype(),
                        new phema.tensor.Shape(elements.axes().stream()
                                .map(tensor.shape().dims()::get)
                                .toList()),
                        elements.axes().stream().map(tensor.strides()::get).toList(),
                        tensor.part(),
                        tensor.offset(),
                        tensor.role()));
    }

    /** A safetensors file of this header, with as many zeros behind it. */
    static Path safetensors(Path path, String header, int data) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + data).order(ByteOrder.LITTLE_ENDIAN);
        return Files.write(path, bytes.putLong(json.length).put(json).array());
    }

    /** A snapshot whose network has these tensors at its root. */
    static Path snapshot(Path path, Map<String, StoredTensor> parameters, Map<String, StoredTensor> buffers)
            throws IOException {
        return snapshot(path, new Node("Net", Map.of(), parameters, buffers, Map.of()));
    }

    /** A snapshot whose storages hold the bytes 0, 1, 2, ... */
    static Path snapshot(Path path, Node network) throws IOException {
        try (var out = Files.newOutputStream(path)) {
            Edm2PickleGenerator.write(network, "class Net: pass\n", (tensor, to) -> to.write(counting(tensor)), out);
        }
        return path;
    }

    private static byte[] counting(StoredTensor tensor) {
        byte[] bytes = new byte[(int) (tensor.storageElements() * tensor.dtype().bytes())];
        for (int i = 0; i < bytes.length; i++) bytes[i] = (byte) i;
        return bytes;
    }

    /** In this order, unlike {@link Map#of}. */
    static <T> Map<String, T> ordered(String name, T value, Object... more) {
        Map<String, T> map = new LinkedHashMap<>();
        map.put(name, value);
        for (int i = 0; i < more.length; i += 2) {
            @SuppressWarnings("unchecked")
            T next = (T) more[i + 1];
            map.put((String) more[i], next);
        }
        return map;
    }
}
