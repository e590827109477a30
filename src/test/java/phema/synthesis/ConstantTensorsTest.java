package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.catalog.Excluded;
import phema.catalog.Run;
import phema.catalog.RunScanner;
import phema.catalog.Selection;
import phema.format.Format;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.tensor.DType;
import phema.tensor.Shape;

/** Values that no average could be made of, in tensors that are the same in all files. */
class ConstantTensorsTest {
    private final Engine engine = new Engine(300 << 10, 2);
    private final Syntheses syntheses = new Syntheses(engine);

    @TempDir
    private Path folder;

    @AfterEach
    void leavesNoFileOpen() {
        assertThat(engine.openFiles()).isZero();
        engine.close();
    }

    private Path file(int step, Entry... constants) throws IOException {
        List<Entry> tensors = new java.util.ArrayList<>(List.of(constants));
        tensors.add(Entry.of("w", DType.F32, Shape.of(2), step, -step));
        return TestWeights.safetensors(folder.resolve("step-%06d.safetensors".formatted(step)), Map.of(), tensors);
    }

    private Run run() throws IOException {
        return RunScanner.scan(folder, Selection.DEFAULT);
    }

    private WeightFile written(Run run, OutputOptions options, double... coefficients) throws IOException {
        Path out = folder.resolve("out-" + Arrays.toString(coefficients) + options.dtype());
        return WeightFiles.read(syntheses
                .write(PreparedWeights.of(run, "out", TestRuns.fit(run, coefficients), options), out, false, b -> {})
                .getFirst());
    }

    private static Entry mask() {
        return mask(30);
    }

    private static Entry mask(int size) {
        float[] values = new float[size * size];
        for (int i = 0; i < values.length; i++) values[i] = i % size > i / size ? Float.NEGATIVE_INFINITY : 0;
        return Entry.of("attn.mask", DType.F32, Shape.of(size, size), values);
    }

    @ParameterizedTest
    @EnumSource(names = {"SAFETENSORS", "TORCH_ZIP"})
    void masksComeOutAsTheyAreWhateverTheCoefficients(Format format) throws IOException {
        Entry[] constants = {
            mask(),
            Entry.of("kth_value", DType.F32, Shape.of(), Float.POSITIVE_INFINITY),
            Entry.of("least", DType.F32, Shape.of(3), -Float.MAX_VALUE, 1, Float.MAX_VALUE),
            Entry.of("unset", DType.BF16, Shape.of(2), Float.NaN, 1)
        };
        for (int step : new int[] {1000, 2000, 3000}) file(step, constants);
        Run run = run();
        assertThat(run.snapshots()).hasSize(3);
        assertThat(run.notices())
                .anySatisfy(notice -> assertThat(notice)
                        .startsWith("3 tensors hold values that are not finite and the same in all files")
                        .contains("attn.mask (-Infinity)"));
        for (double[] coefficients : new double[][] {{0.25, 0.25, 0.5}, {-0.75, 0, 1.75}, {0, 0, 1}}) {
            WeightFile result = written(run, OutputOptions.of(format), coefficients);
            WeightFile newest = run.newest().file();
            for (String name : List.of("attn.mask", "kth_value", "least", "unset"))
                assertThat(TestWeights.values(result, name)).isEqualTo(TestWeights.values(newest, name));
            double w = IntStream.range(0, 3)
                    .mapToDouble(i -> coefficients[i] * 1000 * (i + 1))
                    .sum();
            assertThat(TestWeights.values(result, "w")).containsExactly(w, -w);
        }
    }

