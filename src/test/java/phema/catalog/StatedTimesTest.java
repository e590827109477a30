package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.catalog.Excluded.ExclusionReason;

/** Names that say one time, and metadata that says another. */
class StatedTimesTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            network-snapshot-%07d-0.100.safetensors | 16  | nimg          | 8192 | 16384
            step-%d.safetensors                     | 100 | global_step   | 50   | 100
            epoch_%d.safetensors                    | 5   | epoch         | 50   | 5
            me-%06d.safetensors                     | 10  | ss_epoch      | 12   | 10
            me-step%08d.safetensors                 | 100 | ss_steps      | 300  | 100
            """)
    void aFileThatIsNotOfTheTimeInItsNameIsRefusedWithBoth(
            String pattern, int number, String key, int stated, int named) throws IOException {
        file(pattern.formatted(number), key, stated);
        file(pattern.formatted(2 * number), key, 2 * number * (key.equals("nimg") ? 1024 : 1));

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots()).extracting(Snapshot::name).containsExactly(pattern.formatted(2 * number));
        assertThat(run.excluded()).singleElement().satisfies(e -> {
            assertThat(e.reason()).isEqualTo(ExclusionReason.DIFFERENT);
            assertThat(e.message())
                    .isEqualTo(
                            "%s is named for time %d, its metadata says `%s` %d: rename it, or state its time in phema.yaml"
                                    .formatted(pattern.formatted(number), named, key, stated));
        });
    }

    @Test
    void theUserHasTheLastWord() throws IOException {
        file("step-100.safetensors", "step", 50);
        file("step-200.safetensors", "step", 200);
        Files.writeString(folder.resolve("phema.yaml"), "files: 'step-{time}.safetensors'\nprofile: impulse\n");

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(2);
    }

    @Test
    void anotherUnitOfAllFilesChangesNothingAndIsSaid() throws IOException {
        for (int step : new int[] {100, 200, 300}) file("step-%d.safetensors".formatted(step), "global_step", 4 * step);

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots()).hasSize(3);
        assertThat(run.notices())
                .contains("The names count in another unit than the files' metadata: step-100.safetensors is named for"
                        + " time 100, its metadata says `global_step` 400, and so on. The names count.");
    }

    /** Loops count from 0 or from 1, and a number that is no time says nothing. */
    @Test
    void agreesWithinAStep() throws IOException {
        file("step-100.safetensors", "step", 99);
        TestFiles.safetensors(
                folder.resolve("step-200.safetensors"),
                Map.of("training_info", "{\\\"step\\\": 200, \\\"epoch\\\": 1}", "step", "n/a"),
                Map.of("w", 2f));
        file("model_000300.safetensors", "step", 1);

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots()).hasSize(2);
        assertThat(run.excluded()).isEmpty();
    }

    /** As Lightning counts epochs, whether the first is there or not. */
    @ParameterizedTest
    @ValueSource(ints = {0, 9})
    void namesThatCountFromZeroAreOneShort(int first) throws IOException {
        for (int epoch = first; epoch < first + 3; epoch++)
            file("epoch=%d.safetensors".formatted(epoch), "global_step", 160 * (epoch + 1));

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots()).extracting(Snapshot::time).containsExactly(first + 1.0, first + 2.0, first + 3.0);
        assertThat(run.excluded()).isEmpty();
        assertThat(run.notices())
                .contains("The names count from 0, however: epoch=%d.safetensors states `global_step` %d, so that a"
                                .formatted(first, 160 * (first + 1))
                        + " file named N is of time N + 1.");
        assertThat(run.manifest())
                .containsExactly("files: 'epoch={time}.safetensors'", "updateAfterStep: -1", "profile: impulse");

        Files.writeString(folder.resolve("phema.yaml"), String.join("\n", run.manifest()));
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots())
                .extracting(Snapshot::time)
                .containsExactly(first + 1.0, first + 2.0, first + 3.0);
    }

    /** As DINO states the epochs that are over, and RT-DETR how often its average was updated. */
    @ParameterizedTest
    @CsvSource({"epoch, 1, 21, 41", "ema.updates, 100, 2100, 4100", "updates, 100, 2100, 4100"})
    void namesCountFromZeroByWhatElseSaysHowLongTrainingWent(String key, int first, int second, int third)
            throws IOException {
        file("checkpoint0000.safetensors", key, first);
        file("checkpoint0020.safetensors", key, second);
        file("checkpoint0040.safetensors", key, third);

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots()).extracting(Snapshot::time).containsExactly(1.0, 21.0, 41.0);
        assertThat(run.notices()).anyMatch(notice -> notice.contains("states `" + key + "` " + first + ", so that"));
    }

    /** Without the file named 0 the epoch may be the next one, counted from 1. */
    @Test
    void epochsThatAreOneMoreThanNamesMayBeTheNextOnes() throws IOException {
        file("checkpoint0020.safetensors", "epoch", 21);
        file("checkpoint0040.safetensors", "epoch", 41);

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots())
                .extracting(Snapshot::time)
                .containsExactly(20.0, 40.0);
    }

    /** The last one has no number in its name: its time is what it states, where the others state theirs as well. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ckpt_%d       | ckpt       | iter_num | 1000 2000 | 3000 | 1000 2000 3000
            checkpoint%04d | checkpoint | epoch   | 1 21      | 31   | 1 21 31
            checkpoint_%d  | checkpoint | epoch   | 20 40     | 50   | 20 40 50
            checkpoint_%d  | checkpoint | epoch   | 20 40     | 40   | 20 40
            checkpoint_%d  | checkpoint | epoch   | 20 40     | 30   | 20 40
            checkpoint_%d  | checkpoint | epoch   | 7 9       | 10   | 20 40
            """)
    void theLastCheckpointIsOfTheTimeThatItStatesAsTheOthersDo(
            String name, String last, String key, String stated, int ofLast, String times) throws IOException {
        String[] numbers = stated.split(" ");
        int[] named = name.equals("ckpt_%d") ? new int[] {1000, 2000} : new int[] {20, 40};
        for (int i = 0; i < 2; i++)
            file(
                    name.formatted(name.contains("04") ? named[i] - 20 : named[i]) + ".safetensors",
                    key,
                    Integer.parseInt(numbers[i]));
        file(last + ".safetensors", key, ofLast);

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(String.join(
                        " ",
                        run.snapshots().stream()
                                .map(snapshot -> String.valueOf((long) snapshot.time()))
                                .toList()))
                .isEqualTo(times);
        boolean used = run.snapshots().size() == 3;
        assertThat(run.notices().stream().filter(notice -> notice.contains("taken for the last checkpoint")))
                .hasSize(used ? 1 : 0);
        assertThat(run.excluded()).hasSize(used ? 0 : 1);
    }

    @Test
    void foldersCountFromZeroToo() throws IOException {
        for (int epoch : new int[] {0, 1, 2}) {
            Files.createDirectory(folder.resolve("epoch_" + epoch));
            file("epoch_" + epoch + "/model.safetensors", "global_step", 50 * (epoch + 1));
        }

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots())
                .extracting(Snapshot::time)
                .containsExactly(1.0, 2.0, 3.0);
    }

    /** What the first file is taken for where steps do not tell that names count from 0. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            epoch=%d.safetensors | global_step | 160 480 500 | is named for time 0, but its metadata says `global_step` 160: if the names
            epoch=%d.safetensors | epoch       | 0 1 2       | is taken for the initial weights, as it is named for time 0 and states no steps
            epoch=%d.safetensors | global_step | 0 160 320   | holds the initial weights (time 0), no average
            step-%d.safetensors  | loss        | 3 2 1       | holds the initial weights (time 0), no average
            """)
    void theFirstFileIsNotCalledInitialWithoutReason(String pattern, String key, String values, String message)
            throws IOException {
        int number = 0;
        for (String value : values.split(" ")) file(pattern.formatted(number++), key, Integer.parseInt(value));

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots()).extracting(Snapshot::time).containsExactly(1.0, 2.0);
        assertThat(run.excluded())
                .singleElement()
                .extracting(Excluded::message)
                .asString()
                .startsWith(pattern.formatted(0) + " " + message);
    }

    private void file(String name, String key, int value) throws IOException {
        TestFiles.safetensors(
                folder.resolve(name), Map.of(key, String.valueOf(value)), Map.of("w", (float) name.hashCode()));
    }
}
