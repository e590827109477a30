package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.profile.Impulse;
import phema.profile.ProfileSpec;

class CheckpointFoldersTest {
    @TempDir
    Path run;

    @ParameterizedTest
    @CsvSource({
        "checkpoint-500, checkpoint-N, checkpoint-{time}, 500",
        "step-1000, step-N, step-{time}, 1000",
        "step1000-unsharded, stepN-unsharded, step{time}-unsharded, 1000",
        "epoch1, epochN, epoch{time}, 1",
        "iter_0001000, iter_N, iter_{time}, 1000",
        "global_step100, global_stepN, global_step{time}, 100",
        "ep0-ba1000, epN-baN, ep*-ba{time}, 1000",
        "epoch=0-step=10.ckpt, epoch=N-step=N.ckpt, epoch=*-step={time}.ckpt, 10",
        "my_lora-000012, my_lora-N, my_lora-{time}, 12",
        "flux_000000250, flux_N, flux_{time}, 250",
        "0050000, N, {time}, 50000",
        "0050000.pt, N.pt, {time}.pt, 50000",
        "2026-01-05_10-00-00-backup-300-1-50, *-backup-N-*, *-backup-{time}-*, 300",
        "seed1_step20, seed1_stepN, seed1_step{time}, 20"
    })
    void readsTheNamesOfFolders(String name, String family, String pattern, long time) {
        assertThat(CheckpointName.parse(name)).hasValueSatisfying(parsed -> {
            assertThat(parsed.family()).isEqualTo(family);
            assertThat(parsed.pattern()).isEqualTo(pattern);
            assertThat(parsed.number()).isEqualTo(time);
        });
    }

    /** What may as well be a run of its own, is still written, or is none. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "seed-000001",
                "exp_000002",
                "lr_0.000100000",
                "run-0000003",
                "seed-1",
                "exp2",
                "fold3",
                "run-001",
                "v1.5",
                "lr0.001",
                "2026-01-05",
                "latest",
                "checkpoint-500-tmp",
                "NAME-000001-state",
                ".step-100",
                "footstep",
                "stepper5",
                "epoch-best",
                "unet"
            })
    void takesNoOtherFoldersForCheckpoints(String name) {
        assertThat(CheckpointName.parse(name)).isEmpty();
    }

    /** As where a newer version of a trainer goes on; where both are in one folder, the newer form is taken. */
    @Test
    void takesOneNetworkUnderBothNamesThatHuggingFaceGaveIt() throws IOException {
        for (int step : List.of(100, 200, 300)) weights("checkpoint-" + step + "/pytorch_model.bin", step);
        for (int step : List.of(400, 500, 600)) weights("checkpoint-" + step + "/model.safetensors", step);
        assertThat(scan().snapshots()).hasSize(6);
        weights("checkpoint-600/pytorch_model.bin", 7);
        assertThat(scan().snapshots())
                .extracting(Snapshot::name)
                .hasSize(6)
                .contains("checkpoint-100/pytorch_model.bin", "checkpoint-600/model.safetensors");
    }

    /** What its schedulers say is real; a scheduler may be stepped at each epoch, or not be there. */
    @ParameterizedTest
    @CsvSource({
        "0, '200 400', '1.0 2.0', 'says `last_epoch` 200 to 400, equally many from one to the next', true",
        "1, '200 400', '200.0 400.0', 'says `last_epoch` 200 to 400, which are their times', false",
        "0, '100 200 400', '100.0 200.0 400.0', 'says `last_epoch` 100 to 400, which are their times', false",
        "0, '100 100 200', '1.0 2.0 3.0', 'nothing beside them says how many steps there were', true",
        "0, '- - -', '1.0 2.0 3.0', 'taken to be equally many steps apart, from the first step on', true"
    })
    void accelerateNumbersCheckpointsAndNotSteps(int first, String steps, String times, String said, boolean lines)
            throws IOException {
        int number = first;
        for (String step : steps.split(" ")) {
            String folder = "checkpoint_" + number++;
            weights(folder + "/model.safetensors", number);
            write(folder + "/random_states_0.pkl", "no");
            if (!step.equals("-"))
                Files.copy(
                        Path.of("src/test/resources/groups/beside/scheduler-" + step + ".bin"),
                        run.resolve(folder).resolve("scheduler.bin"));
        }
        Run found = scan();
        assertThat(found.excluded()).isEmpty();
        assertThat(found.snapshots().stream().map(s -> String.valueOf(s.time())))
                .containsExactly(times.split(" "));
        assertThat(found.notices())
                .anySatisfy(notice -> assertThat(notice)
                        .startsWith("accelerate numbers its checkpoints from 0, and not by steps")
                        .contains(said));
        assertThat(found.manifest())
                .isEqualTo(
                        lines
                                ? List.of(
                                        "files: 'checkpoint_{time}/model.safetensors'",
                                        "updateAfterStep: -1",
                                        "profile: impulse")
                                : List.of());
        if (!lines) return;
        write("phema.yaml", String.join("\n", found.manifest()));
        assertThat(scan().snapshots().stream().map(s -> String.valueOf(s.time())))
                .containsExactly(times.split(" "));
    }

