package phema.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import phema.format.FormatException;
import phema.tensor.DType;
import phema.tensor.Shape;

/** The graphs take means of channels: fixtures/metrics/make.py. */
class OnnxGraphTest {
    private static final Path FIXTURES = Path.of("src/test/resources/fixtures/metrics");

    @Test
    void saysWhatItTakesAndMakes() throws IOException {
        try (OnnxGraph graph = OnnxGraph.open(FIXTURES.resolve("means-224.onnx"))) {
            OnnxPort input = graph.inputs().getFirst();
            assertThat(input.dims()).containsExactly(-1L, 3L, 224L, 224L);
            assertThat(input.dtype()).contains(DType.F32);
            assertThat(input).hasToString("FLOAT [any, 3, 224, 224]");
            assertThat(graph.outputs().getFirst().dims()).hasSize(2);
        }
    }

    @Test
    void makesOutputsOfInputsInAnyKindOfBuffer() throws IOException {
        try (OnnxGraph graph = OnnxGraph.open(FIXTURES.resolve("means-uint8.onnx"))) {
            byte[] levels = new byte[12];
            for (int i = 0; i < 12; i++) levels[i] = (byte) (200 + i / 4);
            Shape shape = Shape.of(1, 3, 2, 2);
            for (TensorBuffer batch : List.of(
                    TensorBuffer.of(shape, levels), new TensorBuffer(DType.U8, shape, ByteBuffer.wrap(levels)))) {
                TensorBuffer means = graph.run(Map.of(graph.inputs().getFirst().name(), batch))
                        .values()
                        .iterator()
                        .next();
                assertThat(means.shape()).isEqualTo(Shape.of(1, 3));
                assertThat(means.floats()).containsExactly(200, 201, 202);
            }
        }
    }

    @Test
    void refusesWhatItDoesNotTake() throws IOException {
        try (OnnxGraph graph = OnnxGraph.open(FIXTURES.resolve("means.onnx"))) {
            String input = graph.inputs().getFirst().name();
            assertThatThrownBy(() -> graph.run(Map.of()))
                    .isInstanceOf(OnnxException.class)
                    .hasMessage("the input `" + input + "` is missing");
            assertThatThrownBy(() -> graph.run(Map.of(input, TensorBuffer.of(Shape.of(1, 3, 1, 1), new byte[3]))))
                    .isInstanceOf(OnnxException.class)
                    .hasMessage("the input `" + input + "` takes FLOAT [any, 3, any, any], not U8 [1, 3, 1, 1]");
            assertThatThrownBy(() -> TensorBuffer.of(Shape.of(2, 3), new float[5]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("20 bytes are no tensor of F32 [2, 3]");
        }
    }

    @Test
    void refusesFilesThatAreNoGraphs() {
        assertThatThrownBy(() -> OnnxGraph.open(FIXTURES.resolve("fid.npz")))
                .isInstanceOf(FormatException.class)
                .hasMessageContaining("is not an ONNX network that can be run: ");
        assertThatThrownBy(() -> OnnxGraph.open(FIXTURES.resolve("nothing.onnx")))
                .isInstanceOf(NoSuchFileException.class);
    }
}
