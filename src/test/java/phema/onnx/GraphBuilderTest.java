package phema.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static phema.onnx.GraphBuilder.NodeOption.count;
import static phema.onnx.GraphBuilder.NodeOption.counts;
import static phema.onnx.GraphBuilder.NodeOption.number;
import static phema.onnx.GraphBuilder.NodeOption.to;
import static phema.onnx.GraphBuilder.NodeOption.word;

import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import phema.tensor.DType;
import phema.tensor.Shape;

class GraphBuilderTest {
    @Test
    void buildsWhatOnnxRuntimeRuns() {
        try (GraphBuilder graph = new GraphBuilder()) {
            String x = graph.input("x", DType.F32, -1, 2);
            String weight = graph.weight(DType.F32, Shape.of(3, 2), 1, 2, 3, 4, 5, 6);
            String product = graph.node("Gemm", List.of(x, weight), count("transB", 1), number("alpha", 0.5));
            List<String> parts = graph.nodes("Split", 2, List.of(product, graph.counts(1, 2)), count("axis", 1));
            String half = graph.node("Cast", List.of(parts.getLast()), to(DType.F16));
            String sum = graph.node("Add", List.of(half, graph.constant(DType.F16, Shape.of(), 0.25f)));
            graph.output("first", parts.getFirst(), DType.F32, -1, 1);
            graph.output("rest", sum, DType.F16, -1, 2);
            try (OnnxGraph made = graph.open()) {
                assertThat(made.inputs()).hasToString("[FLOAT [any, 2]]");
                SequencedMap<String, TensorBuffer> outputs =
                        made.run(Map.of("x", TensorBuffer.of(Shape.of(2, 2), 1, 1, 10, 0)));
                assertThat(outputs.keySet()).containsExactly("first", "rest");
                assertThat(outputs.firstEntry().getValue().floats()).containsExactly(1.5f, 5);
                assertThat(outputs.lastEntry().getValue().dtype()).isEqualTo(DType.F16);
                assertThat(outputs.lastEntry().getValue().floats()).containsExactly(3.75f, 5.75f, 15.25f, 25.25f);
                assertThat(made.run(Map.of("x", TensorBuffer.of(Shape.of(1, 2), 1, 1)), "first")
                                .floats())
                        .containsExactly(1.5f);
                assertThatThrownBy(() -> made.run(Map.of("x", TensorBuffer.of(Shape.of(1, 2), 1, 1)), "last"))
                        .isInstanceOf(OnnxException.class)
                        .hasMessage("there is no output `last`");
            }
        }
    }

    @Test
    void rowsOfWeightsComeToTheirPlaces() {
        for (DType type : new DType[] {DType.F32, DType.F16})
            try (GraphBuilder graph = new GraphBuilder()) {
                String weight = graph.weight(type, Shape.of(100, 2, 1), row -> new float[] {row, -row});
                graph.output("y", weight, type, 100, 2, 1);
                try (OnnxGraph made = graph.open()) {
                    float[] y = made.run(Map.of(), "y").floats();
                    for (int row = 0; row < 100; row++) {
                        assertThat(y[2 * row]).isEqualTo(row);
                        assertThat(y[2 * row + 1]).isEqualTo(-row);
                    }
                }
            }
    }

    @Test
    void optionsOfAllKindsReachOperators() {
        try (GraphBuilder graph = new GraphBuilder()) {
            String x = graph.input("x", DType.F32, -1, 1, 2, 2);
            String mean = graph.node("AveragePool", List.of(x), counts("kernel_shape", 2, 2), counts("strides", 2, 2));
            String copied = graph.node(
                    "Resize",
                    List.of(mean, "", graph.constant(DType.F32, Shape.of(4), 1, 1, 2, 2)),
                    word("mode", "nearest"));
            String silu = graph.extension("QuickGelu", List.of(copied), number("alpha", 1));
            graph.output("y", silu, DType.F32, -1, 1, 2, 2);
            try (OnnxGraph made = graph.open()) {
                float[] y = made.run(Map.of("x", TensorBuffer.of(Shape.of(1, 1, 2, 2), 0, 1, 2, 1)), "y")
                        .floats();
                float expected = (float) (1 / (1 + Math.exp(-1)));
                assertThat(y)
                        .usingComparatorWithPrecision(1e-6f)
                        .containsExactly(expected, expected, expected, expected);
            }
        }
    }

    @Test
    void whatTheRuntimeCannotRunIsSaid() {
        try (GraphBuilder graph = new GraphBuilder()) {
            String x = graph.input("x", DType.F32, -1, 2);
            graph.output("y", graph.node("Nonsense", List.of(x)), DType.F32, -1, 2);
            assertThatThrownBy(graph::open).isInstanceOf(OnnxException.class).hasMessageContaining("Nonsense");
        }
    }
}
