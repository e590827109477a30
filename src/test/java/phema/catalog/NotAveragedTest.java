package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.format.Tensor;
import phema.tensor.DType;
import phema.tensor.Shape;

/** Tensors that no average of weights may be made of. */
class NotAveragedTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "w, w_scale, F8_E4M3",
        "blocks.0.weight, blocks.0.weight_scale_inv, F8_E4M3",
        "blocks.0.weight, blocks.0.scale_weight, F8_E5M2",
        "blocks.0.weight, blocks.0.weight.absmax, U8",
        "blocks.0.weight, blocks.0.weight_scale, F4",
        "blocks.0.weight, blocks.0.weight_scale_inv, F6_E3M2",
        "blocks.0.weight, blocks.0.SCB, I8"
    })
    void codesAreRefusedWithTheNameOfTheirScale(String name, String scale, DType dtype) throws IOException {
        Run run = run(code(name, dtype), Entry.of(scale, DType.F32, Shape.of(1), 2), weight("other"));
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded())
                .hasSize(2)
                .allSatisfy(e -> assertThat(e.message())
                        .contains("holds quantised weights: `" + name + "` (" + dtype + ")")
                        .contains("without `" + scale + "`")
                        .contains("dequantised"));
    }

    @ParameterizedTest
    @EnumSource(names = {"F4", "F6_E2M3", "F6_E3M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "C64"})
    void typesThatNothingComputesWithComeFromTheNewestFile(DType dtype) throws IOException {
        Run run = run(code("w", dtype), weight("other"));
        assertThat(run.snapshots()).hasSize(2);
        assertThat(run.notices())
                .anySatisfy(notice -> assertThat(notice)
                        .startsWith("1 tensor is taken from the newest file, not averaged, for its element type")
                        .contains("w, " + dtype));
    }

    @Test
    void codesThatAreLeftOutDoNoHarm() throws IOException {
        Files.writeString(
                folder.resolve("phema.yaml"), "files: 'step-{time}.safetensors'\nprofile: impulse\nexclude: ['w*']\n");
        Run run = run(code("w", DType.F8_E4M3), Entry.of("w_scale", DType.F32, Shape.of(1), 2), weight("other"));
        assertThat(run.snapshots()).hasSize(2);
        assertThat(run.snapshots().getFirst().file().tensors())
                .extracting(Tensor::name)
                .containsExactly("other");
    }

    /** Eight bits alone are a type like others, only coarse. */
    @Test
    void eightBitsWithoutAScaleAreAveraged() throws IOException {
        assertThat(averaged(run(code("w", DType.F8_E4M3), weight("other")))).containsExactlyInAnyOrder("w", "other");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bn.running_mean",
                "bn.running_var",
                "w_u",
                "w_v",
                "conv.parametrizations.weight.0._u",
                "conv.parametrizations.weight.0._v"
            })
    void statisticsAndPowerIterationsComeFromTheNewestFile(String name) throws IOException {
        Run run = run(weight("w_orig"), weight(name));
        assertThat(averaged(run)).containsExactly("w_orig");
        assertThat(run.notices())
                .anySatisfy(notice -> assertThat(notice)
                        .startsWith("1 tensor is taken from the newest file, not averaged")
                        .contains(name));
    }

    @Test
    void theManifestCanHaveThemAveraged() throws IOException {
        Files.writeString(
                folder.resolve("phema.yaml"),
                "files: 'step-{time}.safetensors'\nprofile: impulse\nparameters: ['*.running_mean']\n");
        assertThat(averaged(run(weight("w"), weight("bn.running_mean"))))
                .containsExactlyInAnyOrder("w", "bn.running_mean");
    }

    /** A gate called {@code w_u} is a weight like others where no {@code w_orig} says otherwise. */
    @Test
    void namesAloneDoNotMakeAPowerIteration() throws IOException {
        assertThat(averaged(run(weight("w_u"), weight("w_v")))).containsExactlyInAnyOrder("w_u", "w_v");
    }

    @ParameterizedTest
    @CsvSource({
        "model, ema",
        "model, model_ema",
        "online_model, ema_model",
        "net, net_ema",
        "state_dict, state_dict_ema",
        "state_dict, current_model_state",
        "state_dict.model, state_dict.model_ema",
        "params, params_ema",
        "g, g_ema",
        "student, teacher",
        "encoder, target_encoder",
        "state.model, state.algorithms.0.1.ema_model"
    })
    void averagesBesideRawWeightsAreAskedFor(String raw, String average) throws IOException {
        Run run = run(weight(raw + ".w"), weight(average + ".w"));
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded())
                .hasSize(2)
                .allSatisfy(e ->
                        assertThat(e.message()).contains("holds weights more than once", "prefix: '", "phema.yaml"));
        Files.writeString(
                folder.resolve("phema.yaml"),
                "files: 'step-{time}.safetensors'\nprofile: impulse\nprefix: '" + raw + ".'\n");
        assertThat(averaged(RunScanner.scan(folder, Selection.DEFAULT))).containsExactly("w");
    }

    /** A profile in the name is one for all weights, which raw weights do not have. */
    @Test
    void averagesBesideRawWeightsAreAskedForWhereNamesStateAProfile() throws IOException {
        for (int kimg : new int[] {16, 32})
            TestWeights.safetensors(
                    folder.resolve("network-snapshot-%07d-0.100.safetensors".formatted(kimg)),
                    Map.of(),
                    List.of(weight("model.w"), weight("ema.w")));
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded())
                .hasSize(2)
                .allSatisfy(e -> assertThat(e.message()).contains("holds weights more than once", "`prefix: 'ema.'`"));
    }

    @Test
    void anAverageAloneIsNeverTakenForRawWeights() throws IOException {
        Run run = run(weight("ema_model.w"), weight("step"));
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded())
                .hasSize(2)
                .allSatisfy(e -> assertThat(e.message()).contains("holds tensors named `ema_model.*` only"));
        Files.writeString(
                folder.resolve("phema.yaml"),
                "files: 'step-{time}.safetensors'\nprofile: power:0.1\nprefix: ema_model.\n");
        assertThat(averaged(RunScanner.scan(folder, Selection.DEFAULT))).containsExactly("w");
    }

    @Test
    void theStepIsTheClockWhereAnEpochStandsBeforeIt() throws IOException {
        for (int i = 0; i < 3; i++)
            TestWeights.safetensors(
                    folder.resolve("epoch=%d-step=%d.safetensors".formatted(i, 10 * (i + 1))),
                    Map.of(),
                    List.of(weight("w")));
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots())
                .extracting(Snapshot::time)
                .containsExactly(10.0, 20.0, 30.0);
    }

    private static List<String> averaged(Run run) {
        return run.snapshots().getLast().file().tensors().stream()
                .filter(t -> t.role() == Tensor.TensorRole.PARAMETER)
                .map(Tensor::name)
                .toList();
    }

    private Run run(Entry... tensors) throws IOException {
        for (String name : List.of("step-001000", "step-002000"))
            TestWeights.safetensors(folder.resolve(name + ".safetensors"), Map.of(), List.of(tensors));
        return RunScanner.scan(folder, Selection.DEFAULT);
    }

    private static Entry weight(String name) {
        return Entry.of(name, DType.F32, Shape.of(2), 1, 2);
    }

    private static Entry code(String name, DType dtype) {
        Shape shape = Shape.of(dtype.isPacked() ? 4 : 2);
        byte[] bytes = new byte[(int) dtype.bytes(shape.elements())];
        Arrays.fill(bytes, (byte) 0x40);
        return new Entry(name, dtype, shape, bytes);
    }
}
