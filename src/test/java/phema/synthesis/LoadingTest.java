package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.TestWeights;
import phema.catalog.Run;
import phema.format.Edm2PickleGenerator.StoredTensor;
import phema.format.Format;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.tensor.DType;
import phema.tensor.Shape;

class LoadingTest {
    private static final OutputOptions SAME = OutputOptions.of(Format.SAFETENSORS);

    @TempDir
    private Path folder = Path.of("");

    @Test
    void weightsInMemoryAreThoseOfTheFile() throws IOException {
        Map<String, StoredTensor> parameters = new LinkedHashMap<>();
        parameters.put("empty", StoredTensor.packed(DType.F16, Shape.of(0, 4)));
        parameters.put("large", StoredTensor.packed(DType.F16, Shape.of(300, 500)));
        parameters.put("transposed", new StoredTensor(DType.F32, Shape.of(40, 60), List.of(1L, 40L), 0, 2400));
        parameters.put("scalar", StoredTensor.packed(DType.F16, Shape.of()));
        Run run = run(parameters, Map.of("frequencies", StoredTensor.packed(DType.F64, Shape.of(1500))));
        try (Engine engine = new Engine(1 << 20, 2)) {
            Syntheses syntheses = new Syntheses(engine);
            for (OutputOptions options : List.of(SAME, SAME.withDType(DType.BF16))) {
                PreparedWeights weights = PreparedWeights.of(run, "out", TestRuns.fit(run, 0.6, 0.4), options);
                WeightFile file = WeightFiles.read(
                        syntheses.write(weights, folder, true, written -> {}).getFirst());
                Syntheses.Loaded loaded = syntheses.load(weights);
                assertThat(loaded.elements().keySet())
                        .containsExactlyElementsOf(loaded.template().tensors().stream()
                                .map(Tensor::name)
                                .toList());
                for (Tensor tensor : file.tensors()) {
                    double[] stored = TestWeights.values(file, tensor.name());
                    float[] elements = Objects.requireNonNull(loaded.elements().get(tensor.name()));
                    assertThat(elements).hasSize(stored.length);
                    for (int i = 0; i < stored.length; i++)
                        assertThat(elements[i]).as(tensor.name()).isEqualTo((float) stored[i]);
                }
            }
        }
    }

    @Test
    void refusesToLoadWhatNothingComputesWith() throws IOException {
        Run run = run(
                Map.of("w", StoredTensor.packed(DType.F16, Shape.of(3))),
                Map.of("steps", StoredTensor.packed(DType.I64, Shape.of())));
        try (Engine engine = new Engine(1 << 20, 1)) {
            assertThatThrownBy(() -> new Syntheses(engine)
                            .load(PreparedWeights.of(run, "out", TestRuns.fit(run, 0.6, 0.4), SAME)))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("b.pkl: tensor `steps` is I64");
        }
    }

    private Run run(Map<String, StoredTensor> parameters, Map<String, StoredTensor> buffers) throws IOException {
        return TestRuns.run(
                TestRuns.pickle(folder.resolve("a.pkl"), 1, parameters, buffers),
                TestRuns.pickle(folder.resolve("b.pkl"), 2, parameters, buffers));
    }
}