    /** Saved by a script that numbers by itself, whatever it counts. */
    @ParameterizedTest
    @CsvSource({"1, 1", "1000, 500"})
    void otherNumbersAreTimes(int first, int every) throws IOException {
        for (int number : List.of(first, first + every, first + 2 * every)) {
            weights("checkpoint_" + number + "/model.safetensors", number);
            write("checkpoint_" + number + "/random_states_0.pkl", "no");
        }
        assertThat(scan().snapshots().getFirst().time()).isEqualTo(first);
        assertThat(scan().notices()).noneMatch(notice -> notice.contains("accelerate"));
    }

    @Test
    void takesTheWeightsOfEachFolderInTheOrderOfTime() throws IOException {
        for (int step : List.of(500, 1000, 1500)) {
            weights("checkpoint-" + step + "/model.safetensors", step);
            write("checkpoint-" + step + "/optimizer.pt", "no");
            write("checkpoint-" + step + "/rng_state_0.pth", "no");
            write("checkpoint-" + step + "/trainer_state.json", "{}");
        }
        weights("checkpoint-2000-tmp/model.safetensors", 7);
        weights("model.safetensors", 7);
        Files.createDirectories(run.resolve("checkpoint-2000"));
        Files.createSymbolicLink(run.resolve("checkpoint-2500"), run.resolve("checkpoint-500"));

        Run found = scan();

        assertThat(found.snapshots())
                .extracting(Snapshot::name)
                .containsExactly(
                        "checkpoint-500/model.safetensors",
                        "checkpoint-1000/model.safetensors",
                        "checkpoint-1500/model.safetensors");
        assertThat(found.snapshots()).extracting(Snapshot::profile).allMatch(Impulse.class::isInstance);
        assertThat(found.notices())
                .containsExactly(
                        "checkpoint-2500 is a link to a folder and is not followed.",
                        "checkpoint-2000 holds no weights that are complete, and is not used.",
                        "Folders named checkpoint-N are taken for checkpoints of time N, with raw weights in"
                                + " model.safetensors; for anything else, say so in phema.yaml.",
                        "Beside the checkpoints' folders, and not used: checkpoint-N-tmp, model.safetensors.");
    }

    @Test
    void aCheckpointOfAnotherStepThanTheTrainerStatesIsRefused() throws IOException {
        for (int step : List.of(500, 1000, 1500)) {
            weights("checkpoint-" + step + "/model.safetensors", step);
            write(
                    "checkpoint-" + step + "/trainer_state.json",
                    "{\n  \"epoch\": 1.5,\n  \"global_step\": " + (step == 1000 ? 1200 : step)
                            + ",\n  \"log_history\": [{\"step\": 10}" + ", {\"step\": 20}".repeat(10_000) + "]\n}");
        }

        Run found = scan();

        assertThat(found.snapshots()).hasSize(2);
        assertThat(found.excluded())
                .singleElement()
                .satisfies(file -> assertThat(file.message())
                        .isEqualTo("checkpoint-1000/model.safetensors is named for time 1000, its trainer_state.json"
                                + " says `global_step` 1200: rename it, or state its time in phema.yaml"));
    }

    @Test
    void averagesInShardsWithoutAnIndexAreNamed() throws IOException {
        for (int step : List.of(10, 20)) {
            weights("step-" + step + "/unet/model.safetensors", step);
            weights("step-" + step + "/unet_ema/model-00001-of-00002.safetensors", step);
        }

        Run found = scan();

        assertThat(found.snapshots()).hasSize(2);
        assertThat(found.notices())
                .contains("The average in unet_ema/model-00001-of-00002.safetensors is not used of step-10, step-20,"
                        + " where not all of its files are there.");
    }

    /** As ColossalAI writes them: names do not say how many files there are, and an index does. */
    @ParameterizedTest
    @CsvSource({
        "pytorch_model.bin.index.json, pytorch_model-00001.bin, pytorch_model-00002.bin",
        "model.safetensors.index.json, model-00001.safetensors, model-00002.safetensors",
        "whole.index.json, text.safetensors, vision.safetensors"
    })
    void filesThatAnIndexListsAreOneCheckpoint(String index, String first, String second) throws IOException {
        shards(index, first, second);
        for (int step : List.of(10, 20)) weights("epoch0-global_step" + step + "/ema.pt", step);

        Run found = scan();

        assertThat(found.snapshots())
                .extracting(Snapshot::name)
                .containsExactly("epoch0-global_step10/model/" + index, "epoch0-global_step20/model/" + index);
        assertThat(found.snapshots().getFirst().file().tensors()).hasSize(2);
        assertThat(found.notices())
                .anyMatch(notice -> notice.contains("other weights as well, which are not used: ema.pt."));
        assertThat(found.manifest())
                .containsExactly("files: 'epoch*-global_step{time}/model/" + index + "'", "profile: impulse");
    }