    /** The two weights that move are among 90,000. */
    @Test
    void whatHardlyMovesIsStillSampledWhereItMoves() throws IOException {
        for (int step : new int[] {1000, 2000, 3000, 4000}) file(step, mask(300));
        Run run = run();
        assertThat(run.notices()).noneMatch(notice -> notice.contains("are equal"));
        assertThat(run.newest().sample().values()).containsExactly(4000, -4000);
        WeightFile result = written(run, OutputOptions.of(Format.SAFETENSORS), 0.25, 0.25, 0.25, 0.25);
        assertThat(TestWeights.values(result, "w")).containsExactly(2500, -2500);
        assertThat(TestWeights.values(result, "attn.mask"))
                .isEqualTo(TestWeights.values(run.newest().file(), "attn.mask"));
    }

    @Test
    void theWholeTensorHasToBeTheSameNotOnlyWhereItIsInfinite() throws IOException {
        file(1000, Entry.of("v", DType.F32, Shape.of(2), Float.POSITIVE_INFINITY, 1));
        file(2000, Entry.of("v", DType.F32, Shape.of(2), Float.POSITIVE_INFINITY, 2));
        Run run = run();
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded())
                .extracting(Excluded::message)
                .allSatisfy(message ->
                        assertThat(message).contains("tensor v holds Infinity; take the file away", "under buffers"));
    }

    /** Where the sample did not see it. */
    @Test
    void onlyOneFileReadDoesNotMakeItAConstant() throws IOException {
        WeightFile good =
                TestRuns.safetensors(folder.resolve("a.safetensors"), Entry.of("w", DType.F32, Shape.of(2), 1, 2));
        WeightFile diverged = TestRuns.safetensors(
                folder.resolve("b.safetensors"), Entry.of("w", DType.F32, Shape.of(2), Float.NaN, Float.NaN));
        assertThatThrownBy(() -> written(TestRuns.run(good, diverged), OutputOptions.of(Format.SAFETENSORS), 0, 1))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("b.safetensors: tensor w holds NaN");
        assertThat(TestWeights.values(written(TestRuns.run(diverged), OutputOptions.of(Format.SAFETENSORS), 1), "w"))
                .containsExactly(Double.NaN, Double.NaN);
    }

    @Test
    void whatIsNeverNegativeAndComesOutSoIsNamed() throws IOException {
        for (int step : new int[] {1000, 2000})
            file(
                    step,
                    Entry.of("norm.spread", DType.F32, Shape.of(3), step == 1000 ? 0.01f : 0.001f, 1, 2),
                    Entry.of("norm.scale", DType.F16, Shape.of(2), 1, step));
        Run run = run();
        for (double[] coefficients : new double[][] {{-0.25, 1.25}, {0.25, 0.75}}) {
            Syntheses.Pass pass = syntheses.pass(PreparedWeights.of(
                    run,
                    "out" + coefficients[0],
                    TestRuns.fit(run, coefficients),
                    OutputOptions.of(Format.SAFETENSORS)));
            assertThat(pass.notices()).isEmpty();
            pass.write(folder.resolve("out"), false, bytes -> {});
            if (coefficients[0] > 0) assertThat(pass.notices()).isEmpty();
            else
                assertThat(pass.notices())
                        .singleElement()
                        .satisfies(notice -> assertThat(notice)
                                .startsWith("tensor norm.spread is nowhere negative in the 2 files that were read, and"
                                        + " comes out as low as -0.0012"));
        }
    }

    /** Its numbers lie beyond what is computed with. */
    @Test
    void wideNumbersThatNeverChangeKeepTheirWidth() throws IOException {
        byte[] large = java.nio.ByteBuffer.allocate(8)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .putDouble(1e300)
                .array();
        for (int step : new int[] {1000, 2000}) file(step, new Entry("c", DType.F64, Shape.of(1), large));
        assertThat(TestWeights.values(written(run(), OutputOptions.of(Format.SAFETENSORS), 0.5, 0.5), "c"))
                .containsExactly(1e300);
        assertThatThrownBy(() ->
                        written(run(), OutputOptions.of(Format.SAFETENSORS).withDType(DType.F16), 0.5, 0.5))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("tensor c reaches 1.00000e+300, which is too large for F16");
    }
}
