package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;
import phema.catalog.Excluded.ExclusionReason;
import phema.format.Tensor;
import phema.profile.Impulse;

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
        assertThat(NumberedName.parse(name)).contains(new NumberedName(name, prefix, number));
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
                .first()
                .asString()
                .contains("b-* (1) are not used, because more are named a-step*");
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
            assertThat(e.message()).contains("`sigmaRels: [0.05, 0.28]` and `updateEvery: 100`");
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
                .satisfies(e -> assertThat(e.message()).contains("no ss_steps in its metadata"));

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
        "phema-0000016-0.050.pkl, false",
        "model.safetensors, false"
    })
    void aFolderIsARunByWhatItHolds(String names, boolean run) {
        assertThat(Recognition.isRun(List.of(names.split(" ")).stream()
                        .filter(Recognition::suggestsARun)
                        .toList()))
                .isEqualTo(run);
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
