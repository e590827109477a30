package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.format.Tensor;
import phema.profile.Impulse;
import phema.profile.ProfileSpec;
import phema.tensor.DType;
import phema.tensor.Shape;

/** Tensors that no average of weights may be made of. */
class NotAveragedTest {
    private static final byte[] MINUS_ONE = {-1, -1, -1, -1, -1, -1, -1, -1};

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
        "blocks.0.weight, blocks.0.SCB, I8",
        "blocks.0.qweight, blocks.0.scales, I32",
        "blocks.0.qweight, blocks.0.wscales, I8",
        "blocks.0.weight_packed, blocks.0.weight_scale, I32",
        "blocks.0.weight_packed, blocks.0.weight_global_scale, U8",
        "blocks.0.W_q, blocks.0.scale, U8",
        "blocks.0.weight._data, blocks.0.weight._scale, I8",
        "blocks.0._weight_qdata, blocks.0._weight_scale, I8",
        "blocks.0.weight, blocks.0.weight.quant_state.bitsandbytes__nf4, U8",
        "blocks.0.weight, blocks.0.weight.nested_absmax, U8",
        "experts.gate_up_proj_blocks, experts.gate_up_proj_scales, U8",
        "blocks.0.weight, blocks.0.weight_scales, I8"
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
        Run run = run(code("w", DType.F8_E4M3), weight("other"));
        assertThat(averaged(run)).containsExactlyInAnyOrder("w", "other");
        assertThat(run.notices())
                .anyMatch(notice -> notice.startsWith("1 tensor is of 8 bits without a scale, such as w, F8_E4M3"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bn.running_mean",
                "bn.running_var",
                "bn.moving_variance",
                "w_mask",
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

    @ParameterizedTest
    @CsvSource({"bn.mean, bn.var", "w_bar, w_u", "conv.u0, conv.sv0"})
    void someAreToldOnlyByWhatLiesBesideThem(String name, String beside) throws IOException {
        Run run = run(weight("other"), weight(name), weight(beside));
        assertThat(averaged(run)).doesNotContain(beside).contains("other");
        assertThat(averaged(run).contains(name)).isEqualTo(name.endsWith("_bar"));
        for (String lonely : List.of(name, beside)) {
            try (var files = Files.list(folder)) {
                for (Path file : files.toList()) Files.delete(file);
            }
            assertThat(averaged(run(weight("other"), weight(lonely)))).contains(lonely);
        }
    }

    /** What NoisyNet draws anew before each step, beside the mean and the scale that it learns. */
    @Test
    void noiseComesFromTheNewestFile() throws IOException {
        Run run = run(
                weight("fc.weight_mu"), weight("fc.weight_sigma"), weight("fc.weight_epsilon"), weight("a_epsilon"));
        assertThat(averaged(run)).containsExactlyInAnyOrder("fc.weight_mu", "fc.weight_sigma", "a_epsilon");
        assertThat(run.notices()).anyMatch(notice -> notice.contains("fc.weight_epsilon"));
    }

    /** Both are learned, in the old names and the new. */
    @Test
    void weightNormalizationIsAveraged() throws IOException {
        String[] learned = {
            "conv.weight_g",
            "conv.weight_v",
            "conv.parametrizations.weight.original0",
            "conv.parametrizations.weight.original1",
            "lora_magnitude_vector",
            "norm.weight",
            "norm.scale"
        };
        assertThat(averaged(run(Stream.of(learned).map(NotAveragedTest::weight).toArray(Entry[]::new))))
                .containsExactlyInAnyOrder(learned);
    }

    /** Whatever they are called. */
    @ParameterizedTest
    @EnumSource(names = {"I8", "U8", "I16", "U16", "I32", "U32", "I64", "U64"})
    void integersThatChangeBesideFloatingNumbersAreCodes(DType dtype) throws IOException {
        Run run = changing("layer.mystery", dtype, Shape.of(2, 3), "layer.factor");
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded())
                .hasSize(2)
                .allSatisfy(e -> assertThat(e.message())
                        .contains("`layer.mystery` (" + dtype + ")", "`layer.factor`", "under buffers in phema.yaml"));
        Files.writeString(
                folder.resolve("phema.yaml"),
                "files: 'step-{time}.safetensors'\nprofile: impulse\nbuffers: ['layer.mystery']\n");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(2);
    }

    @Test
    void arraysOfNumpyBesideTensorsAreNotLeftOutWithoutAWord() throws IOException {
        for (int step : new int[] {100, 200})
            Files.copy(Fixtures.fixture("torch/arrays_2.pt"), folder.resolve("step-%05d.pt".formatted(step)));
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).notices())
                .anyMatch(notice -> notice.startsWith("Beside tensors these files hold arrays of NumPy")
                        && notice.contains("`model.body.bias` and 1 more"));
        for (int step : new int[] {100, 200})
            Files.copy(
                    Fixtures.fixture("torch/arrays_alone.pt"),
                    folder.resolve("step-%05d.pt".formatted(step)),
                    StandardCopyOption.REPLACE_EXISTING);
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).excluded())
                .hasSize(2)
                .allSatisfy(e -> assertThat(e.message())
                        .contains("holds no tensors but arrays of NumPy, `body.bias` and 1 more"));
    }

    /** Of sparse weights, of which others are kept in each file, and of books of codes. */
    @ParameterizedTest
    @CsvSource({"sp.indices, I64", "sp.col_indices, I64", "sp.idx, I32", "lin.codes, I64", "lin.perm, I64"})
    void placesOfOneDimensionThatChangeAreAskedFor(String name, DType dtype) throws IOException {
        Run run = changing(name, dtype, Shape.of(4), name.replaceFirst("\\..*", ".values"));
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded())
                .hasSize(2)
                .allSatisfy(e -> assertThat(e.message()).contains("`" + name + "`", "places of sparse ones"));
    }

    @Test
    void countersAndTablesAreNoCodes() throws IOException {
        assertThat(changing("bn.num_batches_tracked", DType.I32, Shape.of(), "bn.weight")
                        .snapshots())
                .hasSize(2);
        assertThat(changing("router.tokens", DType.I32, Shape.of(8), "router.weight")
                        .snapshots())
                .hasSize(2);
        assertThat(changing("cache.seen", DType.I64, Shape.of(8, 2), "cache.weight")
                        .snapshots())
                .hasSize(2);
        assertThat(changing("router.tokens_per_expert", DType.I64, Shape.of(8), "router.weight")
                        .snapshots())
                .hasSize(2);
        assertThat(changing("other.table", DType.I32, Shape.of(8, 2), "cache.weight")
                        .snapshots())
                .hasSize(2);
        assertThat(run(
                                new Entry("attn.bias", DType.U8, Shape.of(1, 4), new byte[4]),
                                new Entry("attn.relative_position_index", DType.I32, Shape.of(2, 2), new byte[16]),
                                weight("attn.masked_bias"),
                                weight("attn.scale"))
                        .snapshots())
                .hasSize(2);
    }

    private Run changing(String name, DType dtype, Shape shape, String beside) throws IOException {
        for (int i = 1; i <= 2; i++) {
            byte[] bytes = new byte[(int) dtype.bytes(shape.elements())];
            bytes[bytes.length - 1] = (byte) i;
            TestWeights.safetensors(
                    folder.resolve("step-00%d000.safetensors".formatted(i)),
                    Map.of(),
                    List.of(new Entry(name, dtype, shape, bytes), Entry.of(beside, DType.F32, Shape.of(2), i, i)));
        }
        return RunScanner.scan(folder, Selection.DEFAULT);
    }

    @Test
    void theManifestCanHaveThemAveraged() throws IOException {
        Files.writeString(
                folder.resolve("phema.yaml"),
                "files: 'step-{time}.safetensors'\nprofile: impulse\nparameters: ['*.running_mean']\n");
        assertThat(averaged(run(weight("w"), weight("bn.running_mean"))))
                .containsExactlyInAnyOrder("w", "bn.running_mean");
    }

    /** As MoCo and ALBEF keep past outputs: each replaces the oldest, and their norm is one. */
    @ParameterizedTest
    @CsvSource({
        "state_dict.queue, state_dict.queue_ptr, true",
        "queue, queue_ptr, true",
        "m.image_queue, m.queue_ptr, true",
        "module.queue_l, module.queue_l_ptr, true",
        "m.memory_bank, m.bank_ptr, true",
        "queue, other.queue_ptr, false",
        "m.queue, m.weight_ptrs, false",
        "enqueue.weight, enqueue.ptr, false"
    })
    void queuesComeFromTheNewestFile(String name, String pointer, boolean queue) throws IOException {
        Run run = run(weight("state_dict.w"), weight(name), new Entry(pointer, DType.I64, Shape.of(1), new byte[8]));
        assertThat(averaged(run).contains(name)).isNotEqualTo(queue);
        assertThat(run.notices().stream().filter(notice -> notice.contains("queues") && notice.contains(" " + name)))
                .hasSize(queue ? 1 : 0);
    }

    /** Forms that torch's optimizers do not have, of whatever word. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "opt_state.slots",
                "optim_g.m",
                "optimizer.z",
                "last_optimizer_state.x",
                "opt.m",
                "adam.m adam.v",
                "trainer_state.m trainer_state.v",
                "state.inner.mu state.inner.nu"
            })
    void momentsOfOptimizersComeFromTheNewestFile(String words) throws IOException {
        List<Entry> tensors = network("net.");
        for (String word : words.split(" ")) tensors.addAll(network(word + "."));
        Run run = run(tensors.toArray(Entry[]::new));
        assertThat(averaged(run)).hasSize(4).allMatch(name -> name.startsWith("net."));
        assertThat(run.notices()).anyMatch(notice -> notice.contains("state of the training job, such as "));
    }

    /** One dictionary for each weight. */
    @Test
    void momentsByWeightComeFromTheNewestFile() throws IOException {
        List<Entry> tensors = network("model.");
        for (Entry one : network("adam."))
            for (String moment : List.of(".m", ".v"))
                tensors.add(new Entry(one.name() + moment, one.dtype(), one.shape(), one.bytes()));
        assertThat(averaged(run(tensors.toArray(Entry[]::new)))).hasSize(4).allMatch(name -> name.startsWith("model."));
    }

    /** Layers of such names, a network called so, and what a manifest asks for. */
    @Test
    void whatOnlyLooksLikeMomentsIsAveraged() throws IOException {
        assertThat(averaged(run(weight("a.m.weight"), weight("a.v.weight"), weight("a.q.weight"))))
                .hasSize(3);
        List<Entry> networks = network("m.");
        networks.addAll(network("v."));
        assertThat(averaged(run(networks.toArray(Entry[]::new)))).hasSize(8);
        List<Entry> model = network("opt.");
        model.addAll(List.of(weight("vision.first.weight"), weight("vision.second.weight")));
        assertThat(averaged(run(model.toArray(Entry[]::new)))).hasSize(6);
        List<Entry> both = network("net.");
        both.addAll(network("optimizer."));
        Files.writeString(
                folder.resolve("phema.yaml"),
                "files: 'step-{time}.safetensors'\nprofile: impulse\nprefix: 'optimizer.'\n");
        assertThat(averaged(run(both.toArray(Entry[]::new)))).hasSize(4);
    }

    private static List<Entry> network(String prefix) {
        return Stream.of("in.weight", "in.bias", "out.weight", "out.bias")
                .map(name -> weight(prefix + name))
                .collect(Collectors.toCollection(ArrayList::new));
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
        "model, ema_0.99",
        "model, ema.0.99",
        "model, model_ema_1",
        "model, emas",
        "model, modelEMA",
        "model, swa",
        "model, avg_model",
        "model, ema_shadow",
        "model, mean_teacher",
        "dit, ema_dit",
        "model_state_dict, ema_model_state_dict",
        "backbone, momentum_backbone",
        "state_dict.backbone, state_dict.momentum_backbone",
        "state_dict, callbacks.EMACallback.ema_state_dict",
        "app.net, app.ema_net"
    })
    void averagesBesideRawWeightsAreAskedFor(String raw, String average) throws IOException {
        Run run = run(weight(raw + ".w"), weight(average + ".w"));
        boolean swapped = average.equals("current_model_state");
        assertThat(run.snapshots()).hasSize(2).allSatisfy(s -> {
            assertThat(s.name()).endsWith("#" + (swapped ? average : raw));
            assertThat(s.profile()).isInstanceOf(Impulse.class);
        });
        assertThat(run.excluded())
                .hasSize(2)
                .allSatisfy(e -> assertThat(e.message())
                        .contains("#" + (swapped ? raw : average), "averages that nobody recorded"));
        assertThat(run.notices())
                .anySatisfy(
                        notice -> assertThat(notice).contains("too few, or", "averages: [{prefix: '", "phema.yaml"));
        Files.writeString(
                folder.resolve("phema.yaml"),
                "files: 'step-{time}.safetensors'\nprofile: impulse\nprefix: '" + raw + ".'\n");
        assertThat(averaged(RunScanner.scan(folder, Selection.DEFAULT))).containsExactly("w");
    }

    /** Whatever is called an average: composer has the raw weights under that name, and the average as the model. */
    @ParameterizedTest
    @CsvSource({"state.model, state.algorithms.0.1.ema_model", "backbone, model_ema"})
    void weightsOfWhichNobodyKnowsTheRawOnesAreAskedFor(String one, String other) throws IOException {
        Run run = run(weight(one + ".w"), weight(other + ".w"));
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded())
                .hasSize(2)
                .allSatisfy(e ->
                        assertThat(e.message()).contains("holds weights more than once", "prefix: '", "phema.yaml"));
        Files.writeString(
                folder.resolve("phema.yaml"),
                "files: 'step-{time}.safetensors'\nprofile: impulse\nprefix: '" + one + ".'\n");
        assertThat(averaged(RunScanner.scan(folder, Selection.DEFAULT))).containsExactly("w");
    }

    /** What Lightning's averaging counts is no set of weights that a prefix could choose. */
    @Test
    void proposesAPrefixThatHasWeights() throws IOException {
        assertThat(run(weight("state_dict.w"), weight("current_model_state.w"), weight("averaging_state.n_averaged"))
                        .manifest())
                .contains("- {prefix: 'current_model_state.', profile: impulse}");
    }

    /** Averaging may begin later, or be saved later only. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "files: 'step-{time}.safetensors'\naverages: [{prefix: 'model.', profile: impulse},"
                        + " {prefix: 'ema.', profile: 'ema:0.999,warmup=none,after=2000'}]\n"
            })
    void filesFromBeforeTheAverageAreUsedForTheirRawWeights(String manifest) throws IOException {
        if (!manifest.isEmpty()) Files.writeString(folder.resolve("phema.yaml"), manifest);
        for (int i = 1; i <= 5; i++) {
            List<Entry> tensors = new ArrayList<>(List.of(weight("model.w"), weight("model.v")));
            if (i > 2) tensors.addAll(List.of(weight("ema.w"), weight("ema.v")));
            TestWeights.safetensors(folder.resolve("step-00%d000.safetensors".formatted(i)), Map.of(), tensors);
        }
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots().stream().map(Snapshot::name).filter(name -> name.endsWith("#model")))
                .hasSize(5);
        assertThat(run.snapshots()).hasSize(manifest.isEmpty() ? 5 : 8);
        assertThat(run.notices())
                .contains("2 of 5 files hold nothing below `ema.`, and are used for their other weights.");
    }

    /** As flow_matching saves its average. */
    @Test
    void aListOfTensorsWithoutNamesIsNoAverageOfNamedOnes() throws IOException {
        Files.writeString(
                folder.resolve("phema.yaml"),
                "files: 'step-{time}.safetensors'\naverages: [{prefix: 'model.model.', profile: impulse},"
                        + " {prefix: 'model.shadow_params.', profile: 'exponential:decay=0.99'}]\n");
        assertThat(run(weight("model.model.a.w"), weight("model.model.b.w"), weight("model.shadow_params.0"))
                        .excluded())
                .isNotEmpty()
                .allSatisfy(e -> assertThat(e.message())
                        .contains("numbers for names", "`prefix: 'model.model.'` and `profile: impulse`")
                        .contains("`prefix: 'model.shadow_params.'` and the profile"));
    }

    /** Alone, an average of any profile is as likely. */
    @ParameterizedTest
    @CsvSource({"ema., 'exponential:decay=0.999', true", "model., impulse, false", "head., 'power:0.1', false"})
    void saysWhereRawWeightsWouldTellWhetherAnAverageIsStatedRight(String prefix, String profile, boolean said)
            throws IOException {
        Files.writeString(
                folder.resolve("phema.yaml"),
                "files: 'step-{time}.safetensors'\nprefix: '" + prefix + "'\nprofile: '" + profile + "'\n");
        for (int i = 1; i <= 3; i++)
            TestWeights.safetensors(
                    folder.resolve("step-00%d000.safetensors".formatted(i)),
                    Map.of(),
                    List.of(weight("model.w"), weight("ema.w"), weight("head.x")));
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).hasSize(3);
        assertThat(run.notices().stream()
                        .anyMatch(notice -> notice.contains("raw weights below `model.` of the same files")
                                && notice.contains("{prefix: 'ema.', profile: ...}")))
                .isEqualTo(said);
    }

    /** A constant decay that began anew has another profile than it says, until it has forgotten what it began with. */
    @Test
    void anAverageThatBeganLateIsUsedOnceItHasForgottenThat() throws IOException {
        for (int i = 1; i <= 8; i++) {
            List<Entry> tensors = new ArrayList<>(List.of(weight("model.w")));
            if (i > 2)
                tensors.addAll(List.of(
                        weight("model_ema.w"),
                        Entry.of("model_ema.decay", DType.F32, Shape.of(), 0.999f),
                        new Entry("model_ema.num_updates", DType.I64, Shape.of(), MINUS_ONE)));
            TestWeights.safetensors(folder.resolve("step-00%d000.safetensors".formatted(i)), Map.of(), tensors);
        }
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots().stream().map(Snapshot::name).filter(name -> name.endsWith("#model_ema")))
                .containsExactly("step-007000.safetensors#model_ema", "step-008000.safetensors#model_ema");
        assertThat(run.excluded())
                .hasSize(4)
                .allSatisfy(e -> assertThat(e.message()).contains("began after time 2000"));
    }

    /** Files say by what they have counted, or a manifest, that older ones hold nothing that is missing. */
    @ParameterizedTest
    @CsvSource({
        "2000, ''",
        "1999, ''",
        "2000, 'ema:0.9999,warmup=10,after=2000'",
        "0, 'ema:0.9999,warmup=10,after=2000'"
    })
    void anAverageThatSaysWhenItBeganIsUsedWithTheRawWeightsBefore(int began, String stated) throws IOException {
        for (int time = 1000; time <= 6000; time += 1000) {
            List<Entry> tensors = new ArrayList<>(List.of(weight("model.w")));
            if (time > 2000) tensors.addAll(average(time - began));
            TestWeights.safetensors(folder.resolve("step-00%d.safetensors".formatted(time)), Map.of(), tensors);
        }
        if (!stated.isEmpty())
            Files.writeString(
                    folder.resolve("phema.yaml"),
                    "files: 'step-{time}.safetensors'\naverages: [{prefix: 'model.', profile: impulse},"
                            + " {prefix: 'model_ema.', profile: '" + stated + "'}]\n");
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.excluded()).isEmpty();
        assertThat(run.snapshots()).hasSize(10);
        assertThat(run.snapshots())
                .filteredOn(snapshot -> snapshot.name().endsWith("#model_ema"))
                .hasSize(4)
                .allSatisfy(snapshot -> assertThat(ProfileSpec.print(snapshot.profile()))
                        .isEqualTo("ema:0.9999,warmup=10,after=" + (stated.isEmpty() ? Math.max(began, 0) : 2000)));
    }

    /** One that has counted from the beginning, which an older file lacks, is not what it says. */
    @Test
    void anAverageThatSaysThatItBeganBeforeIsNotUsed() throws IOException {
        for (int time = 1000; time <= 6000; time += 1000) {
            List<Entry> tensors = new ArrayList<>(List.of(weight("model.w")));
            if (time > 2000) tensors.addAll(average(time - 1000));
            TestWeights.safetensors(folder.resolve("step-00%d.safetensors".formatted(time)), Map.of(), tensors);
        }
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).hasSize(6);
        assertThat(run.excluded())
                .hasSize(4)
                .allSatisfy(e -> assertThat(e.message()).contains("began after time 2000"));
    }

    private static List<Entry> average(int updates) {
        return List.of(
                weight("model_ema.w"),
                Entry.of("model_ema.decay", DType.F32, Shape.of(), 0.9999f),
                new Entry("model_ema.num_updates", DType.I32, Shape.of(), littleEndian(updates)));
    }

    /** What averages have counted is no other file's, however alike two files are. */
    @Test
    void eachFileSaysWhatItsOwnAverageHasCounted() throws IOException {
        for (int time = 1000; time <= 4000; time += 1000)
            TestWeights.safetensors(
                    folder.resolve("step-00%d.safetensors".formatted(time)),
                    Map.of(),
                    Stream.concat(Stream.of(weight("model.w")), average(time).stream())
                            .toList());
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots())
                .filteredOn(snapshot -> snapshot.name().endsWith("#model_ema"))
                .hasSize(4)
                .allSatisfy(snapshot -> {
                    assertThat(ProfileSpec.print(snapshot.profile())).isEqualTo("ema:0.9999,warmup=10");
                    assertThat(snapshot.file().metadata())
                            .containsEntry("model_ema.num_updates", String.valueOf(Math.round(snapshot.time())));
                });
    }

    private static byte[] littleEndian(int number) {
        return ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(number)
                .array();
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

    /** What a module of a model may be called, which is no network of its own. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "schema",
                "avgpool",
                "shadow_mapping",
                "target_embedding",
                "teacher_forcing",
                "momentum_encoder",
                "swa",
                "ema_gate",
                "blocks.0.ema"
            })
    void aWordInsideAModelIsNoAverage(String word) throws IOException {
        Entry large = Entry.of("blocks.0.mlp", DType.F32, Shape.of(64), new float[64]);
        assertThat(averaged(run(large, weight(word + ".w")))).containsExactlyInAnyOrder("blocks.0.mlp", word + ".w");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ema_0.99", "ema_model_state_dict", "swa", "shadow", "teacher", "target_network", "emas"})
    void anAverageAloneIsAskedForByWhateverItIsCalled(String word) throws IOException {
        assertThat(run(weight(word + ".a"), weight(word + ".b.c")).excluded())
                .hasSize(2)
                .allSatisfy(e -> assertThat(e.message())
                        .contains("holds an average under `" + word + ".*`", "`prefix: '" + word + ".'`"));
    }

    /** Of several averages of several networks, none of which has all that another has. */
    @Test
    void severalNetworksWithAveragesOfTheirOwnAreAskedFor() throws IOException {
        Entry[] all = {weight("encoder.w"), weight("ema_encoder.w"), weight("head.v"), weight("ema_head.v")};
        assertThat(run(all).excluded())
                .hasSize(2)
                .allSatisfy(e -> assertThat(e.message())
                        .contains("`exclude: ['ema_encoder.*', 'ema_head.*']` and `profile: impulse`"));
        Files.writeString(
                folder.resolve("phema.yaml"),
                "files: 'step-{time}.safetensors'\nprofile: impulse\nexclude: ['ema_encoder.*', 'ema_head.*']\n");
        assertThat(averaged(run(all))).containsExactlyInAnyOrder("encoder.w", "head.v");
        Files.writeString(
                folder.resolve("phema.yaml"), "files: 'step-{time}.safetensors'\nprofile: impulse\nprefix: ''\n");
        assertThat(averaged(run(all))).hasSize(4);
    }

    /** An average that an optimizer keeps as a list is not among the weights, nor what callbacks keep. */
    @ParameterizedTest
    @ValueSource(strings = {"optimizer_states.0.ema.0", "callbacks.EMA.ema_weights.0"})
    void theStateOfAJobIsNoWeights(String name) throws IOException {
        assertThat(averaged(run(weight("state_dict.w"), weight(name)))).containsExactly("state_dict.w");
    }

    @Test
    void anAverageAloneIsNeverTakenForRawWeights() throws IOException {
        assertThat(run(weight("module.w"), weight("n_averaged")).excluded())
                .hasSize(2)
                .allSatisfy(e -> assertThat(e.message()).contains("holds an average under `module.*`"));
        Run run = run(weight("ema_model.w"), weight("step"));
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded())
                .hasSize(2)
                .allSatisfy(e -> assertThat(e.message()).contains("holds an average under `ema_model.*`"));
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

    /** Of values at steps 1000, 2000, ..., in tensors of one element and so many dimensions. */
    @ParameterizedTest
    @CsvSource({
        "1000 2000 3000 4000, F32, 0, true",
        "1000 2000, F32, 0, true",
        "0 1 1 1, F32, 0, true",
        "500 1000 500 1000, F32, 0, true",
        "0.1 0.2 0.3 0.4, F32, 0, true",
        "1000 2000 3000 4000, BF16, 0, true",
        "0.1 0.2, F32, 0, false",
        "0.1 0.2 0.31 0.4, F32, 0, false",
        "0.5 0.5 0.5 0.5, F32, 0, false",
        "200 201 202 204, BF16, 0, false",
        "1 1.0078125 1.015625 1.0234375, BF16, 0, false",
        "1000 2000 3000 4000, F32, 1, true",
        "0.1 0.2 0.3 0.4, F64, 1, true",
        "1000 2000 3000 4000, F32, 2, true",
        "-1.5 -1.25 -1 -1.1, F32, 1, false", // the bias of one output
        "0 0 0 0.25, F32, 1, false", // the scale of a branch that begins with none
        "2.65 2.66 2.68 2.69, F32, 1, false" // the logarithm of a temperature
    })
    void numbersThatCountComeFromTheNewestFile(String values, DType dtype, int dimensions, boolean counts)
            throws IOException {
        Shape shape = new Shape(Collections.nCopies(dimensions, 1L));
        int step = 0;
        for (String value : values.split(" "))
            TestWeights.safetensors(
                    folder.resolve("step-%06d.safetensors".formatted(step += 1000)),
                    Map.of(),
                    List.of(weight("w"), Entry.of("n", dtype, shape, Float.parseFloat(value))));
        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(averaged(run)).isEqualTo(counts ? List.of("w") : List.of("w", "n"));
        assertThat(run.notices())
                .filteredOn(notice -> notice.contains("numbers that count, such as n."))
                .hasSize(counts ? 1 : 0);

        Files.writeString(
                folder.resolve("phema.yaml"), "files: 'step-{time}.safetensors'\nprofile: impulse\nparameters: [n]\n");
        assertThat(averaged(RunScanner.scan(folder, Selection.DEFAULT))).containsExactly("w", "n");
    }

    /** Files of nothing but such numbers hold weights that happen to be whole. */
    @Test
    void whatCountsStandsBesideWeights() throws IOException {
        for (int i = 1; i <= 3; i++)
            TestWeights.safetensors(
                    folder.resolve("step-00%d000.safetensors".formatted(i)),
                    Map.of(),
                    List.of(Entry.of("w", DType.F32, Shape.of(1), i)));
        assertThat(averaged(RunScanner.scan(folder, Selection.DEFAULT))).containsExactly("w");
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
