package phema.format;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import phema.TestWeights;
import phema.format.Edm2PickleGenerator.Node;
import phema.format.Edm2PickleGenerator.StoredTensor;

/** Files and what is in them. */
final class Samples {
    private Samples() {}

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
        if (tensor.pieces().isPresent()) return TestWeights.elements(template, tensor);
        return TestWeights.elements(
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
        return TestWeights.safetensors(path, header, new byte[data]);
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

    /** Every tensor of a file, with its elements in hex. */
    static List<String> contents(WeightFile file) {
        return file.tensors().stream()
                .map(tensor -> tensor.name() + " " + tensor.dtype() + tensor.shape() + " "
                        + HexFormat.of().formatHex(TestWeights.elements(file, tensor)))
                .toList();
    }

    static void assertRefused(Path path, String problem) {
        assertThatThrownBy(() -> WeightFiles.read(path))
                .isInstanceOf(FormatException.class)
                .hasMessageStartingWith(path + ": ")
                .hasMessageContaining(problem);
    }
}
