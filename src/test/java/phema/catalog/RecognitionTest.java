package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.catalog.Excluded.ExclusionReason;
import phema.format.Tensor;
import phema.profile.Impulse;
import phema.profile.ProfileSpec;
import phema.tensor.DType;
import phema.tensor.Shape;

/** What runs are without a naming convention of averages. */
class RecognitionTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "step-00016384.safetensors, step-, 16384",
        "model_000123.pt, model_, 123",
        "lora-000010.safetensors, lora-, 10",
        "lora-step00001000.safetensors, lora-step, 1000",
        "epoch_7.pth, epoch_, 7",
        "checkpoint-500.bin, checkpoint-, 500",
        "000500.ckpt, '', 500"
    })
    void readsTheTimeOfANumberedFile(String name, String prefix, long number) {
        assertThat(NumberedName.parse(name)).hasValueSatisfying(read -> {
            assertThat(read.prefix()).isEqualTo(prefix);
            assertThat(read.number()).isEqualTo(number);
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sd-v1-4.ckpt",
                "model-00001-of-00002.safetensors",
                "network-snapshot-0000016-0.050.safetensors",
                "phema-262144-0.100.safetensors",
                "v1.500.ckpt",
                ".step-100.pt",
                "step-100.png",
                "model.safetensors"
            })
    void takesOtherNumbersForNoTime(String name) {
        assertThat(NumberedName.parse(name)).isEmpty();
    }

    @Test
    void takesNumberedFilesForRawCheckpointsAndSaysSo() throws IOException {
        Run run = RunScanner.scan(Fixtures.fixture("checkpoints"), Selection.DEFAULT);

        assertThat(run.snapshots()).hasSize(16);
        assertThat(run.snapshots().getFirst().profile()).isEqualTo(new Impulse(16384));
        assertThat(run.notices())
                .containsExactly(
                        "Files named step-N are taken for raw checkpoints of time N; for anything else, say so in phema.yaml.");
    }

    @Test
    void offersNoRawCheckpointsWhereThereAreAverages() throws IOException {
        TestFiles.copyRun("safetensors", folder);
        for (int i = 1; i <= 40; i++)
            TestFiles.safetensors(folder.resolve("training-state-%07d.pt".formatted(i)), "w", i);

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots())
                .hasSize(32)
                .allMatch(s -> s.name().startsWith("network-snapshot"));
    }

    @Test
    void usesTheMostFrequentNumberedNameUnlessAskedForAnother() throws IOException {
        for (int i = 1; i <= 3; i++)
            TestFiles.safetensors(folder.resolve("a-step0000%d.safetensors".formatted(i)), "w", i);
        TestFiles.safetensors(folder.resolve("b-000001.safetensors"), "w", 1);

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(3);
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).notices())
                .last()
                .asString()
                .startsWith("1 weight file is not used: b-N.safetensors. The run's are named a-stepN.safetensors (3);");
        assertThat(RunScanner.scan(folder, new Selection(Optional.of("b-"), List.of()))
                        .snapshots())
                .extracting(Snapshot::name)
                .containsExactly("b-000001.safetensors");
    }

    @Test
    void saysWhatToWriteWhereEmaPytorchDoesNotSayWhichAveragesItsFilesHold() throws IOException {
        Run run = RunScanner.scan(Fixtures.fixture("ema-pytorch"), Selection.DEFAULT);

        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded()).singleElement().satisfies(e -> {
            assertThat(e.reason()).isEqualTo(ExclusionReason.MANIFEST);
            assertThat(e.message())
                    .contains("`sigmaRels: [0.05, 0.28]` (or `gammas: [..., ...]`) and `updateEvery: 100`");
        });
    }

    @Test
    void takesOnlyTheModelOutOfEmaPytorchsFilesUnderItsOwnNames() throws IOException {
        TestFiles.copyRun("ema-pytorch", folder);
        Files.writeString(folder.resolve("phema.yaml"), "sigmaRels: [0.05, 0.15]\nupdateEvery: 1\n");

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots())
                .hasSize(20)
                .allSatisfy(s -> assertThat(s.file().tensors())
                        .extracting(Tensor::name)
                        .containsExactlyInAnyOrder("0.weight", "0.bias", "1.weight", "1.bias"));
    }

    /** Neither is there in the files of pytorch-posthoc-ema, whose tensors have no prefix. */
    @Test
    void leavesOutTheTrackersOwnStateWhereTheModelHasNoPrefix() throws IOException {
        TestFiles.safetensors(
                folder.resolve("0.1000.pt"), Map.of(), Map.of("net.weight", 1f, "initted", 1f, "step", 900f));
        Files.writeString(
                folder.resolve("phema.yaml"), "sigmaRels: [0.05, 0.28]\nupdateEvery: 10\nupdateAfterStep: 100\n");

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots())
                .singleElement()
                .satisfies(s ->
                        assertThat(s.file().tensors()).extracting(Tensor::name).containsExactly("net.weight"));
    }

    @Test
    void findsTheTimeOfTheLastLoraInItsMetadata() throws IOException {
        for (int epoch : new int[] {2, 4}) lora("me-00000%d.safetensors".formatted(epoch), 8, Map.of());
        lora("me.safetensors", 8, Map.of("ss_epoch", "6", "ss_steps", "600"));

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots()).extracting(Snapshot::time).containsExactly(2.0, 4.0, 6.0);
        assertThat(run.notices())
                .contains("me.safetensors is taken for the last checkpoint, of the time in its metadata.");
    }

    @Test
    void leavesOutALastLoraThatDoesNotSayItsTimeOrIsThereTwice() throws IOException {
        for (int step : new int[] {200, 400}) lora("me-step00000%d.safetensors".formatted(step), 8, Map.of());
        lora("me.safetensors", 8, Map.of());
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).excluded())
                .singleElement()
                .satisfies(e -> assertThat(e.message()).contains("or as ss_steps in its metadata"));

        lora("me.safetensors", 8, Map.of("ss_steps", "400"));
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).excluded())
                .singleElement()
                .satisfies(e -> assertThat(e.reason()).isEqualTo(ExclusionReason.DUPLICATE));
    }

    @Test
    void refusesALoraWhoseAlphaDiffersByName() throws IOException {
        for (int epoch : new int[] {1, 2, 3})
            lora("me-00000%d.safetensors".formatted(epoch), epoch == 1 ? 4 : 8, Map.of());

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots()).hasSize(2);
        assertThat(run.excluded()).singleElement().satisfies(e -> {
            assertThat(e.reason()).isEqualTo(ExclusionReason.DIFFERENT);
            assertThat(e.message())
                    .startsWith("me-000001.safetensors has lora_unet_q.alpha = 4.0, most of the run's files have 8.0");
        });
        assertThat(run.snapshots().getFirst().sample().values()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({
        "phema.yaml, true",
        "0.1000.pt, true",
        "network-snapshot-0000016-0.050.pkl, true",
        "step-1000.pt step-2000.pt, true",
        "step-1000.pt, false",
        "step-1000.pt other-1000.pt, false",
        "ep0-step10.pt ep1-step20.pt, true",
        "x2026-01-05_10-00-00-save-100-1-50.safetensors, true",
        "phema-0000016-0.050.pkl, false",
        "model.safetensors, false"
    })
    void aFolderIsARunByWhatItHolds(String names, boolean run) {
        assertThat(Recognition.isRun(List.of(names.split(" ")).stream()
                        .filter(Recognition::suggestsARun)
                        .toList()))
                .isEqualTo(run);
    }

    /** What ai-toolkit saves is the average where that is on; its configuration says so. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ema_config: {use_ema: true, ema_decay: 0.99} | exponential:decay=0.99
            ema_config: {use_ema: false}                 | impulse
            ema_config: {use_ema: null, ema_decay: 0.99} | impulse
            lr: 0.0001                                   | impulse
            """)
    void readsTheConfigurationOfAiToolkit(String train, String profile) throws IOException {
        aiToolkit("flux", train);
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.excluded()).isEmpty();
        assertThat(run.snapshots())
                .extracting(snapshot -> snapshot.time() + " " + ProfileSpec.print(snapshot.profile()))
                .containsExactly("250.0 " + profile, "500.0 " + profile, "750.0 " + profile);
        assertThat(run.notices()).anyMatch(notice -> notice.endsWith("as config.yaml says."));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "other, lr: 1",
                "flux, ema_config: [",
                "flux, ema_config: {ema_decay: 0.95}",
                "flux, ema_config: {use_ema: true, ema_decay: 2}"
            })
    void asksWhereTheConfigurationIsOfOtherFilesOrCannotBeRead(String nameAndTrain) throws IOException {
        aiToolkit(nameAndTrain.split(", ", 2)[0], nameAndTrain.split(", ", 2)[1]);
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded()).isNotEmpty();
    }

    /** What is saved is the average where backups hold one, but not how often it was updated. */
    @Test
    void proposesWhatTheBackupsOfOneTrainerSayOfItsAverage() throws IOException {
        Path backup = folder.resolve("backup/2026-01-05_11-00-00-backup-100-0-100/ema");
        Files.createDirectories(backup);
        Files.copy(Path.of("src/test/resources/groups/beside/ema.pt"), backup.resolve("ema.pt"));
        for (int step : List.of(100, 200))
            TestFiles.safetensors(
                    folder.resolve("save/x2026-01-05_11-00-00-save-%d-0-100.safetensors".formatted(step)), "w", step);

        Run run = RunScanner.scan(folder.resolve("save"), Selection.DEFAULT);
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.notices()).singleElement().asString().contains("average of decay 0.999", "in the backups");
        assertThat(run.manifest())
                .containsExactly("files: '*-save-{time}-*.safetensors'", "profile: 'ema:0.999,warmup=10,every=5'");
    }

    private void aiToolkit(String name, String train) throws IOException {
        Files.writeString(
                folder.resolve("config.yaml"),
                "job: extension\nconfig:\n  name: " + name + "\n  process:\n  - train:\n      " + train + "\n");
        for (int step : List.of(250, 500, 750))
            TestFiles.safetensors(
                    folder.resolve(step == 750 ? "flux.safetensors" : "flux_000000%d.safetensors".formatted(step)),
                    Map.of("software", "ai-toolkit", "training_info", "{\\\"step\\\": " + step + "}"),
                    Map.of("a", (float) step));
    }

    /** The folder of latent-diffusion: a few weights by epoch, the last ones, and others by step one folder below. */
    @Test
    void saysWhichWeightFilesItLeavesOutAndWhy() throws IOException {
        weights("epoch=000001.ckpt", "epoch=000002.ckpt", "last.ckpt", "V2.SAFETENSORS", "optimizer.pt", "notes.txt");
        weights("trainstep_checkpoints/epoch=000001-step=000000100.ckpt", ".hidden/w.ckpt", "logs/images.npy");

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots()).extracting(Snapshot::time).containsExactly(1.0, 2.0);
        assertThat(run.notices())
                .containsExactly(
                        "Files named epoch=N are taken for raw checkpoints of time N; for anything else, say so in"
                                + " phema.yaml.",
                        "2 weight files are not used: VN.SAFETENSORS, last.ckpt. The run's are named epoch=N.ckpt (2);"
                                + " give others a folder of their own, choose them by their prefix, or name the run's"
                                + " files in phema.yaml.",
                        "Weight files lie also in folders below, and are not taken: trainstep_checkpoints. Files of one"
                                + " run lie side by side in one folder, or in a folder for each checkpoint.");
        assertThat(RunScanner.scan(folder, new Selection(Optional.of("epoch="), List.of()))
                        .notices())
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "checkpoint_100, Flax, safetensors.flax.save_file",
        "checkpoint-100/flax_model.msgpack, Flax, safetensors.flax.save_file",
        "100/default/manifest.ocdbt, Orbax, safetensors.flax.save_file",
        "model.ckpt-100.data-00000-of-00001, TensorFlow, safetensors.tensorflow.save_file",
        "checkpoint-100/tf_model.h5, Keras, safetensors.tensorflow.save_file",
        "model_100.pdparams, PaddlePaddle, safetensors.paddle.save_file",
        "0000100_adapters.npz, NumPy, safetensors.numpy.save_file",
        "rl_model_100_steps.zip, Stable Baselines, model.policy.state_dict()",
        "model-100.gguf, GGUF, made for inference",
        "model-100.onnx, ONNX, made for inference",
    })
    void namesFormatsThatAreNotRead(String file, String format, String advice) throws IOException {
        Files.createDirectories(folder.resolve(file).getParent());
        Files.writeString(folder.resolve(file), "weights");
        Files.writeString(folder.resolve("config.json"), "{}");

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).notices())
                .singleElement()
                .asString()
                .startsWith("Files such as " + file + " are of " + format + ", which phema does not read. ")
                .contains(advice);
    }

    @Test
    void saysWhatAFolderHoldsOfWhichNothingIsTaken() throws IOException {
        weights("best.ckpt", "model.ckpt", "pytorch_model.bin");

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).notices())
                .singleElement()
                .asString()
                .startsWith("3 weight files are not used: best.ckpt, model.ckpt, pytorch_model.bin. Such names do not")
                .endsWith("`profile: impulse` in phema.yaml.");
    }

    @Test
    void saysNothingOfShardsWhereTheirIndexIsTaken() throws IOException {
        weights("m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors", "optimizer_1.pt", "opt-1000.pt");

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).notices())
                .last()
                .asString()
                .startsWith("2 weight files are not used: m-N-of-N.safetensors (2). The run's are named opt-N.pt;");

        Candidate index = NumberedName.parse("step-100.safetensors.index.json")
                .orElseThrow()
                .candidate();
        assertThat(LeftOut.files(
                        folder,
                        List.of(index.fileName(), "step-100-00001-of-00002.safetensors"),
                        List.of(index),
                        new Proposal(any -> true)))
                .isEmpty();
    }

    @Test
    void saysWhereNothingIsAveraged() throws IOException {
        for (int step : new int[] {100, 200})
            TestFiles.age(TestWeights.safetensors(
                    folder.resolve("step-" + step + ".safetensors"),
                    Map.of(),
                    List.of(new Entry("w", DType.I32, Shape.of(1), new byte[] {(byte) step, 0, 0, 0}))));

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).notices())
                .contains(
                        "No tensor is averaged, since none holds floating-point weights: outputs are what the newest file"
                                + " holds.");
    }

    @Test
    void saysWhichWeightFilesAManifestLeavesOut() throws IOException {
        weights("step-100.safetensors", "step-200.safetensors", "stp-300.safetensors");
        Files.writeString(folder.resolve("phema.yaml"), "files: 'step-{time}.safetensors'\nprofile: impulse\n");

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).notices())
                .containsExactly("1 weight file is not used, because phema.yaml does not name it: stp-N.safetensors.");
    }

    @Test
    void asksWhatOneTrainersFilesHold() throws IOException {
        for (int i = 1; i <= 3; i++)
            weights("me2026-01-0%d_10-00-00-save-%d-%d-%d.safetensors".formatted(i, 200 * i, i, 100 + i));

        assertAsks(RunScanner.scan(folder, Selection.DEFAULT), "as OneTrainer writes them");

        Files.writeString(folder.resolve("phema.yaml"), "files: '*-save-{time}-*.safetensors'\nprofile: impulse\n");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots())
                .extracting(Snapshot::time)
                .containsExactly(200.0, 400.0, 600.0);
    }

    @Test
    void asksWhetherAiToolkitSavedItsAverage() throws IOException {
        for (int step : new int[] {250, 500})
            TestFiles.safetensors(
                    folder.resolve("me_%09d.safetensors".formatted(step)),
                    Map.of("software", "{\\\"name\\\": \\\"ai-toolkit\\\"}"),
                    Map.of("w", (float) step));

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).excluded())
                .hasSize(2)
                .allSatisfy(e -> assertThat(e.message())
                        .contains("ai-toolkit", "`ema_config`", "`files: 'me_{time}.safetensors'`"));

        Files.writeString(folder.resolve("phema.yaml"), "files: 'me_{time}.safetensors'\nprofile: impulse\n");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(2);
    }

    /** Of guided-diffusion, which writes three files each time. */
    @Test
    void neverTakesForRawWeightsWhatItsNameCallsAnAverageOrAnOptimizer() throws IOException {
        for (int time : new int[] {1000, 2000})
            weights("model%06d.pt".formatted(time), "opt%06d.pt".formatted(time), "ema_0.9999_%06d.pt".formatted(time));

        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).extracting(Snapshot::name).containsExactly("model001000.pt", "model002000.pt");
        assertThat(run.notices()).last().asString().startsWith("2 weight files are not used: ema_N.N_N.pt (2).");

        for (int time : new int[] {1000, 2000}) Files.delete(folder.resolve("model%06d.pt".formatted(time)));
        assertAsks(
                RunScanner.scan(folder, Selection.DEFAULT),
                "files named ema_0.9999_N hold averages by their name",
                "`files: 'ema_0.9999_{time}.pt'` and `profile: 'exponential:decay=0.9999'`");
        assertAsks(
                RunScanner.scan(folder, new Selection(Optional.of("ema_0.9999_"), List.of())),
                "hold averages by their name");
        weights("ema_0.999_001000.pt", "ema_0.999_002000.pt");
        assertAsks(
                RunScanner.scan(folder, Selection.DEFAULT),
                "files named ema_0.9999_N, ema_0.999_N, ... hold several averages by their names",
                "`files: 'ema_0.9999_{time}.pt'` and `profile: 'exponential:decay=0.9999'`",
                "list the files of all");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "emamodel_",
                "emaweights",
                "shadow_",
                "teacher_",
                "target_model",
                "model_ema0.99_",
                "G-EMA-",
                "modelEMA_",
                "polyak_",
                "gema_"
            })
    void neverTakesForRawWeightsWhatAnyWordForAveragesBegins(String prefix) throws IOException {
        weights(prefix + "001000.pt", prefix + "002000.pt");
        assertAsks(RunScanner.scan(folder, Selection.DEFAULT), "hold averages by their name");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"schema_", "cinema-step", "avgpool-", "shadowing_", "target_embedding_", "emanuel-", "gemar_"})
    void takesForRawWeightsWhatOtherWordsBegin(String prefix) throws IOException {
        weights(prefix + "001000.pt", prefix + "002000.pt");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({
        "ema, in",
        "ema_checkpoints, in",
        "ema_0.99, in",
        "swa, in",
        "averages, in",
        "teacher, in",
        "unet_ema, in",
        "model-ema, in",
        "ema/checkpoints, below",
        "unet_ema/ckpts, below",
        "EMA/unet/weights, below"
    })
    void asksWhatLiesInAFolderThatIsCalledAnAverage(String name, String where) throws IOException {
        weights(name + "/step-100.safetensors", name + "/step-200.safetensors");
        Path run = folder.resolve(name);
        String decay = name.equals("ema_0.99") ? "0.99" : "0.9999";
        assertThat(RunScanner.scan(run, Selection.DEFAULT).excluded())
                .hasSize(2)
                .allSatisfy(e -> assertThat(e.message())
                        .contains(
                                "lies " + where + " a folder called `" + name.replaceFirst("/.*", "") + "`",
                                "`files: 'step-{time}.safetensors'` and `profile: 'exponential:decay=" + decay + "'`"));
        Files.writeString(run.resolve("phema.yaml"), "files: 'step-{time}.safetensors'\nprofile: impulse\n");
        assertThat(RunScanner.scan(run, Selection.DEFAULT).snapshots()).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        001000_ema.pt 002000_ema.pt                           | {time}_ema.pt            | 0.9999
        step=100-EMA.ckpt step=200-EMA.ckpt                   | step={time}-EMA.ckpt     | 0.9999
        model_001000_ema0.99.pt model_002000_ema0.99.pt       | model_{time}_ema0.99.pt  | 0.99
        step_100.ema.safetensors step_200.ema.safetensors     | step_{time}.ema.safetensors | 0.9999
        m-loss=2.3-step=5-n=40.0-EMA.ckpt m-loss=2.2-step=6-n=48.0-EMA.ckpt | m-loss=*-step={time}-n=*-EMA.ckpt | 0.9999
        """)
    void proposesAnAverageForWhatCallsItselfOneBehindItsNumber(String names, String pattern, String decay)
            throws IOException {
        weights(names.split(" "));
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.notices() + " "
                        + run.excluded().stream().map(Excluded::message).toList())
                .containsPattern("Such names are those of averages|hold averages by their name")
                .contains("`files: '" + pattern + "'` and `profile: 'exponential:decay=" + decay + "'`")
                .doesNotContain("impulse");
        Files.writeString(
                folder.resolve("phema.yaml"), "files: '" + pattern + "'\nprofile: 'exponential:decay=" + decay + "'\n");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(2);
    }

    /** Of EDM, whose pickles have no width in their names, and hold its average alone. */
    @ParameterizedTest
    @CsvSource({"'', 500", "'{\"ema_halflife_kimg\": 50000, \"ema_rampup_ratio\": null}', 50000"})
    void proposesAnAverageForWhatHoldsNothingElse(String options, long halfLife) throws IOException {
        for (int kimg : new int[] {200, 400})
            TestFiles.copy(
                    Fixtures.fixture("edm2").resolve(TestFiles.FIRST + ".pkl"),
                    folder.resolve("network-snapshot-000" + kimg + ".pkl"));
        if (!options.isEmpty()) Files.writeString(folder.resolve("training_options.json"), options);
        String profile = "profile: 'exponential:halflife=" + halfLife + "'";

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).excluded())
                .singleElement()
                .asString()
                .contains(
                        "hold averages and nothing else that is read",
                        "`files: 'network-snapshot-{time}.pkl'` and `" + profile + "` for 2 of 2, or whichever");

        Files.writeString(folder.resolve("phema.yaml"), "files: 'network-snapshot-{time}.pkl'\n" + profile + "\n");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).notices())
                .noneMatch(notice -> notice.startsWith("phema.yaml says"));
        Files.writeString(folder.resolve("phema.yaml"), "files: 'network-snapshot-{time}.pkl'\nprofile: impulse\n");
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).hasSize(2);
        assertThat(run.notices())
                .anyMatch(notice -> notice.startsWith(
                                "phema.yaml says that `ema` holds raw weights, and files call it" + " an average.")
                        && notice.endsWith("state which, as in `profile: 'exponential:halflife=500'`."));
    }

    @ParameterizedTest
    @CsvSource({
        "eval/training_%d/teacher_checkpoint.safetensors, training_{time}/teacher_checkpoint.safetensors",
        "eval/ema-model-%05d/config/model.safetensors, ema-model-{time}/config/model.safetensors",
        "eval/run_%d/w.safetensors, run_{time}/w.safetensors"
    })
    void proposesAnAverageForFoldersOfWhichNoneIsTaken(String name, String pattern) throws IOException {
        for (int time : new int[] {100, 200})
            TestFiles.safetensors(folder.resolve(name.formatted(time)), "teacher.a", 1f * time, 2f);
        Path run = folder.resolve("eval");
        String files = "files: '" + pattern + "'";

        assertThat(RunScanner.scan(run, Selection.DEFAULT).notices())
                .singleElement()
                .asString()
                .contains("with `" + files + "` and `profile: 'exponential:decay=0.9999'`, or whichever average it is");
        Files.writeString(run.resolve("phema.yaml"), files + "\nprofile: impulse\n");
        assertThat(RunScanner.scan(run, Selection.DEFAULT).notices())
                .anyMatch(notice -> notice.startsWith("phema.yaml says that `teacher` holds raw weights"));
        Files.writeString(run.resolve("phema.yaml"), files + "\nprefix: 'teacher.'\nprofile: impulse\n");
        assertThat(RunScanner.scan(run, Selection.DEFAULT).notices())
                .anyMatch(notice -> notice.startsWith("phema.yaml says that `teacher` holds raw weights"));
    }

    @ParameterizedTest
    @CsvSource({
        "%d_Network.pth, %d_Network_ema.pth, {time}_Network.pth, {time}_Network_ema.pth",
        "vae.%d.pt, vae.%d.ema.pt, vae.{time}.pt, vae.{time}.ema.pt"
    })
    void proposesTheRawFilesOfThoseThatLieBesideAverages(String raw, String average, String files, String averages)
            throws IOException {
        for (int time : List.of(10, 20, 30)) weights(raw.formatted(time), average.formatted(time));
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).excluded())
                .singleElement()
                .asString()
                .contains(
                        "`files: '" + files + "'` and `profile: impulse` for 3 of 3, or of those that are averages",
                        "with `files: '" + averages + "'` and `profile: 'exponential:decay=0.9999'`, or whichever");
        for (String lines : List.of(
                "files: '" + files + "'\nprofile: impulse\n",
                "files: '" + averages + "'\nprofile: 'exponential:decay=0.9999'\n")) {
            Files.writeString(folder.resolve("phema.yaml"), lines);
            assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(3);
        }
    }

    /** Which part of a date would be the time nothing says. */
    @Test
    void proposesNoTimeOfSeveralNumbers() throws IOException {
        for (int i : List.of(1, 2))
            TestFiles.safetensors(folder.resolve("C+2026-01-0%d+10-0%d/model.safetensors".formatted(i, i)), "a", i);
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).notices())
                .singleElement()
                .asString()
                .endsWith("are not taken: C+N-N-N+N-N (2). Files of one run lie side by side in one folder, or in a"
                        + " folder for each checkpoint.");
    }

    /** A run, or a project, may be called after the average that its jobs keep. */
    @ParameterizedTest
    @CsvSource({
        "dit-with-ema, in, dit-with-ema",
        "run1_ema, in, run1_ema",
        "run1_ema/checkpoints, below, run1_ema",
        "ema-experiments/run1, below, ema-experiments",
        "ema/run1/checkpoints, below, ema",
        "swa_run1, in, swa_run1"
    })
    void saysThatFilesBelowAFolderThatSpeaksOfAnAverageAreTakenForRawWeights(String name, String where, String word)
            throws IOException {
        weights(name + "/step-100.safetensors", name + "/step-200.safetensors");
        Run run = RunScanner.scan(folder.resolve(name), Selection.DEFAULT);
        assertThat(run.snapshots()).hasSize(2);
        assertThat(run.notices())
                .anyMatch(notice -> notice.startsWith("These files are taken for raw weights, although they lie "
                        + where + " a folder called `" + word + "`."));
    }

    @ParameterizedTest
    @ValueSource(strings = {"schema", "emacs/run1", "cinema", "avg-pooling", "shadow-removal/run1", "target/runs"})
    void saysNothingOfFoldersThatOtherWordsAreTheNamesOf(String name) throws IOException {
        weights(name + "/step-100.safetensors", name + "/step-200.safetensors");
        Run run = RunScanner.scan(folder.resolve(name), Selection.DEFAULT);
        assertThat(run.snapshots()).hasSize(2);
        assertThat(run.notices()).noneMatch(notice -> notice.contains("a folder called"));
    }

    @Test
    void asksWhichNumberIsTheTimeAndWhichRunIsMeant() throws IOException {
        weights("seed1-step100.pt", "seed1-step200.pt", "seed2-step100.pt");
        assertAsks(
                RunScanner.scan(folder, Selection.DEFAULT),
                "seedN-stepN differ in more than one number (seed1-stepN, seed2-stepN, ...)",
                "`files: 'seed1-step{time}.pt'`");
        assertThat(RunScanner.scan(folder, new Selection(Optional.of("seed1-"), List.of()))
                        .snapshots())
                .isEmpty();
        assertThat(RunScanner.scan(folder, new Selection(Optional.of("seed1-step"), List.of()))
                        .snapshots())
                .hasSize(2);
    }

    @Test
    void asksWhichFilesAreMeantWhereAsManyAreNamedOtherwise() throws IOException {
        weights("a-100.pt", "a-200.pt", "b-100.pt", "b-200.pt");
        assertAsks(RunScanner.scan(folder, Selection.DEFAULT), "a-N (2), b-N (2), and it cannot be told", "--inprefix");
        assertThat(RunScanner.scan(folder, new Selection(Optional.of("b-"), List.of()))
                        .snapshots())
                .hasSize(2);
    }

    @Test
    void leavesAloneWhatMacOsLeavesBesideFiles() throws IOException {
        weights("x-100.safetensors", "x-200.safetensors");
        Files.writeString(folder.resolve("._x-100.safetensors"), "Mac OS X");
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).excluded()).isEmpty();

        Files.writeString(folder.resolve("phema.yaml"), "files: '*x-{time}.safetensors'\nprofile: impulse\n");
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).hasSize(2);
        assertThat(run.excluded()).isEmpty();
    }

    /** The same weights at two times would say that training stood still. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void doesNotTakeALinkForAnotherCheckpoint() throws IOException {
        weights("step-100.safetensors", "step-200.safetensors");
        Files.createSymbolicLink(folder.resolve("step-300.safetensors"), Path.of("step-200.safetensors"));

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots()).hasSize(2);
        assertThat(run.notices())
                .contains(
                        "step-300.safetensors is a link to step-200.safetensors, which is there itself, and is ignored.");
    }

    private static void assertAsks(Run run, String... words) {
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded()).singleElement().satisfies(e -> {
            assertThat(e.reason()).isEqualTo(ExclusionReason.MANIFEST);
            assertThat(e.message()).startsWith("phema.yaml is missing: ").contains(words);
        });
    }

    /** Each with another value, so that none is taken for another's copy. */
    private void weights(String... names) throws IOException {
        for (String name : names) TestFiles.safetensors(folder.resolve(name), "w", name.hashCode());
    }

    private void lora(String name, float alpha, Map<String, String> metadata) throws IOException {
        TestFiles.safetensors(
                folder.resolve(name),
                metadata,
                Map.of(
                        "lora_unet_q.alpha", alpha,
                        "lora_unet_q.lora_down.weight", 1f,
                        "lora_unet_q.lora_up.weight", 2f));
    }
}
