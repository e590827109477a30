package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.Fixtures;
import phema.RandomCase;
import phema.RandomCases;
import phema.format.FilePart;
import phema.format.FileStamp;
import phema.format.Format;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.tensor.DType;
import phema.tensor.Shape;

class SamplePlanTest {
    @TempDir
    Path temporary;

    @RandomCases
    void staysInsideTheTensorsWithoutOverlap(RandomCase random) {
        TreeMap<String, Shape> tensors = new TreeMap<>();
        for (int size : random.list(1, 40, () -> random.between(0, 5000)))
            tensors.put("t" + tensors.size(), Shape.of(size));

        SamplePlan plan = SamplePlan.of(tensors, 32);

        Map<String, Long> end = new TreeMap<>();
        for (SamplePlan.Stretch stretch : plan.stretches()) {
            assertThat(stretch.first()).isGreaterThanOrEqualTo(end.getOrDefault(stretch.tensor(), 0L));
            end.put(stretch.tensor(), stretch.first() + stretch.count());
        }
        end.forEach((tensor, last) -> assertThat(last)
                .isLessThanOrEqualTo(tensors.getOrDefault(tensor, Shape.of(0)).elements()));
    }

    @Test
    void touchesEveryTensorThatHoldsAThirtiethOfAllElements() {
        TreeMap<String, Shape> tensors = new TreeMap<>();
        for (int i = 0; i < 30; i++) tensors.put("conv" + i, Shape.of(512, 512, 3, 3));

        SamplePlan plan = SamplePlan.of(tensors, 32);

        assertThat(plan.stretches()).extracting(SamplePlan.Stretch::tensor).containsAll(tensors.keySet());
        assertThat(plan.size()).isEqualTo(4096);
    }

    @ParameterizedTest
    @CsvSource({"1, 4096", "256, 4096", "257, 8192", "512, 8192", "513, 4096", "5000, 512", "50000, 512"})
    void takesEnoughOfAFewFilesAndOfAllTogether(int files, int size) {
        SamplePlan plan = SamplePlan.of(new TreeMap<>(Map.of("a", Shape.of(1 << 20))), files);

        assertThat(plan.size()).isEqualTo(size);
        if (files > 256) assertThat((long) size * files).isGreaterThan(2_000_000);
    }

    @ParameterizedTest
    @CsvSource({"64, 262144, 32768", "65, 262144, 4096", "64, 262145, 4096", "2, 8000, 8000"})
    void takesMoreOfAFewFilesOfASmallModel(int files, int elements, int size) {
        SamplePlan plan = SamplePlan.of(new TreeMap<>(Map.of("a", Shape.of(elements))), files);

        assertThat(plan.size()).isEqualTo(size);
    }

    @Test
    void placesEveryStretchElsewhereForOtherTensors() {
        SamplePlan plan = SamplePlan.of(new TreeMap<>(Map.of("a", Shape.of(1 << 20))), 32);

        assertThat(SamplePlan.of(new TreeMap<>(Map.of("a", Shape.of(1 << 20))), 32))
                .isEqualTo(plan);
        assertThat(SamplePlan.of(new TreeMap<>(Map.of("b", Shape.of(1 << 20))), 32)
                        .identity())
                .isNotEqualTo(plan.identity());
    }

    @Test
    void leavesOutTensorsThatAreTheSameInAllFiles() {
        SamplePlan plan =
                SamplePlan.of(new TreeMap<>(Map.of("mask", Shape.of(2), "scale", Shape.of(1), "w", Shape.of(3))), 32);
        SampledElements first =
                new SampledElements(new double[] {0, -1e4, 1, 1, 2, 3}, new double[] {0, 5, 6, 7, 8, 9});
        SampledElements second =
                new SampledElements(new double[] {0, -1e4, 2, 1, 2, 4}, new double[] {0, 5, 6, 7, 8, 9});

        SampleSummary of = SampleSummary.of(plan, first, false);
        int[] moving = plan.moving(List.of(of, SampleSummary.of(plan, second, false)), () -> first);

        assertThat(moving).containsExactly(2, 3, 4, 5);
        assertThat(first.at(moving).roundingVariance()).isEqualTo(7.5);
        assertThat(plan.moving(List.of(of, of), () -> first)).hasSize(6);
    }