    /** A network that lacks tensors would come out otherwise. */
    @ParameterizedTest
    @CsvSource({
        "pytorch_model.bin.index.json, pytorch_model-00001.bin, pytorch_model-00002.bin",
        "model.safetensors.index.json, model-00001-of-00002.safetensors, model-00002-of-00002.safetensors",
        "model.safetensors.index.fp16.json, text.safetensors, vision.safetensors"
    })
    void aFileThatAnIndexListsBesideOthersIsNeverTakenAlone(String index, String first, String second)
            throws IOException {
        shards(index, first, second);
        write("phema.yaml", "files: 'epoch*-global_step{time}/model/" + first + "'\nprofile: impulse\n");

        Run found = scan();

        assertThat(found.snapshots()).isEmpty();
        assertThat(found.excluded())
                .hasSize(2)
                .allMatch(file -> file.message()
                        .endsWith("is one of the 2 files that " + index
                                + " beside it lists, which hold 2 tensors together; name that, which reads them all: `files:"
                                + " 'epoch*-global_step{time}/model/" + index + "'` in phema.yaml"));

        write("phema.yaml", "files: 'epoch*-global_step{time}/model/" + index + "'\nprofile: impulse\n");
        assertThat(scan().snapshots())
                .hasSize(2)
                .allMatch(one -> one.file().tensors().size() == 2);
    }

