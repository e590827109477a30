package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.profile.Impulse;
import phema.profile.ProfileSpec;
import phema.tensor.DType;
import phema.tensor.Shape;

/** Averages that were not updated at each step, beside raw weights: most began when their run was under way. */
class LateAveragesTest {
    private static final int SIZE = 2048;
    private static final int STEPS = 2000;

    /** Before its first update torch's {@code AveragedModel} holds what it was made with; that update is a copy. */
    private static final double STILL = 1;

    private static final double COPY = 0;

    private static final String BEFORE = "holds what the average was made with, and no average";

    @TempDir
    Path folder;

    /** What its first files hold is no average, and would be far from any. */
    @ParameterizedTest
    @CsvSource({"0.99, 500, 100", "0.998, 1200, 100", "0.995, 900, 200"})
    void lightningCountsUpdatesSinceTheyBegan(double decay, int start, int every) throws IOException {
        lightning("EMAWeightAveraging", step -> step <= start ? STILL : step == start + 1 ? COPY : decay, start, every);
        Run run = recognised("state_dict", "ema:" + decay + ",warmup=none,after=" + (start + 1));
        assertThat(run.excluded())
                .hasSize(start / every)
                .allSatisfy(e -> assertThat(e.message()).contains(BEFORE));
        assertThat(run.snapshots()).hasSize(2 * STEPS / every - start / every);
    }

    @Test
    void lightningCountsUpdatesThatAreStepsApart() throws IOException {
        lightning(
                "EMAWeightAveraging",
                step -> step <= 600 || step % 10 != 1 ? STILL : step == 601 ? COPY : 0.98,
                step -> step <= 600 ? 0 : (step - 601) / 10 + 1,
                100);
        recognised("state_dict", "ema:0.98,warmup=none,after=601,every=10");
    }

    @Test
    void theMeanOfLightningIsExact() throws IOException {
        lightning("WeightAveraging", step -> step <= 1000 ? STILL : 1 - 1.0 / (step - 1000), 1000, 100);
        recognised("state_dict", "swa:after=1000");
    }

    /** Whoever pastes what is true states the same of files from before, which hold no average. */
    @ParameterizedTest
    @CsvSource({"500", "1000"})
    void filesFromBeforeAreLeftOutWhateverAManifestSays(int every) throws IOException {
        lightning("EMAWeightAveraging", step -> step <= 1200 ? STILL : step == 1201 ? COPY : 0.999, 1200, every);
        Run asked = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(asked.snapshots()).hasSize(STEPS / every).allMatch(s -> s.profile() instanceof Impulse);
        assertThat(asked.manifest()).noneMatch(line -> line.contains("ema:"));
        Files.writeString(
                folder.resolve("phema.yaml"),
                "files: 'epoch=*-step={time}.safetensors'\naverages: [{prefix: 'current_model_state.', profile:"
                        + " impulse}, {prefix: 'state_dict.', profile: 'ema:0.999,warmup=none,after=1201'}]\n");
        Run stated = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(stated.snapshots()).hasSize(STEPS / every + Math.ceilDiv(STEPS - 1200, every));
        assertThat(stated.excluded()).allSatisfy(e -> assertThat(e.message()).contains(BEFORE));
    }

    /** As written in a loop with torch alone: {@code swa_model.update_parameters(model)} from some step on. */
    @Test
    void torchCountsUpdatesOfItsAveragedModel() throws IOException {
        write(
                step -> step <= 800 || step % 50 != 0 ? STILL : 1 - 50.0 / (step - 800),
                (step, weights, average) -> List.of(
                        entry("model.l.w", weights),
                        entry("swa_model.module.l.w", average),
                        count("swa_model.n_averaged", step <= 800 ? 0 : (step - 800) / 50)),
                100);
        recognised("swa_model", "swa:after=800,every=50");
    }

    /** {@code update_averaged_model} at each 50th batch, of which a file of each epoch of 160 has seen more or less. */
    @Test
    void icefallRecordsHowOftenItsMeanIsUpdated() throws IOException {
        write(
                step -> step % 50 == 0 ? 1 - 50.0 / step : STILL,
                (step, weights, average) -> List.of(entry("model.l.w", weights), entry("model_avg.l.w", average)),
                160,
                step -> "epoch-" + step / 160,
                step -> Map.of("batch_idx_train", String.valueOf(step), "average_period", "50"));
        Run run = recognised("model_avg", "swa:every=0.3125");
        assertThat(run.notices())
                .contains("The weights below `model_avg.` are taken for averages of profile swa:every=0.3125, as the"
                        + " files say.");
    }

    @Test
    void whatStandsStillHasNotBegun() throws IOException {
        write(
                step -> step <= 1000 ? STILL : step == 1001 ? COPY : 0.998,
                (step, weights, average) -> List.of(entry("model.l.w", weights), entry("ema.l.w", average)),
                100);
        Run run = recognised("ema", "ema:0.998,warmup=none,after=1001");
        assertThat(run.excluded())
                .hasSize(10)
                .allSatisfy(e -> assertThat(e.message()).contains(BEFORE));
    }

