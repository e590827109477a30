package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.profile.Impulse;
import phema.tensor.DType;
import phema.tensor.Shape;

/** Trainers that save the average where others have the raw weights. */
class ExchangedTest {
    private static final int SIZE = 2048;
    private static final int FILES = 30;

    /** The files before the first. */
    private static final int BEFORE = 2;

    private static final int EVERY = 50;
    private static final double DECAY = 0.99;

    @TempDir
    Path folder;

    /** mmcv's buffers and mmengine's {@code ema_state_dict} are the raw weights, both of which saved after a swap. */
    @ParameterizedTest
    @CsvSource({
        "state_dict.ema_l_w, state_dict.l.w, state_dict.ema_, state_dict.",
        "ema_state_dict.module.l.w, state_dict.l.w, ema_state_dict., state_dict."
    })
    void knowsWhatIsSavedAfterASwap(String rawName, String averageName, String raw, String average) throws IOException {
        walk(FILES, rawName, averageName);
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots())
                .hasSize(2 * FILES)
                .allSatisfy(s -> assertThat(s.profile() instanceof Impulse)
                        .isEqualTo(s.name().endsWith("#" + raw.replaceFirst("\\.$", ""))));
        assertThat(run.notices())
                .anyMatch(notice -> notice.startsWith("The weights below `" + average
                        + "` are taken for averages of profile exponential:decay=0.99, recognised"));
        Files.write(folder.resolve("phema.yaml"), run.manifest());
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots())
                .extracting(Snapshot::name)
                .isEqualTo(run.snapshots().stream().map(Snapshot::name).toList());
    }

    /** While such a trainer does not average, it saves the raw weights where it has the average otherwise. */
    @ParameterizedTest
    @CsvSource({
        "state_dict.ema_l_w, state_dict.l.w, state_dict.ema_, true",
        "ema_state_dict.module.l.w, state_dict.l.w, ema_state_dict., true",
        "current_model_state.l.w, state_dict.l.w, current_model_state., true",
        "current_model_state.l.w, state_dict.l.w, current_model_state., false",
    })
    void rawWeightsOfFilesWithoutTheAverageAreWhereItIsInOthers(
            String rawName, String averageName, String raw, boolean late) throws IOException {
        walk(FILES, rawName, averageName, time -> late != time > (BEFORE + 12) * EVERY);
        int both = late ? FILES - 12 : 12;
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.excluded()).isEmpty();
        assertThat(run.snapshots())
                .hasSize(FILES + both)
                .filteredOn(s -> s.profile() instanceof Impulse)
                .hasSize(FILES)
                .filteredOn(s -> s.name().endsWith("#state_dict"))
                .hasSize(FILES - both);
        assertThat(run.notices())
                .contains(
                        (FILES - both) + " of " + FILES + " files hold nothing below `" + raw + "`, and are used for"
                                + " their other weights: without it, `state_dict.*` holds raw weights, as the trainer saved it.")
                .anyMatch(notice -> notice.startsWith(
                        "The weights below `state_dict.` are taken for averages of profile exponential:decay=0.99,"));
        Files.write(folder.resolve("phema.yaml"), run.manifest());
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots())
                .extracting(Snapshot::name)
                .isEqualTo(run.snapshots().stream().map(Snapshot::name).toList());
    }

    /** Five are too few. What is usual is said, since the last file without it, and a guess is never proposed. */
    @Test
    void asksForAnAverageSinceTheLastFileWithoutIt() throws IOException {
        walk(9, "current_model_state.l.w", "state_dict.l.w", time -> time <= (BEFORE + 5) * EVERY);
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.notices())
                .anySatisfy(notice -> assertThat(notice)
                        .contains("they are mostly ema:0.9999,warmup=none,after=350")
                        .contains("{prefix: 'state_dict.', profile: '?'}]` into phema.yaml, with its profile for '?'"));
        assertThat(run.manifest()).endsWith("- {prefix: 'state_dict.', profile: '?'}");
        Files.write(folder.resolve("phema.yaml"), run.manifest());
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).excluded())
                .singleElement()
                .satisfies(e -> assertThat(e.message()).contains("cannot read the profile \"?\""));
    }

    /** By mmcv between epochs, when nothing is swapped; and by whoever names them so. */
    @ParameterizedTest
    @CsvSource({"state_dict.l.w, state_dict.ema_l_w, state_dict., state_dict.ema_", "ema.l.w, model.l.w, ema., model."})
    void asksWhereTheFilesSayTheOpposite(String rawName, String averageName, String raw, String average)
            throws IOException {
        walk(FILES, rawName, averageName);
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        String lines = "averages: [{prefix: '" + raw + "', profile: impulse}, {prefix: '" + average
                + "', profile: 'exponential:decay=0.99'}]";
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded())
                .hasSize(2 * FILES)
                .allSatisfy(e ->
                        assertThat(e.message()).contains("`" + average + "*` is an average of `" + raw + "*`", lines));
        assertThat(run.manifest()).containsExactly("files: 'iter_{time}.safetensors'", lines);
        Files.write(folder.resolve("phema.yaml"), run.manifest());
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(2 * FILES);
    }

    @Test
    void saysWhereFourFilesLookAsIfTheyWereExchanged() throws IOException {
        walk(4, "ema.l.w", "model.l.w");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).notices())
                .anyMatch(notice -> notice.startsWith("The weights below `ema.` move farther from file to file than"));
    }

    @Test
    void saysWhereAManifestExchangesThem() throws IOException {
        walk(FILES, "model.l.w", "ema.l.w");
        Path manifest = folder.resolve("phema.yaml");
        Files.writeString(
                manifest,
                "files: 'iter_{time}.safetensors'\naverages: [{prefix: 'ema.', profile: impulse},"
                        + " {prefix: 'model.', profile: 'exponential:decay=0.99'}]\n");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).notices())
                .anyMatch(notice -> notice.contains("the other way about: `ema.*` is an average of `model.*`"));
        Files.writeString(
                manifest,
                "files: 'iter_{time}.safetensors'\naverages: [{prefix: 'model.', profile: impulse},"
                        + " {prefix: 'ema.', profile: 'exponential:decay=0.99'}]\n");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).notices())
                .noneMatch(notice -> notice.contains("the other way about") || notice.contains("move farther"));
    }

    /** Weights that walk at random, and their average. */
    private void walk(int files, String raw, String average) throws IOException {
        walk(files, raw, average, time -> false);
    }

    /** @param alone the times of files that hold the raw weights only, where others have the average */
    private void walk(int files, String raw, String average, IntPredicate alone) throws IOException {
        Random random = new Random(1);
        float[] weights = new float[SIZE];
        float[] averages = new float[SIZE];
        for (int step = 1; step <= (BEFORE + files) * EVERY; step++) {
            for (int i = 0; i < SIZE; i++) {
                weights[i] += (float) random.nextGaussian();
                averages[i] = (float) (DECAY * averages[i] + (1 - DECAY) * weights[i]);
            }
            if (step <= BEFORE * EVERY || step % EVERY != 0) continue;
            List<Entry> entries = new ArrayList<>();
            if (alone.test(step)) entries.add(Entry.of(average, DType.F32, Shape.of(SIZE), weights.clone()));
            else
                entries.addAll(List.of(
                        Entry.of(raw, DType.F32, Shape.of(SIZE), weights.clone()),
                        Entry.of(average, DType.F32, Shape.of(SIZE), averages.clone())));
            if (raw.startsWith("ema_state_dict.") && !alone.test(step))
                entries.add(new Entry("ema_state_dict.steps", DType.I64, Shape.of(), new byte[8]));
            TestWeights.safetensors(folder.resolve("iter_" + step + ".safetensors"), Map.of(), entries);
        }
    }
}