    /** One of both is older than the other, and transformers loads the file. */
    @Test
    void aFileThatAnIndexOfItsNameDoesNotListIsNamed() throws IOException {
        shards("model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
        assertThat(scan().notices()).noneMatch(notice -> notice.contains("lies beside"));
        for (int step : List.of(10, 20)) weights("epoch0-global_step" + step + "/model/model.safetensors", -step);
        Run found = scan();
        assertThat(found.snapshots()).hasSize(2).allMatch(one -> one.name().endsWith(".index.json"));
        assertThat(found.notices())
                .anyMatch(notice -> notice.startsWith("model/model.safetensors lies beside"
                                + " model/model.safetensors.index.json, which does not list it")
                        && notice.contains("`files: 'epoch*-global_step{time}/model/model.safetensors'`"));

        shards("model.safetensors.index.json", "model.safetensors", "more.safetensors");
        assertThat(scan().notices()).noneMatch(notice -> notice.contains("lies beside"));
    }

    @Test
    void filesThatAreNumberedAlikeWithoutAnIndexAreNotOfferedAlone() throws IOException {
        for (int step : List.of(10, 20))
            for (int part : List.of(1, 2)) weights("step-" + step + "/pytorch_model-0000" + part + ".bin", step);

        Run found = scan();

        assertThat(found.snapshots()).isEmpty();
        assertThat(found.manifest()).isEmpty();
        assertThat(found.excluded())
                .singleElement()
                .satisfies(file -> assertThat(file.message()).contains("most likely hold a part of the weights each"));
    }

    @ParameterizedTest
    @CsvSource({
        "unet/diffusion_pytorch_model.safetensors, vae/diffusion_pytorch_model.safetensors",
        "pytorch_lora_weights.safetensors, other/weights.safetensors",
        "deep/er/weights.safetensors, ''"
    })
    void knowsWhichOfSeveralWeightsAreTrained(String taken, String left) throws IOException {
        for (int step : List.of(10, 20)) {
            weights("step-" + step + "/" + taken, step);
            if (!left.isEmpty()) weights("step-" + step + "/" + left, step);
        }

        Run found = scan();

        assertThat(found.snapshots())
                .extracting(Snapshot::name)
                .containsExactly("step-10/" + taken, "step-20/" + taken);
        if (!left.isEmpty())
            assertThat(found.notices())
                    .anyMatch(notice -> notice.contains("holds other weights as well, which are not" + " used: " + left
                            + ". For averages of those, write phema.yaml with `files: 'step-{time}/" + left));
    }

    @Test
    void asksWhereNothingSaysWhichOfSeveralAreTrained() throws IOException {
        for (int step : List.of(10, 20))
            for (String name : List.of("actor", "critic")) weights("step-" + step + "/" + name + ".safetensors", step);

        assertThat(scan().excluded())
                .singleElement()
                .extracting(Excluded::message)
                .asString()
                .contains("hold several weights (actor.safetensors, critic.safetensors)")
                .contains("`files: 'step-{time}/actor.safetensors'` and `profile: impulse`");
    }

    /** The largest, of these none that trainers keep beside a model, and one that can be read. */
    @Test
    void proposesAFileThatHoldsWeights() throws IOException {
        for (int step : List.of(10, 20)) {
            String folder = "step-" + step + "/";
            TestFiles.safetensors(run.resolve(folder + "a_extra.safetensors"), "x", 1);
            TestFiles.safetensors(run.resolve(folder + "net_ema.safetensors"), "w", new float[500]);
            TestFiles.safetensors(run.resolve(folder + "text_lora.safetensors"), "w", new float[400]);
            TestFiles.safetensors(run.resolve(folder + "unet_lora.safetensors"), "w", new float[400]);
            write(folder + "brain.ckpt", "avg_train_loss: 1.0\n".repeat(200));
        }

        assertThat(scan().excluded())
                .singleElement()
                .extracting(Excluded::message)
                .asString()
                .endsWith("`files: 'step-{time}/unet_lora.safetensors'` and `profile: impulse`");

        for (int step : List.of(10, 20)) { // where nothing is asked, sizes alone say it
            TestFiles.safetensors(run.resolve("step-" + step + "/model.safetensors"), "w", new float[400]);
            write("step-" + step + "/brain.ckpt", "avg_train_loss: 1.0\n");
        }
        assertThat(scan().notices())
                .anyMatch(notice -> notice.contains("holds other weights as well")
                        && notice.endsWith("`files: 'step-{time}/unet_lora.safetensors'` and their profile."));

        for (int step : List.of(10, 20)) Files.move(run.resolve("step-" + step), run.resolve(step + ".ckpt"));
        for (int step : List.of(10, 20)) Files.delete(run.resolve(step + ".ckpt/model.safetensors"));
        assertThat(scan().notices())
                .anyMatch(notice ->
                        notice.endsWith("with `files: '{time}.ckpt/unet_lora.safetensors'` and `profile: impulse`."));
    }

    @Test
    void asksWhereNamesDifferInOtherNumbersToo() throws IOException {
        for (String name : List.of("seed1-step10", "seed1-step20", "seed2-step10"))
            weights(name + "/model.safetensors", 1);

        assertThat(scan().excluded())
                .singleElement()
                .extracting(Excluded::message)
                .asString()
                .contains("(seed1-stepN, seed2-stepN), so it cannot be told whether they are of one run");
    }

    @Test
    void readsTheAverageThatIsRecordedBesideIt() throws IOException {
        diffusers("\"use_ema_warmup\": true, \"inv_gamma\": 1.0, \"power\": 0.75");

        assertThat(scan().snapshots())
                .extracting(snapshot -> snapshot.name() + " " + ProfileSpec.print(snapshot.profile()))
                .containsExactly(
                        "checkpoint-100/unet/x.safetensors impulse",
                        "checkpoint-100/unet_ema/x.safetensors ema:0.9999,warmup=3/4,after=1",
                        "checkpoint-200/unet/x.safetensors impulse",
                        "checkpoint-200/unet_ema/x.safetensors ema:0.9999,warmup=3/4,after=1");
    }

    /** As where a job goes on with {@code --use_ema} from a checkpoint whose average it does not load. */
    @Test
    void anAverageThatBeganAnewIsOneSinceThen() throws IOException {
        diffusers("\"use_ema_warmup\": false", Map.of(100, 100, 200, 200, 300, 100, 400, 200));

        Run found = scan();

        assertThat(found.snapshots())
                .filteredOn(snapshot -> snapshot.name().contains("unet_ema"))
                .extracting(snapshot -> ProfileSpec.print(snapshot.profile()))
                .containsExactly(
                        "ema:0.9999,warmup=10,after=1",
                        "ema:0.9999,warmup=10,after=1",
                        "ema:0.9999,warmup=10,after=201",
                        "ema:0.9999,warmup=10,after=201");
        assertThat(found.notices())
                .contains("The weights in `unet_ema/x.safetensors` are taken for averages of profile"
                        + " ema:0.9999,warmup=10,after=1 from time 100 on and ema:0.9999,warmup=10,after=201 from time"
                        + " 300 on, as the files say.");
        assertThat(found.manifest()).isEmpty();
    }

    @Test
    void anAverageWhoseCountCannotBeRelatedToTheClockIsNotUsed() throws IOException {
        diffusers("\"use_ema_warmup\": false", Map.of(100, 100, 200, 190, 300, 260));

        Run found = scan();

        assertThat(found.snapshots()).extracting(Snapshot::name).noneMatch(name -> name.contains("unet_ema"));
        assertThat(found.notices())
                .anyMatch(notice ->
                        notice.startsWith("The average in `unet_ema/x.safetensors` has counted 100 updates at time"
                                + " 100, and from what"));
    }

    @Test
    void theOrdinaryWarmupNeedsNoMoreThanThat() throws IOException {
        diffusers("\"use_ema_warmup\": false");

        assertThat(scan().snapshots())
                .extracting(snapshot -> ProfileSpec.print(snapshot.profile()))
                .contains("ema:0.9999,warmup=10,after=1");
    }

    /** A schedule that no profile says, or none at all. */
    @ParameterizedTest
    @ValueSource(strings = {"\"min_decay\": 0.5", "\"decay\": null"})
    void usesTheRawWeightsAloneWhereNothingSaysTheAverage(String what) throws IOException {
        diffusers(what);

        Run found = scan();

        assertThat(found.snapshots())
                .extracting(Snapshot::name)
                .containsExactly("checkpoint-100/unet/x.safetensors", "checkpoint-200/unet/x.safetensors");
        assertThat(found.excluded())
                .extracting(Excluded::message)
                .allMatch(message -> message.contains("averages that nobody recorded"));
        assertThat(found.notices())
                .anyMatch(message -> message.contains("`files: 'checkpoint-{time}'` and `averages: [{file:"
                        + " 'unet/x.safetensors', profile: impulse}, {file: 'unet_ema/x.safetensors', profile:"));
        assertThat(found.manifest())
                .startsWith(
                        "files: 'checkpoint-{time}'", "averages:", "- {file: 'unet/x.safetensors', profile: impulse}");
    }

    @ParameterizedTest
    @CsvSource({
        "checkpoint-%d-ema, checkpoint-{time}-ema, 0.9999",
        "ema_checkpoint-%d, ema_checkpoint-{time}, 0.9999",
        "step-%d-swa, step-{time}-swa, 0.9999",
        "step_%d_ema0.99, step_{time}_ema0.99, 0.99",
        "teacher-%06d, teacher-{time}, 0.9999",
        "step-%d-averaged, step-{time}-averaged, 0.9999"
    })
    void asksWhatFoldersHoldThatAreCalledAverages(String name, String pattern, String decay) throws IOException {
        for (int step : List.of(100, 200)) {
            weights(name.formatted(step) + "/unet/model.safetensors", step);
            weights(name.formatted(step) + "/text/model.safetensors", step);
        }

        Run asked = scan();

        assertThat(asked.snapshots()).isEmpty();
        assertThat(asked.excluded())
                .singleElement()
                .satisfies(e -> assertThat(e.message()).contains("hold averages by their names"));
        assertThat(asked.manifest())
                .containsExactly(
                        "files: '" + pattern + "/unet/model.safetensors'",
                        "profile: 'exponential:decay=" + decay + "'");
        write(Manifest.FILE_NAME, String.join("\n", asked.manifest()));
        assertThat(scan().snapshots()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"checkpoint-%d-ema", "ema-checkpoint-%d"})
    void takesTheRawWeightsInFoldersBesideThoseOfAverages(String average) throws IOException {
        for (int step : List.of(100, 200)) weights("checkpoint-" + step + "/model.safetensors", step);
        for (int step : List.of(100, 200, 300)) weights(average.formatted(step) + "/model.safetensors", step);

        Run found = scan();

        assertThat(found.snapshots())
                .extracting(Snapshot::name)
                .containsExactly("checkpoint-100/model.safetensors", "checkpoint-200/model.safetensors");
        assertThat(found.notices())
                .contains("Beside the checkpoints' folders, and not used: " + average.replace("%d", "N") + " (3).");
    }

    /** Averages in one file of each folder: the lines to keep say what is recognised without them. */
    @Test
    void theManifestToKeepIsUnderstood() throws IOException {
        for (int step : List.of(100, 200, 300)) {
            Files.createDirectories(run.resolve("step-" + step));
            TestFiles.safetensors(
                    run.resolve("step-" + step + "/model.safetensors"),
                    Map.of(),
                    Map.of("t.a", 1f * step, "ema.state.t.a.ema_params.half_life_0p05", 0.9f * step));
        }
        Run recognised = scan();
        assertThat(recognised.manifest()).contains("files: 'step-{time}/model.safetensors'");

        write(Manifest.FILE_NAME, String.join("\n", recognised.manifest()));

        assertThat(scan().snapshots())
                .hasSize(6)
                .extracting(snapshot -> snapshot.name() + " " + ProfileSpec.print(snapshot.profile()))
                .containsExactlyElementsOf(recognised.snapshots().stream()
                        .map(snapshot -> snapshot.name() + " " + ProfileSpec.print(snapshot.profile()))
                        .toList());
    }

    /** The lines that the question proposes. */
    @Test
    void theManifestNamesWeightsInFoldersByTheirPath() throws IOException {
        diffusers("\"min_decay\": 0.5");
        write(Manifest.FILE_NAME, """
                files: 'checkpoint-{time}'
                averages: [{file: unet/x.safetensors, profile: impulse},
                  {file: unet_ema/x.safetensors, profile: 'power:0.1'}]
                """);

        Run found = scan();
        assertThat(found.snapshots())
                .extracting(snapshot -> snapshot.name() + " " + ProfileSpec.print(snapshot.profile()))
                .containsExactly(
                        "checkpoint-100/unet/x.safetensors impulse",
                        "checkpoint-100/unet_ema/x.safetensors power:0.1",
                        "checkpoint-200/unet/x.safetensors impulse",
                        "checkpoint-200/unet_ema/x.safetensors power:0.1");
        assertThat(found.notices())
                .contains("The weights in `unet_ema/x.safetensors` are taken for averages of profile power:0.1, as"
                        + " phema.yaml says.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "files: 'checkpoint-{time}/unet_ema/x.safetensors'\nprofile: 'power:0.1'",
                "files: '*-{time}/unet_*/x.safetensors'\nprofile: 'power:0.1'",
                "files: [{name: checkpoint-100/unet_ema/x.safetensors, time: 100},"
                        + " {name: checkpoint-200/unet_ema/x.safetensors, time: 200}]\nprofile: 'power:0.1'"
            })
    void theManifestMayNameFilesInFolders(String manifest) throws IOException {
        diffusers("\"min_decay\": 0.5");
        write(Manifest.FILE_NAME, manifest);

        assertThat(scan().snapshots())
                .extracting(Snapshot::name)
                .containsExactly("checkpoint-100/unet_ema/x.safetensors", "checkpoint-200/unet_ema/x.safetensors");
    }

    @Test
    void shardsThatAreNotAllThereAreNoWeights() throws IOException {
        for (int step : List.of(10, 20, 30)) {
            weights("step-" + step + "/model-00001-of-00002.safetensors", step);
            if (step != 20) weights("step-" + step + "/model.safetensors", step);
        }

        assertThat(scan().excluded())
                .singleElement()
                .extracting(Excluded::message)
                .asString()
                .contains("step-20/model-00001-of-00002.safetensors: is one of 2 files, but"
                        + " model-00002-of-00002.safetensors is missing; copy the whole checkpoint");
        assertThat(scan().snapshots())
                .extracting(Snapshot::name)
                .containsExactly("step-10/model.safetensors", "step-30/model.safetensors");
    }

    @Test
    void adaptersThatAreScaledOtherwiseAreNotAveraged() throws IOException {
        for (int step : List.of(10, 20, 30)) {
            weights("checkpoint-" + step + "/adapter_model.safetensors", step);
            write(
                    "checkpoint-" + step + "/adapter_config.json",
                    "{\"lora_alpha\": " + (step == 10 ? 32 : 16) + ", \"r\": 8}");
        }

        Run found = scan();
        assertThat(found.snapshots()).hasSize(2);
        assertThat(found.notices())
                .contains("checkpoint-10 is not used: its adapter_config.json states lora_alpha 32, r 8, most others"
                        + " lora_alpha 16, r 8, so its weights are scaled otherwise.");
    }

    /** Of as many of one scale as of another the newer ones are used, as training has it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "lora_alpha": 16, "use_rslora": true          | "lora_alpha": 16                             | , use_rslora true
            "lora_alpha": 16, "alpha_pattern": {"q": 64}  | "lora_alpha": 16, "alpha_pattern": {}        | , alpha_pattern {q=64}
            "lora_alpha": 16, "use_dora": true            | "lora_alpha": 16, "use_dora": false          | , use_dora true
            """)
    void whateverScalesAdaptersIsCompared(String older, String newer, String said) throws IOException {
        for (int step : List.of(10, 20, 30, 40)) {
            weights("checkpoint-" + step + "/adapter_model.safetensors", step);
            write("checkpoint-" + step + "/adapter_config.json", "{\"r\": 8, " + (step <= 20 ? older : newer) + "}");
        }
        String difference = "its adapter_config.json states lora_alpha 16, r 8" + said + ", as many others, the newest"
                + " among them, lora_alpha 16, r 8, so its weights are scaled otherwise";

        assertThat(scan().snapshots()).extracting(Snapshot::time).containsExactly(30.0, 40.0);
        assertThat(scan().notices()).contains("checkpoint-10 is not used: " + difference + ".");

        write(Manifest.FILE_NAME, "files: 'checkpoint-{time}/adapter_model.safetensors'\nprofile: impulse\n");
        assertThat(scan().snapshots()).extracting(Snapshot::time).containsExactly(30.0, 40.0);
        assertThat(scan().excluded())
                .extracting(Excluded::message)
                .contains("checkpoint-10/adapter_model.safetensors is an adapter of another scale: " + difference);
    }

    @Test
    void adaptersOfOneScaleAreAveragedHoweverItIsWritten() throws IOException {
        for (int step : List.of(10, 20)) {
            weights("checkpoint-" + step + "/adapter_model.safetensors", step);
            write(
                    "checkpoint-" + step + "/adapter_config.json",
                    step == 10
                            ? "{\"r\": 8, \"lora_alpha\": 16, \"alpha_pattern\": {\"q\": 1, \"v\": 2}}"
                            : "{\"alpha_pattern\": {\"v\": 2, \"q\": 1}, \"lora_alpha\": 16, \"r\": 8,"
                                    + " \"use_rslora\": false, \"rank_pattern\": null}");
        }

        assertThat(scan().snapshots()).hasSize(2);
    }

    /** Which of two files of one time is meant is not for the alphabet to say. */
    @Test
    void aPatternThatMatchesTwoFilesOfATimeIsRefused() throws IOException {
        diffusers("\"min_decay\": 0.5");
        write(Manifest.FILE_NAME, "files: 'checkpoint-{time}/*/x.safetensors'\nprofile: impulse\n");

        assertThat(scan().excluded())
                .singleElement()
                .extracting(Excluded::message)
                .asString()
                .contains("files matches both checkpoint-100/unet/x.safetensors and"
                        + " checkpoint-100/unet_ema/x.safetensors of time 100; name the one that is meant");
    }

    @Test
    void checkpointsWithoutTheFileThatIsMeantAreNamed() throws IOException {
        for (int step : List.of(10, 20, 30)) weights("step-" + step + "/" + (step == 20 ? "b" : "a") + "/x.pt", step);
        write(Manifest.FILE_NAME, "files: 'step-{time}/*/x.pt'\nprofile: impulse\n");
        assertThat(scan().notices()).noneMatch(notice -> notice.contains("not hold the file"));
        write(Manifest.FILE_NAME, "files: 'step-{time}/a/x.pt'\nprofile: impulse\n");
        assertThat(scan().notices())
                .contains("step-20/ does not hold the file that phema.yaml names, and is not used.");
    }

    @Test
    void aFileThatNoCheckpointHoldsIsNamed() throws IOException {
        diffusers("\"min_decay\": 0.5");
        write(Manifest.FILE_NAME, """
                files: 'checkpoint-{time}'
                averages: [{file: unet/x.safetensors, profile: impulse}, {file: unet_emma/x.safetensors, profile: swa}]
                """);

        assertThat(scan().notices())
                .contains("No checkpoint holds unet_emma/x.safetensors, which phema.yaml names under averages.");
    }

    /** SimpleTuner keeps its settings in a file that holds the weights once more, without names. */
    @Test
    void readsTheSettingsOfSimpleTunersAverage() throws IOException {
        for (int step : List.of(100)) { // the file counts as many
            weights("checkpoint-" + step + "/pytorch_lora_weights.safetensors", step);
            weights("checkpoint-" + step + "/ema/pytorch_lora_weights.safetensors", step + 1);
            Files.copy(
                    Path.of("src/test/resources/groups/beside/ema_model.pt"),
                    run.resolve("checkpoint-" + step + "/ema/ema_model.pt"));
        }

        assertThat(scan().snapshots())
                .extracting(snapshot -> snapshot.name() + " " + ProfileSpec.print(snapshot.profile()))
                .containsExactly(
                        "checkpoint-100/pytorch_lora_weights.safetensors impulse",
                        "checkpoint-100/ema/pytorch_lora_weights.safetensors ema:0.999,warmup=none,after=20");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ema_model", "ema_weights/model", "emamodel", "teacher/model", "model_ema_0.99"})
    void averagesAloneAreAskedForByWhateverTheyAreCalled(String name) throws IOException {
        for (int step : new int[] {100, 200}) weights("checkpoint-" + step + "/" + name + ".safetensors", step);
        assertThat(RunScanner.scan(run, Selection.DEFAULT).excluded())
                .singleElement()
                .satisfies(e -> assertThat(e.message()).contains("hold averages by their names (" + name));
    }

    @Test
    void averagesAloneAreAskedFor() throws IOException {
        for (int step : List.of(10, 20)) weights("step-" + step + "/ema/model.safetensors", step);

        assertThat(scan().excluded())
                .singleElement()
                .extracting(Excluded::message)
                .asString()
                .contains("averages by their names (ema/model.safetensors), not raw weights");
    }

    @Test
    void namesWhatLiesOneFolderDown() throws IOException {
        for (int step : List.of(10, 20)) weights("checkpoint/step-" + step + "/model.safetensors", step);
        assertThat(scan().notices())
                .containsExactly("No weight files of a run lie in this folder itself; below it there is a run, name its"
                        + " folder: checkpoint.");

        weights("other/seed-1/model.safetensors", 1);
        run = run.resolve("other");
        assertThat(scan().notices())
                .containsExactly("Weight files lie also in folders below, and are not taken: seed-N. If each is a"
                        + " checkpoint of one run, say so in phema.yaml with `files: 'seed-{time}/model.safetensors'`"
                        + " and `profile: impulse`.");
    }

    /** As nanotron and DeepSpeed's universal checkpoints have them, in folders whose names are a clock's or not. */
    @ParameterizedTest
    @CsvSource({"'', model/%s_pp-rank-0-of-1.safetensors", "step_, zero/%s/fp32.safetensors"})
    void filesOfOneTensorEachAreNoModels(String begin, String path) throws IOException {
        for (int step : List.of(100, 200, 300))
            for (String tensor : List.of("a", "b", "c", "d", "e", "f", "g", "h"))
                TestFiles.safetensors(run.resolve(begin + step + "/" + path.formatted(tensor)), "data", step);
        assertThat(scan().notices())
                .anyMatch(notice -> notice.contains("Each tensor is a file of its own there, such as " + begin))
                .noneMatch(notice -> notice.contains("files: "));
        assertThat(scan().snapshots()).isEmpty();
        write("phema.yaml", "files: '" + begin + "{time}/" + path.formatted("b") + "'\nprofile: impulse\n");
        assertThat(scan().notices())
                .anyMatch(
                        notice -> notice.startsWith("phema.yaml names one tensor of each checkpoint. Each tensor is"));
    }

    /** The lines to copy are none that are refused. */
    @Test
    void proposesTheRawWeightsOfFilesThatHoldAnAverageBeside() throws IOException {
        for (int step : List.of(10, 20, 30)) {
            Path checkpoint = Files.createDirectories(run.resolve(step + ".ckpt"));
            TestFiles.safetensors(
                    checkpoint.resolve("x.safetensors"), Map.of(), Map.of("module.w", 1f * step, "ema.w", 1f));
        }
        assertThat(scan().notices())
                .anyMatch(notice -> notice.endsWith("with `files: '{time}.ckpt/x.safetensors'` and `prefix:"
                        + " 'module.'` and `profile: impulse`."));
        write("phema.yaml", "files: '{time}.ckpt/x.safetensors'\nprefix: 'module.'\nprofile: impulse\n");
        assertThat(scan().snapshots()).hasSize(3);
    }

    /** The run is the folder above; what an optimizer has beside it is none. */
    @Test
    void theServiceListsTheFolderAbove() throws IOException {
        for (int step : List.of(10, 20)) {
            weights("a/checkpoint-" + step + "/unet/x.safetensors", step);
            weights("a/checkpoint-" + step + "/unet_ema/x.safetensors", step);
            weights("b/model/iter_0000000" + step + ".safetensors", step);
            weights("b/optim/iter_0000000" + step + ".safetensors", step);
            weights("c/run-1/step-" + step + "/model.safetensors", step);
        }
        weights("d/step-10/model.safetensors", 1);

        assertThat(RootWatcher.runsBelow(run))
                .isEqualTo(Set.of(run.resolve("a"), run.resolve("b/model"), run.resolve("c/run-1")));
    }

    private Run scan() throws IOException {
        return RunScanner.scan(run, Selection.DEFAULT);
    }

    /** In checkpoints of steps 10 and 20, each of the files with one of the two tensors. */
    private void shards(String index, String first, String second) throws IOException {
        for (int step : List.of(10, 20)) {
            Path folder = run.resolve("epoch0-global_step" + step + "/model");
            TestFiles.safetensors(folder.resolve(first), "a", step);
            TestFiles.safetensors(folder.resolve(second), "b", step);
            Files.writeString(
                    folder.resolve(index), "{\"weight_map\": {\"a\": \"" + first + "\", \"b\": \"" + second + "\"}}");
        }
    }

    private void diffusers(String settings) throws IOException {
        diffusers(settings, Map.of(100, 100, 200, 200));
    }

    /** @param updates by step */
    private void diffusers(String settings, Map<Integer, Integer> updates) throws IOException {
        for (int step : updates.keySet()) {
            weights("checkpoint-" + step + "/unet/x.safetensors", step);
            weights("checkpoint-" + step + "/unet_ema/x.safetensors", step + 1);
            write(
                    "checkpoint-" + step + "/unet_ema/config.json",
                    "{\"decay\": 0.9999, \"update_after_step\": 0, \"min_decay\": 0.0, \"optimization_step\": "
                            + updates.get(step) + ", " + settings + "}");
        }
    }

    /** As TRL writes the adapters of PEFT that are called train and reference. */
    @Test
    void theAdapterThatTrainsIsTakenAndNotTheOneItIsComparedWith() throws IOException {
        for (int step : List.of(100, 200)) {
            for (String name : List.of("train", "reference")) {
                weights("checkpoint-" + step + "/" + name + "/adapter_model.safetensors", step);
                write("checkpoint-" + step + "/" + name + "/adapter_config.json", "{\"r\": 8, \"lora_alpha\": 16}");
            }
            weights("checkpoint-" + step + "/dataloader/state.pt", 7);
        }
        Run both = RunScanner.scan(run, Selection.DEFAULT);
        assertThat(both.snapshots())
                .extracting(Snapshot::name)
                .containsExactly(
                        "checkpoint-100/train/adapter_model.safetensors",
                        "checkpoint-200/train/adapter_model.safetensors");
        assertThat(both.notices()).anyMatch(notice -> notice.contains("not used: reference/adapter_model.safetensors"));
    }

    @Test
    void whatTrainingComparesWithIsNotTakenByItself() throws IOException {
        for (int step : List.of(100, 200)) weights("checkpoint-" + step + "/ref_model/model.safetensors", step);
        Run reference = RunScanner.scan(run, Selection.DEFAULT);
        assertThat(reference.snapshots()).isEmpty();
        assertThat(reference.excluded())
                .singleElement()
                .extracting(Excluded::message)
                .asString()
                .contains("ref_model/model.safetensors, which by its name is not what is trained");
    }

    private void weights(String path, float value) throws IOException {
        Files.createDirectories(run.resolve(path).getParent());
        TestFiles.safetensors(run.resolve(path), Map.of(), Map.of("a", value, "b", 2 * value));
    }

    private void write(String path, String text) throws IOException {
        Files.createDirectories(run.resolve(path).getParent());
        Files.writeString(run.resolve(path), text);
    }
}