    /** As timm does up to {@code update_after_step}. */
    @Test
    void whatIsACopyHasNotBegun() throws IOException {
        write(
                step -> step <= 1000 ? COPY : 0.995,
                (step, weights, average) ->
                        List.of(entry("state_dict.l.w", weights), entry("state_dict_ema.l.w", average)),
                100);
        recognised("state_dict_ema", "ema:0.995,warmup=none,after=1000");
    }

    @Test
    void whatOlderFilesDoNotHoldMayHaveBegunAfterThem() throws IOException {
        write(
                step -> step <= 1000 ? COPY : 0.999,
                (step, weights, average) -> step <= 1000
                        ? List.of(entry("model.l.w", weights))
                        : List.of(entry("model.l.w", weights), entry("ema.l.w", average)),
                100);
        recognised("ema", "ema:0.999,warmup=none,after=1000");
    }

    /** Saved later than it began. */
    @Test
    void whatOlderFilesDoNotHoldMayBeAsOldAsTheRun() throws IOException {
        write(
                step -> 0.999,
                (step, weights, average) -> step <= 1000
                        ? List.of(entry("model.l.w", weights))
                        : List.of(entry("model.l.w", weights), entry("ema.l.w", average)),
                100);
        recognised("ema", "exponential:decay=0.999");
    }

    /** A single file from before, with nothing that counts: it could be an average that is older. */
    @Test
    void anAverageThatMayBeYoungerIsAskedFor() throws IOException {
        write(
                step -> step <= 150 ? STILL : step == 151 ? COPY : 0.999,
                (step, weights, average) -> List.of(entry("model.l.w", weights), entry("ema.l.w", average)),
                100);
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots())
                .hasSize(20)
                .allMatch(s -> s.profile() instanceof Impulse);
    }

    /** @param average the name of its tensors */
    private Run recognised(String average, String profile) throws IOException {
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots())
                .filteredOn(s -> s.name().endsWith("#" + average))
                .isNotEmpty()
                .allSatisfy(s -> assertThat(s.profile())
                        .as(run.notices().toString())
                        .isEqualTo(ProfileSpec.parse(profile, s.time())));
        Files.write(folder.resolve("phema.yaml"), run.manifest());
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots())
                .extracting(Snapshot::name)
                .isEqualTo(run.snapshots().stream().map(Snapshot::name).toList());
        return run;
    }

    private void lightning(String callback, IntToDoubleFunction decay, int start, int every) throws IOException {
        lightning(callback, decay, step -> Math.max(0, step - start), every);
    }

    private void lightning(String callback, IntToDoubleFunction decay, IntToDoubleFunction updates, int every)
            throws IOException {
        write(
                decay,
                (step, weights, average) -> List.of(
                        entry("current_model_state.l.w", weights),
                        entry("state_dict.l.w", average),
                        count("averaging_state.n_averaged", (long) updates.applyAsDouble(step))),
                every,
                step -> "epoch=0-step=" + step,
                step -> Map.of(
                        "global_step",
                        String.valueOf(step),
                        "callbacks." + callback + ".latest_update_step",
                        String.valueOf(step)));
    }

    /** What a file holds. */
    private interface Content {
        List<Entry> at(int step, float[] weights, float[] average);
    }

    private void write(IntToDoubleFunction decay, Content content, int every) throws IOException {
        write(decay, content, every, step -> "step_" + step, step -> Map.of("step", String.valueOf(step)));
    }

    /** Weights that walk at random, with files of their average, which forgets by a decay in each step. */
    private void write(
            IntToDoubleFunction decay,
            Content content,
            int every,
            IntFunction<String> name,
            IntFunction<Map<String, String>> metadata)
            throws IOException {
        Random random = new Random(1);
        float[] weights = new float[SIZE];
        for (int i = 0; i < SIZE; i++) weights[i] = (float) (5 * random.nextGaussian());
        double[] averages = new double[SIZE];
        for (int i = 0; i < SIZE; i++) averages[i] = weights[i];
        for (int step = 1; step <= STEPS; step++) {
            double keep = decay.applyAsDouble(step);
            for (int i = 0; i < SIZE; i++) {
                weights[i] += (float) (0.02 * random.nextGaussian());
                averages[i] = keep * averages[i] + (1 - keep) * weights[i];
            }
            if (step % every != 0) continue;
            float[] stored = new float[SIZE];
            for (int i = 0; i < SIZE; i++) stored[i] = (float) averages[i];
            List<Entry> entries = new ArrayList<>(content.at(step, weights.clone(), stored));
            TestWeights.safetensors(folder.resolve(name.apply(step) + ".safetensors"), metadata.apply(step), entries);
        }
    }

    private static Entry entry(String name, float[] values) {
        return Entry.of(name, DType.F32, Shape.of(SIZE), values);
    }

    private static Entry count(String name, long updates) {
        byte[] bytes = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(updates)
                .array();
        return new Entry(name, DType.I64, Shape.of(), bytes);
    }
}
