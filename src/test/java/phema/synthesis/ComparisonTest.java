package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.TestWeights;
import phema.format.Edm2PickleGenerator.StoredTensor;
import phema.format.WeightFile;
import phema.problem.Problem;
import phema.synthesis.Comparison.Difference;
import phema.tensor.DType;
import phema.tensor.Shape;

class ComparisonTest {
    @TempDir
    Path folder;

    private WeightFile file(String name, TestWeights.Entry... tensors) throws IOException {
        return TestRuns.safetensors(folder.resolve(name), tensors);
    }

    private static TestWeights.Entry floats(String name, float... values) {
        return TestWeights.Entry.of(name, DType.F32, Shape.of(values.length), values);
    }

    private static Comparison compare(WeightFile a, WeightFile b) throws IOException {
        return Comparison.of(a, b, bytes -> {});
    }

    private static Difference only(Comparison comparison) {
        assertThat(comparison.tensors()).hasSize(1);
        return comparison.tensors().getFirst();
    }

    @Test
    void errorsAreRelativeToTheFirstFile() throws IOException {
        Comparison comparison = compare(
                file("a", floats("x", 3, 4, 0), floats("y", 12)),
                file("b", floats("y", 11.5f), floats("x", 3, 4, 0.25f)));
        assertThat(comparison.tensors().stream().map(Difference::name)).containsExactly("x", "y");
        assertThat(comparison.tensors().get(0).relativeError()).isEqualTo(0.25 / 5);
        assertThat(comparison.tensors().get(1).relativeError()).isCloseTo(0.5 / 12, within(1e-15));
        assertThat(comparison.tensors().get(0).unequal()).isEqualTo(1);
        assertThat(comparison.relativeError()).isCloseTo(Math.sqrt(0.25 * 0.25 + 0.5 * 0.5) / 13, within(1e-15));
        assertThat(comparison.maxAbsolute()).isEqualTo(0.5);
        assertThat(comparison.worst().map(Difference::name)).hasValue("x");
        assertThat(comparison.within(0.05)).isTrue();
        assertThat(comparison.within(0.049)).isFalse();
    }

    @Test
    void aFileEqualsItselfWhateverItHolds() throws IOException {
        WeightFile file = file("a", floats("x", Float.NaN, Float.NEGATIVE_INFINITY, -0f, 1e-40f));
        assertThat(compare(file, file).within(0)).isTrue();
        assertThat(compare(file, file).worst()).isEmpty();
    }

    @Test
    void whatIsNotFiniteInOneFileOnlyIsNeverWithin() throws IOException {
        for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            WeightFile finite = file("a", floats("x", 1, 2));
            WeightFile other = file("b", floats("x", 1, value));
            assertThat(compare(finite, other).within(Double.MAX_VALUE)).isFalse();
            assertThat(compare(other, finite).within(Double.MAX_VALUE)).isFalse();
        }
    }

    @Test
    void whatOnlyTheFirstFileHasAtZeroIsInfinitelyFar() throws IOException {
        Difference difference = only(compare(file("a", floats("gain", 0)), file("b", floats("gain", 1e-9f))));
        assertThat(difference.relativeError()).isInfinite();
        assertThat(difference.maxAbsolute()).isEqualTo((double) 1e-9f);
    }

    @Test
    void elementTypesMayDifferWhenBothAreFloating() throws IOException {
        TestWeights.Entry half = TestWeights.Entry.of("x", DType.F16, Shape.of(2), 0.5f, 0.1f);
        Difference difference = only(compare(file("a", floats("x", 0.5f, 0.1f)), file("b", half)));
        // 0.1 in half precision is 0.0999755859375
        assertThat(difference.maxAbsolute()).isEqualTo((double) 0.1f - 0.0999755859375);
        assertThat(difference.within(1e-4)).isTrue();
        TestWeights.Entry integers = new TestWeights.Entry("x", DType.I32, Shape.of(2), new byte[8]);
        assertThat(only(compare(file("a", floats("x", 0, 0)), file("c", integers)))
                        .comparable())
                .isFalse();
    }

    @Test
    void integersMustBeEqual() throws IOException {
        byte[] bytes = new byte[5 * 8];
        byte[] other = bytes.clone();
        other[8] = 1; // both in the second number
        other[15] = 1;
        other[39] = -1;
        Difference difference = only(compare(
                file("a", new TestWeights.Entry("n", DType.I64, Shape.of(5), bytes)),
                file("b", new TestWeights.Entry("n", DType.I64, Shape.of(5), other))));
        assertThat(difference.unequal()).isEqualTo(2);
        assertThat(difference.within(1e9)).isFalse();
    }

    @Test
    void shapesMustBeEqual() throws IOException {
        TestWeights.Entry row = TestWeights.Entry.of("x", DType.F32, Shape.of(1, 2), 1, 2);
        Difference difference = only(compare(file("a", floats("x", 1, 2)), file("b", row)));
        assertThat(difference.comparable()).isFalse();
        assertThat(difference.within(1)).isFalse();
    }

    @Test
    void tensorsOfOneFileOnlyAreNamed() throws IOException {
        Comparison comparison =
                compare(file("a", floats("x", 1), floats("old", 1)), file("b", floats("new", 1), floats("x", 1)));
        assertThat(comparison.onlyInA()).containsExactly("old");
        assertThat(comparison.onlyInB()).containsExactly("new");
        assertThat(comparison.within(1)).isFalse();
    }

    @Test
    void stridesDoNotMatter() throws IOException {
        Shape shape = Shape.of(3, 50, 70);
        WeightFile strided = TestRuns.pickle(
                folder.resolve("a.pkl"),
                1,
                Map.of("x", new StoredTensor(DType.F16, shape, List.of(1L, 3L, 150L), 0, shape.elements())),
                Map.of());
        double[] values = TestWeights.values(strided, "x");
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) floats[i] = (float) values[i];
        WeightFile packed = file("b", TestWeights.Entry.of("x", DType.F16, shape, floats));
        assertThat(compare(strided, packed).within(0)).isTrue();
        floats[7000] += 1;
        WeightFile other = file("c", TestWeights.Entry.of("x", DType.F16, shape, floats));
        assertThat(only(compare(strided, other)).unequal()).isEqualTo(1);
    }

    @Test
    void tensorsLargerThanABlockAreComparedWhole() throws IOException {
        int n = 300_000;
        TestWeights.Entry content = TestWeights.Entry.random("x", DType.F32, new Random(5), n);
        byte[] changed = content.bytes().clone();
        Arrays.fill(changed, 4 * (n - 1), 4 * n, (byte) 0);
        WeightFile a = file("a", content);
        WeightFile b = file("b", new TestWeights.Entry("x", DType.F32, Shape.of(n), changed));
        long[] done = {0};
        Difference difference = only(Comparison.of(a, b, bytes -> done[0] += bytes));
        assertThat(difference.unequal()).isEqualTo(1);
        assertThat(difference.maxAbsolute()).isEqualTo(Math.abs(TestWeights.values(a, "x")[n - 1]));
        assertThat(done[0]).isEqualTo(2L * 4 * n);
    }

    @Test
    void aFileThatChangedSinceItWasIndexedIsRefused() throws IOException {
        WeightFile a = file("a", floats("x", 1));
        Files.setLastModifiedTime(a.path(), FileTime.from(Instant.EPOCH));
        assertThatThrownBy(() -> compare(a, a)).isInstanceOf(Problem.class).hasMessageContaining("has changed");
    }
}
