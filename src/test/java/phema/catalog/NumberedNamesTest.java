package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.catalog.Excluded.ExclusionReason;

/** Which of the numbers in names is taken for the time, and what is asked where none is for certain. */
class NumberedNamesTest {
    private static final Pattern FILES = Pattern.compile("`(files: '[^`]*)`");

    @TempDir
    Path folder;

    /** Each manifest that is printed takes the same files. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            epoch=01-val_loss=0.43.ckpt epoch=02-val_loss=0.4.ckpt            | 1 2
            epoch=1-val_nll=-0.43.ckpt epoch=2-val_nll=1e-05.ckpt             | 1 2
            epoch=1-step=400-val_loss=0.43.ckpt epoch=2-step=800-val_loss=0.41.ckpt | 400 800
            epoch=0050-test_mean_score=0.300.ckpt epoch=0100-test_mean_score=0.350.ckpt | 50 100
            g--val_loss=2.4-step=4-consumed_samples=32.0.ckpt g--val_loss=2.3-step=8-consumed_samples=64.0.ckpt | 4 8
            model_100_loss_0.0001.pt model_200_loss_5.62e-05.pt model_300_loss_1e-05.pt | 100 200 300
            step_900k.pt step_1M.pt step_1.1M.pt step_1,200K.pt               | 900000 1000000 1100000 1200000
            step-9.0e+05.pt step-1.0e+06.pt step-1.1E+06.pt                   | 900000 1000000 1100000
            step_5e+04_loss_2e+00.pt step_1e+05_loss_1e+00.pt                 | 50000 100000
            best_model_epoch_1_loss_0.4321.pth best_model_epoch_2_loss_0.4111.pth | 1 2
            epoch=1-avg_val_loss=0.4.ckpt epoch=2-avg_val_loss=0.3.ckpt       | 1 2
            model_1000_loss_300.pt model_2000_loss_250.pt                     | 1000 2000
            score_000100.pt score_000200.pt                                   | 100 200
            step100-tokens64B.pt step200-tokens128B.pt                        | 100 200
            step-1200-0a3f9c.pt step-1300-e71b02.pt                           | 1200 1300
            step100_epoch0.pt step200_epoch1.pt                               | 100 200
            x_e8_s120.pth x_e9_s140.pth                                       | 120 140
            ep5.pt ep10.pt                                                    | 5 10
            5epoch.pth 10epoch.pth                                            | 5 10
            epoch_5_ckpt.pth epoch_10_ckpt.pth                                | 5 10
            model_500_steps.pt model_1000_steps.pt                            | 500 1000
            checkpoint.500.pt checkpoint.1000.pt                              | 500 1000
            net-10.pth net-100.pth net-9.pth                                  | 9 10 100
            ckpt-900.pt ckpt-1,000.pt                                         | 900 1000
            char_ep10-000005.safetensors char_ep10-000010.safetensors         | 5 10
            char_steps3000_epoch5.pt char_steps3000_epoch6.pt                 | 5 6
            epoch_5.pth epoch_6.pth epoch_5_ckpt.pth epoch_6_ckpt.pth         | 5 6
            epoch=0-step=40.ckpt epoch=1-step=80-v1.ckpt epoch=2-step=120-v2.ckpt | 40 80 120
            epoch=1-step=40.ckpt epoch=2-step=80.ckpt epoch=2-step=80-v1.ckpt | 40 80
            epoch_5_optim.pth epoch_6_optim.pth                               | ''
            net_5epochs.pth net_10epochs.pth                                  | ''
            net-0010.pth net-9.pth                                            | 10
            """)
    void takesTheNumberThatCounts(String names, String times) throws IOException {
        weights(names.split(" "));
        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        List<Double> expected = new ArrayList<>();
        for (String time : times.split(" ")) if (!time.isEmpty()) expected.add(Double.valueOf(time));
        assertThat(run.snapshots()).extracting(Snapshot::time).isEqualTo(expected);
        if (run.manifest().isEmpty()) return;
        Files.write(folder.resolve("phema.yaml"), run.manifest());
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(Math.max(2, expected.size()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            step100-tokens64B step200-tokens128B                              | 100 200
            checkpoint-100-loss-2.31 checkpoint-200-loss-2.11                 | 100 200
            epoch_1_val_2.900 epoch_2_val_2.800                               | 1 2
            model_name=0--val_loss=1.40-step=1-consumed_samples=8.0 model_name=0--val_loss=1.3-step=2-consumed_samples=16.0 | 1 2
            net_5epochs net_10epochs                                          | ''
            """)
    void takesTheNumberThatCountsInNamesOfFolders(String names, String times) throws IOException {
        for (String name : names.split(" ")) weights(name + "/model.safetensors");
        takes(times);
    }

    /** Neither what stands before the exponent nor the exponent is one. */
    @Test
    void proposesNoPartOfANumberWithAnExponent() throws IOException {
        weights("net-9.0e+05.pt", "net-1.0e+06.pt", "net-1.1e+06.pt");
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.notices())
                .singleElement()
                .asString()
                .contains("`files: [{name: 'net-1.0e+06.pt', time: 100}, ...]`");
    }

    /** Lightning's {@code {epoch}-{val/loss:.2f}} makes a folder of what stands before the slash. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            epoch=1-val/loss=1.50.ckpt epoch=2-val/loss=1e-05.ckpt            | epoch={time}-val/loss=*.ckpt
            epoch=1-val/avg_loss=2.5.ckpt epoch=2-val/avg_loss=1.5.ckpt       | epoch={time}-val/avg_loss=*.ckpt
            epoch=1-val/loss=1.5-step=4.ckpt epoch=2-val/loss=1.4-step=8.ckpt | epoch={time}-val/loss=*-step=*.ckpt
            """)
    void takesFilesOfFoldersThatDifferInNumbersOnly(String names, String pattern) throws IOException {
        weights(names.split(" "));
        takes("1 2");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).manifest())
                .containsExactly("files: '" + pattern + "'", "profile: impulse");
        Files.writeString(folder.resolve("phema.yaml"), "files: '" + pattern + "'\nprofile: impulse\n");
        takes("1 2");
    }

    /** Of one folder they may be anything. */
    @Test
    void asksWhereOneFolderHoldsSeveralThatDifferInNumbers() throws IOException {
        weights("epoch=1-val/loss=1.50.ckpt", "epoch=1-val/loss=1.40.ckpt", "epoch=2-val/loss=1.30.ckpt");
        weights("epoch=2-val/loss=1.20.ckpt");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).isEmpty();
    }

    private void takes(String times) throws IOException {
        assertThat(String.join(
                        " ",
                        RunScanner.scan(folder, Selection.DEFAULT).snapshots().stream()
                                .map(snapshot -> String.valueOf((long) snapshot.time()))
                                .toList()))
                .isEqualTo(times);
    }

    /** The lines are those of the question, in its order; each takes as many files as it says. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            checkpoint_1_100.pt checkpoint_1_200.pt checkpoint_2_300.pt       | checkpoint_*_{time}.pt 3
            1-100.ckpt 2-200.ckpt 3-300.ckpt                                  | *-{time}.ckpt 3, {time}-*.ckpt 3
            ckpt_100_20260101.pt ckpt_200_20260102.pt                         | ckpt_{time}_*.pt 2, ckpt_*_{time}.pt 2
            2026-01-05-step-100.pt 2026-01-06-step-200.pt                     | 2026-01-*-step-{time}.pt 2
            seed1_step100.pt seed1_step200.pt seed2_step100.pt                | seed1_step{time}.pt 2
            model_1.pth model_2.pth model_12.pth                              | model_{time}.pth 3
            1-0.43.ckpt 2-0.41.ckpt                                           | {time}-*.ckpt 2
            10.pth 2.pth                                                      | {time}.pth 2
            net_900k.pt net_1.0M.pt net_1.1M.pt other-1.pt                    | net_{time}.pt 3
            net_0.1M.pt net_0.2M.pt                                           | net_{time}.pt 2
            net_8k.pt net_9k.pt                                               | net_{time}k.pt 2
            """)
    void asksWithLinesThatTakeWhatTheySay(String names, String lines) throws IOException {
        weights(names.split(" "));
        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded())
                .singleElement()
                .satisfies(e -> assertThat(e.reason()).isEqualTo(ExclusionReason.MANIFEST));
        List<String> offered = new ArrayList<>();
        Matcher files = FILES.matcher(run.excluded().getFirst().message());
        while (files.find()) offered.add(files.group(1));
        assertThat(run.manifest().getFirst()).isEqualTo(offered.getFirst());
        List<String> taken = new ArrayList<>();
        for (String line : offered) {
            Files.writeString(folder.resolve("phema.yaml"), line + "\nprofile: impulse\n");
            taken.add(line.replaceFirst("files: '(.*)'", "$1") + " "
                    + RunScanner.scan(folder, Selection.DEFAULT).snapshots().size());
        }
        assertThat(String.join(", ", taken)).isEqualTo(lines);
    }

    /** Lines for the last of each epoch, and how all can be said. */
    @ParameterizedTest
    @ValueSource(strings = {"", "/model.safetensors"})
    void asksWhereStepsBeginAnewInEachEpoch(String path) throws IOException {
        String end = path.isEmpty() ? ".pt" : path;
        for (int epoch = 1; epoch <= 3; epoch++)
            for (int step = 100; step <= 300; step += 100) weights("epoch_" + epoch + "_step_" + step + end);
        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded())
                .singleElement()
                .satisfies(e -> assertThat(e.message())
                        .contains(
                                "begin anew in each epoch",
                                "3 of 9",
                                "{name: epoch_2_step_100" + end + ", time: 400}"));
        assertThat(run.manifest()).first().isEqualTo("files: 'epoch_{time}_step_300" + end + "'");
        Files.write(folder.resolve("phema.yaml"), run.manifest());
        takes("1 2 3");
        Files.writeString(
                folder.resolve("phema.yaml"),
                "files: [{name: epoch_1_step_300" + end + ", time: 300}, {name: epoch_2_step_100" + end
                        + ", time: 400}]\nprofile: impulse\n");
        takes("300 400");
    }

    /** As those of Lightning do. */
    @Test
    void doesNotAskWhereStepsGoOnFromEpochToEpoch() throws IOException {
        weights("epoch=0-step=100.ckpt", "epoch=0-step=200.ckpt", "epoch=1-step=300.ckpt", "epoch=2-step=400.ckpt");
        takes("100 200 300 400");
    }

    /** Of names that leave it open, what the files state decides. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            %1$d-%2$d.safetensors     | global_step | 2 | 100 200 300 | *-{time}.safetensors
            %1$d-%2$d.safetensors     | epoch       | 1 | 1 2 3       | {time}-*.safetensors
            model_%1$d.safetensors    | epoch       | 1 | 1 2 3       | model_{time}.safetensors
            %1$d-0.%2$d.safetensors   | epoch       | 1 | 1 2 3       | {time}-*.safetensors
            fold_%1$d.safetensors     | epoch       | 3 | ''          | ''
            """)
    void whatFilesStateDecidesBetweenNumbers(String name, String key, int which, String times, String files)
            throws IOException {
        for (int epoch = 1; epoch <= 3; epoch++) {
            int stated = which == 1 ? epoch : which == 2 ? 100 * epoch : 90;
            TestFiles.safetensors(
                    folder.resolve(name.formatted(epoch, 100 * epoch)),
                    Map.of(key, String.valueOf(stated)),
                    Map.of("w", (float) epoch));
        }
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        takes(times);
        if (!files.isEmpty()) assertThat(run.manifest()).contains("files: '" + files + "'");
    }

    @Test
    void saysWhyNumbersThatAreNoTimesAreNotTaken() throws IOException {
        weights("ckpt_0.1.pt", "ckpt_0.2.pt");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).notices())
                .singleElement()
                .asString()
                .contains("`files: [{name: 'ckpt_0.1.pt', time: 100}, ...]`");
        Files.writeString(
                folder.resolve("phema.yaml"),
                "files: [{name: 'ckpt_0.1.pt', time: 100}, {name: 'ckpt_0.2.pt', time: 200}]\nprofile: impulse\n");
        takes("100 200");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            checkpoint_100 checkpoint_200             | checkpoint_{time}
            do_00000100 g_00000100 do_00000200 g_00000200 | g_{time}, do_{time}
            100.tar 200.tar                           | {time}.tar
            optim_100.th optim_200.th net_100.th net_200.th | net_{time}.th
            """)
    void asksForFilesThatHoldWeightsThoughTheirNamesDoNotSaySo(String names, String patterns) throws IOException {
        weights(names.split(" "));
        Files.writeString(folder.resolve("log_1"), "nothing");
        Files.writeString(folder.resolve("log_2"), "nothing");
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.excluded())
                .singleElement()
                .satisfies(e -> assertThat(e.message())
                        .contains("there are files that hold weights, such as ")
                        .contains(List.of(patterns.split(", ")).stream()
                                .map(pattern -> "`files: '" + pattern + "'`")
                                .toList()));
        Files.write(folder.resolve("phema.yaml"), run.manifest());
        takes("100 200");
    }

    /** As the versions of W&B's artifacts do. */
    @Test
    void proposesToCountFromZeroWhereTheFileNamedZeroStatesAStep() throws IOException {
        for (int version = 0; version < 3; version++)
            TestFiles.safetensors(
                    Files.createDirectory(folder.resolve("model:v" + version)).resolve("model.safetensors"),
                    Map.of("global_step", String.valueOf(100 * version + 100)),
                    Map.of("w", (float) version));
        String lines = "`files: 'model:v{time}/model.safetensors'` and `updateAfterStep: -1` and `profile: impulse`";
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).notices()).anyMatch(notice -> notice.contains(lines));
        Files.writeString(
                folder.resolve("phema.yaml"),
                "files: 'model:v{time}/model.safetensors'\nupdateAfterStep: -1\nprofile: impulse\n");
        takes("1 2 3");
        Files.writeString(folder.resolve("phema.yaml"), "files: 'model:v{time}/model.safetensors'\nprofile: impulse\n");
        takes("1 2");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).excluded())
                .singleElement()
                .satisfies(e -> assertThat(e.message())
                        .contains("is named for time 0, but its metadata says `global_step` 100: if the names count"
                                + " from 0, write `updateAfterStep: -1` into phema.yaml"));
    }

    @Test
    void saysNothingOfFilesWithoutAnExtensionThatHoldNoWeights() throws IOException {
        Files.writeString(folder.resolve("log_1"), "nothing");
        Files.writeString(folder.resolve("log_2"), "nothing");
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.excluded()).isEmpty();
        assertThat(run.notices()).isEmpty();
    }

    /** Such as samples that a job makes of all of them. */
    @Test
    void namesRunsBelowBeforeItAsksForOtherFiles() throws IOException {
        weights("x_1.pt", "x_2.pt", "run/step-100.pt", "run/step-200.pt");
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.excluded()).isEmpty();
        assertThat(run.notices()).last().asString().contains("below it there is a run, name its folder: run.");
    }

    /** Averages of pieces and of optimizers would be no network's, and a time of day is no time of training. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "model_000100.rank_0.pth model_000100.rank_1.pth model_000200.rank_0.pth model_000200.rank_1.pth",
                "layer_00-states.pt layer_01-states.pt",
                "pytorch_model-00001-of-00002.bin pytorch_model-00002-of-00002.bin",
                "training-state-1.pt training-state-2.pt",
                "x+2026-01-05+10-00-01+00.pt x+2026-01-05+10-15-02+00.pt"
            })
    void offersNoPatternForWhatIsNoCheckpointOfATime(String names) throws IOException {
        weights(names.split(" "));
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded()).isEmpty();
        assertThat(run.manifest()).isEmpty();
        assertThat(run.notices().toString().replace("NAME-{time}", "")).doesNotContain("{time}");
    }

    /** Of one rank's files alone it is not known whether they are all of the weights, whatever step they state. */
    @Test
    void asksForTheFilesOfOneRank() throws IOException {
        for (int step : new int[] {100, 200})
            TestFiles.safetensors(
                    folder.resolve("model_000" + step + ".rank_0.pth"),
                    Map.of("iteration", String.valueOf(step)),
                    Map.of("w", (float) step));
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.manifest()).first().isEqualTo("files: 'model_{time}.rank_0.pth'");
    }

    /** As RVC writes generators and discriminators. */
    @Test
    void aFirstFileOfOneKindDoesNotDecideBetweenTwo() throws IOException {
        weights("G_100.pth", "G_200.pth", "D_100.pth", "D_200.pth", "G_0.pth");
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded())
                .singleElement()
                .satisfies(e -> assertThat(e.message()).contains("D_N (2), G_N (2), and it cannot be told"));
    }

    /** Its files of layers are named alike, too. */
    @Test
    void aCheckpointInFilesOfLayersIsOneStill() throws IOException {
        weights("global_step100/layer_00-states.pt", "global_step100/layer_01-states.pt");
        assertThat(RunScanner.scan(folder.resolve("global_step100"), Selection.DEFAULT)
                        .notices())
                .anyMatch(notice -> notice.contains("This folder is one checkpoint."));
    }

    @Test
    void namesOneOfTheFilesThatAreNotUsedAlthoughTheyAreNamedLikeTheRuns() throws IOException {
        weights("ep0-ba100-rank0.pt", "ep0-ba200-rank0.pt", "ep0-ba100-rank1.pt", "ep0-ba200-rank1.pt");
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).hasSize(2);
        assertThat(run.notices())
                .anyMatch(notice -> notice.contains("epN-baN-rankN.pt (2), such as ep0-ba100-rank1.pt. "));
    }

    /** Its own name may be that of a checkpoint. */
    @Test
    void aFolderOfFilesThatAreNamedAlikeIsNoCheckpoint() throws IOException {
        weights("val_step3/ckpt_0.1.pt", "val_step3/ckpt_0.2.pt");
        assertThat(RunScanner.scan(folder.resolve("val_step3"), Selection.DEFAULT)
                        .notices())
                .noneMatch(notice -> notice.contains("one checkpoint"));
    }

    /** Each with another value, so that none is taken for another's copy. */
    private void weights(String... names) throws IOException {
        for (String name : names) TestFiles.safetensors(folder.resolve(name), "w", name.hashCode());
    }
}
