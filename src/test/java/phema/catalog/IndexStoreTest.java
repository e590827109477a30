package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;
import phema.format.FileStamp;
import phema.format.WeightFiles;
import phema.tensor.DType;

class IndexStoreTest {
    @ParameterizedTest
    @ValueSource(strings = {"clusters/cuts/.metadata", "torch/training.ckpt"})
    void whatIsRememberedIsWhatWasRead(String file) throws IOException {
        RememberedFile.Indexed indexed = new RememberedFile.Indexed(WeightFiles.read(Fixtures.fixture(file)))
                .with("ema.", sampled(new SampledElements(new double[] {1, 2}, new double[] {0, 0})));
        IndexStore.Stored remembered =
                IndexStore.unpack(IndexStore.pack(IndexStore.stored(FileStamp.UNKNOWN, indexed)));
        assertThat(remembered.file()).isEqualTo(indexed.file());
        IndexStore.StoredSample sample =
                Objects.requireNonNull(remembered.samples().get("ema."));
        assertThat(sample.scales()).containsEntry("scale", 2.0);
        assertThat(sample.summary().tensors()).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
        assertThat(sample.summary().notFinite()).containsExactly(new SamplePlan.NotFinite("mask", -1 / 0.0));
        assertThat(sample.summary().endsInZeros()).isTrue();
    }

    private static RememberedFile.Sampled sampled(SampledElements numbers) {
        return new RememberedFile.Sampled(
                "plan",
                new SampleSummary(
                        new byte[] {1, 2, 3, 4, 5, 6, 7, 8}, List.of(new SamplePlan.NotFinite("mask", -1 / 0.0)), true),
                Map.of("scale", 2.0),
                SampledNumbers.of(numbers));
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F64", "F32", "F16", "BF16"})
    void numbersOfSamplesAreTheSameBits(DType type) {
        double[] values = {1, -0.0, 0.1, Double.NaN, Double.NEGATIVE_INFINITY, 3e-5, 255.5, 1e-30, 0};
        // What files of the type hold.
        double[] stored = type == DType.F64
                ? values
                : Arrays.stream(values).map(value -> (float) value).toArray();
        double[] rounding = Arrays.stream(stored)
                .map(value -> type.ulp(value) * type.ulp(value) / 12)
                .toArray();
        byte[] packed = SampleCodec.pack(Map.of(
                "", sampled(new SampledElements(stored, rounding)),
                "ema.", sampled(new SampledElements(new double[] {7}, new double[] {0}))));
        SampledElements read = SampleCodec.find(packed, "", "plan").orElseThrow();
        assertThat(read.values()).containsExactly(stored);
        assertThat(read.roundingVariances()).containsExactly(rounding);
        assertThat(SampleCodec.find(packed, "ema.", "plan").orElseThrow().values())
                .containsExactly(7);
        assertThat(SampleCodec.find(packed, "ema.", "another plan")).isEmpty();
    }
}