    @Test
    void readsTheSameElementsWhateverTheStrides() throws IOException {
        float[] rowMajor = new float[100 * 70];
        float[] columnMajor = new float[rowMajor.length];
        for (int i = 0; i < 100; i++)
            for (int j = 0; j < 70; j++) rowMajor[i * 70 + j] = columnMajor[j * 100 + i] = i + j / 128f;
        WeightFile rows = WeightFiles.read(TestFiles.safetensors(temporary.resolve("rows"), "w", rowMajor));
        WeightFile columns = WeightFiles.read(TestFiles.safetensors(temporary.resolve("columns"), "w", columnMajor));
        Shape shape = Shape.of(100, 70);
        SamplePlan plan = SamplePlan.of(new TreeMap<>(Map.of("w", shape)), 100);

        SampledElements fromRows = SampleReader.read(withLayout(rows, shape, List.of(70L, 1L)), plan, anywhere -> true);
        SampledElements fromColumns =
                SampleReader.read(withLayout(columns, shape, List.of(1L, 100L)), plan, anywhere -> true);

        List<Double> expected = new ArrayList<>();
        for (SamplePlan.Stretch s : plan.stretches())
            for (int i = 0; i < s.count(); i++) expected.add((double) rowMajor[(int) s.first() + i]);
        assertThat(fromRows.values())
                .hasSize(4096)
                .containsExactly(expected.stream().mapToDouble(v -> v).toArray());
        assertThat(fromColumns.values()).containsExactly(fromRows.values());
    }

    @Test
    void estimatesTheDistancesBetweenWholeFiles() throws IOException {
        WeightFile newest = fixture("0000262-0.050");
        TreeMap<String, Shape> tensors = new TreeMap<>();
        for (Tensor t : newest.tensors()) if (t.dtype().isFloating()) tensors.put(t.name(), t.shape());
        List<SamplePlan.Stretch> everything = new ArrayList<>();
        tensors.forEach((name, shape) -> everything.add(new SamplePlan.Stretch(name, 0, (int) shape.elements())));
        SamplePlan plan = SamplePlan.of(tensors, 32);

        for (String other : List.of("0000016-0.100", "0000131-0.050", "0000245-0.050", "0000262-0.100"))
            assertThat(distance(newest, fixture(other), plan))
                    .isCloseTo(
                            distance(newest, fixture(other), new SamplePlan("everything", everything)),
                            withinPercentage(7)); // three standard errors of 4096 normal squares
    }

    private static WeightFile fixture(String name) throws IOException {
        return WeightFiles.read(Fixtures.fixture("safetensors/network-snapshot-" + name + ".safetensors"));
    }

    private static double distance(WeightFile a, WeightFile b, SamplePlan plan) throws IOException {
        double[] x = SampleReader.read(a, plan, anywhere -> true).values();
        double[] y = SampleReader.read(b, plan, anywhere -> true).values();
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += (x[i] - y[i]) * (x[i] - y[i]);
        return sum / x.length;
    }

    private static WeightFile withLayout(WeightFile file, Shape shape, List<Long> strides) {
        Tensor t = file.tensors().getFirst();
        return new WeightFile(
                file.path(),
                file.format(),
                file.parts(),
                file.metadata(),
                List.of(new Tensor(t.name(), t.dtype(), shape, strides, t.part(), t.offset(), t.role())));
    }

    @Test
    void givesTheRoundingVarianceOfTheStoredType() throws IOException {
        byte[] halves = new byte[64]; // 32 halves of value 1 (0x3c00), whose neighbour is 2^-10 away
        for (int i = 0; i < 32; i++) halves[2 * i + 1] = 0x3c;
        Path path = Files.write(temporary.resolve("halves"), halves);
        Tensor tensor = new Tensor("w", DType.F16, Shape.of(32), List.of(1L), 0, 0, Tensor.TensorRole.PARAMETER);
        FilePart part = new FilePart(path, FileStamp.of(path).orElseThrow(), "", "");
        WeightFile file = new WeightFile(path, Format.SAFETENSORS, List.of(part), Map.of(), List.of(tensor));

        SampledElements sample = SampleReader.read(
                file, SamplePlan.of(new TreeMap<>(Map.of("w", tensor.shape())), 32), anywhere -> true);

        assertThat(sample.values()).containsOnly(1);
        assertThat(sample.roundingVariances()).hasSize(32);
        for (double variance : sample.roundingVariances())
            assertThat(variance).isCloseTo(Math.pow(2, -20) / 12, withinPercentage(1e-9));
    }
}
