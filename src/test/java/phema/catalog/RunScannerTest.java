package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static phema.catalog.TestFiles.FIRST;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;
import phema.TestWeights;
import phema.catalog.Excluded.ExclusionReason;
import phema.format.FileStamp;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.profile.Power;
import phema.tensor.DType;
import phema.tensor.Shape;
import phema.time.SettableClock;

class RunScannerTest {
    @TempDir
    Path temporary;

    private final SettableClock clock = new SettableClock();

    @ParameterizedTest
    @ValueSource(strings = {"edm2", "safetensors"})
    void findsTheSnapshotsOfARunByTimeAndThenByWidth(String format) throws IOException {
        Run run = RunScanner.scan(Fixtures.fixture(format), Selection.DEFAULT);

        assertThat(run.name()).isEqualTo(format);
        assertThat(run.snapshots())
                .extracting(Snapshot::profile)
                .isEqualTo(LongStream.rangeClosed(1, 16)
                        .mapToObj(
                                i -> List.of(Power.ofSigmaRel(0.05, i * 16384.0), Power.ofSigmaRel(0.10, i * 16384.0)))
                        .flatMap(List::stream)
                        .toList());
        assertThat(run.excluded()).isEmpty();
        assertThat(run.notices()).isEmpty();
    }

    @Test
    void takesOnlyTheWidthsAskedFor() throws IOException {
        Run run = RunScanner.scan(Fixtures.fixture("edm2"), new Selection(Optional.empty(), List.of(0.1)));

        assertThat(run.snapshots()).hasSize(16).allMatch(s -> s.name().endsWith("-0.100.pkl"));
    }

    @Test
    void neverTakesReconstructionsForInputsUnlessAskedTo() throws IOException {
        Path folder = TestFiles.copyRun("safetensors", temporary.resolve("run"));
        TestFiles.copy(folder.resolve(FIRST + ".safetensors"), folder.resolve("phema-0000262-0.075.safetensors"));

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).snapshots()).hasSize(32);
        assertThat(RunScanner.scan(folder, new Selection(Optional.of("phema"), List.of()))
                        .snapshots())
                .extracting(Snapshot::name)
                .containsExactly("phema-0000262-0.075.safetensors");
    }

    @Test
    void usesTheMostFrequentPrefixAndNamesTheOthers() throws IOException {
        Path folder = TestFiles.copyRun("safetensors", temporary.resolve("run"));
        TestFiles.copy(folder.resolve(FIRST + ".safetensors"), folder.resolve("finetuned-0000262-0.050.safetensors"));

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots()).hasSize(32);
        assertThat(run.notices())
                .singleElement()
                .asString()
                .contains("1 weight file is not used: finetuned-N-N.N.safetensors.", "choose them by their prefix");
    }

    @Test
    void namesLinksToFilesThatHaveGone() throws IOException {
        Path folder = TestFiles.copyRun("safetensors", temporary.resolve("run"));
        Files.createSymbolicLink(
                folder.resolve("network-snapshot-0000300-0.050.safetensors"), temporary.resolve("gone"));

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots()).hasSize(32);
        assertThat(run.notices())
                .singleElement()
                .asString()
                .startsWith("network-snapshot-0000300-0.050.safetensors is a link to a file that does not exist");
    }

    @Test
    void leavesOutTheInitialWeights() throws IOException {
        Path folder = TestFiles.copyRun("edm2", temporary.resolve("run"));
        TestFiles.copy(folder.resolve(FIRST + ".pkl"), folder.resolve("network-snapshot-0000000-0.050.pkl"));

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots()).hasSize(32);
        assertExcluded(run, "network-snapshot-0000000-0.050.pkl", ExclusionReason.NO_PROFILE, "time 0");
    }

    @Test
    void leavesOutAWidthThatNoPowerProfileHas() throws IOException {
        Path folder = TestFiles.copyRun("edm2", temporary.resolve("run"));
        TestFiles.copy(folder.resolve(FIRST + ".pkl"), folder.resolve("network-snapshot-0000016-0.300.pkl"));

        assertExcluded(
                RunScanner.scan(folder, Selection.DEFAULT),
                "network-snapshot-0000016-0.300.pkl",
                ExclusionReason.NO_PROFILE,
                "0.288675");
    }

    @Test
    void prefersThePickleOfTwoFormsOfOneSnapshot() throws IOException {
        Path folder = TestFiles.copyRun("edm2", temporary.resolve("run"));
        TestFiles.copy(
                Fixtures.fixture("safetensors/" + FIRST + ".safetensors"), folder.resolve(FIRST + ".safetensors"));

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots())
                .hasSize(32)
                .first()
                .extracting(Snapshot::name)
                .isEqualTo(FIRST + ".pkl");
        assertExcluded(run, FIRST + ".safetensors", ExclusionReason.DUPLICATE, FIRST + ".pkl");
    }

    @Test
    void usesTheOtherFormWhenThePreferredOneIsBroken() throws IOException {
        Path folder = TestFiles.copyRun("edm2", temporary.resolve("run"));
        TestFiles.copy(
                Fixtures.fixture("safetensors/" + FIRST + ".safetensors"), folder.resolve(FIRST + ".safetensors"));
        TestFiles.age(TestFiles.truncate(folder.resolve(FIRST + ".pkl"), 100));

        Run run = RunScanner.scan(folder, Selection.DEFAULT);

        assertThat(run.snapshots())
                .hasSize(32)
                .first()
                .extracting(Snapshot::name)
                .isEqualTo(FIRST + ".safetensors");
        assertExcluded(run, FIRST + ".pkl", ExclusionReason.BROKEN, FIRST + ".pkl: ");
    }

    /** More bytes would not mend it. */
    @Test
    void saysWhatIsWrongWithACompleteFileHoweverYoungItIs() throws IOException {
        Path folder = TestFiles.copyRun("edm2", temporary.resolve("run"));
        Path file = folder.resolve(FIRST + ".pkl");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("model.pt"));
            zip.write(1);
        }

        assertExcluded(
                RunScanner.scan(folder, Selection.DEFAULT),
                FIRST + ".pkl",
                ExclusionReason.BROKEN,
                "is a zip archive, but not one of torch.save");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "module.a.bias",
                "_orig_mod.a.bias",
                "module._orig_mod.a.bias",
                "_forward_module.module.a.bias",
                "_fsdp_wrapped_module._checkpoint_wrapped_module.a.bias"
            })
    void takesOffWhatWrapsTheWholeModel(String name) throws IOException {
        Path folder = temporary.resolve("run");
        for (int step : new int[] {1, 2, 3})
            TestFiles.safetensors(folder.resolve("step-" + step + ".safetensors"), step == 2 ? name : "a.bias", step);

        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.excluded()).isEmpty();
        assertThat(run.snapshots())
                .hasSize(3)
                .allSatisfy(s ->
                        assertThat(s.file().tensors()).extracting(Tensor::name).containsExactly("a.bias"));
    }

    /** As {@code compile} and DDP leave it below the word for the model; the newest file has its own names. */
    @ParameterizedTest
    @CsvSource({
        "state_dict.net.a.bias, state_dict.net._orig_mod.a.bias, state_dict.net.a.bias",
        "model.module.a.bias, model.module._orig_mod.a.bias, model.module.a.bias",
        "model._orig_mod.a.bias, model.module.a.bias, model.module.a.bias",
        "a.bias, a._checkpoint_wrapped_module.bias, a.bias",
        "model.a.bias, model._fsdp_wrapped_module.a._checkpoint_wrapped_module.bias, model.a.bias",
        "a._fsdp_wrapped_module._checkpoint_wrapped_module._fsdp_wrapped_module.bias, a.bias, a.bias",
        "a.bias, base_model.model.a.bias, a.bias"
    })
    void namesTensorsAlikeThatOnlySomeFilesHaveWrapped(String first, String later, String name) throws IOException {
        Path folder = temporary.resolve("run");
        for (int step : new int[] {1, 2, 3, 4})
            TestFiles.safetensors(folder.resolve("step-" + step + ".safetensors"), step < 3 ? first : later, step);

        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.excluded()).isEmpty();
        assertThat(run.snapshots())
                .hasSize(4)
                .allSatisfy(s ->
                        assertThat(s.file().tensors()).extracting(Tensor::name).containsExactly(name));
        WeightFile newest = WeightFiles.read(folder.resolve("step-4.safetensors"));
        assertThat(StoredNames.of(newest, List.of(run.snapshots().getLast().file())))
                .isEqualTo(Map.of(later, name));
    }

    /** The same error would come again, and look like an answer to it. */
    @Test
    void printsNoManifestWithWhichFilesAreRefusedAsWithout() throws IOException {
        Path folder = temporary.resolve("run");
        for (int step : new int[] {100, 200, 300})
            TestFiles.safetensors(folder.resolve("step-" + step + ".safetensors"), "x", step);
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).manifest())
                .containsExactly("files: 'step-{time}.safetensors'", "profile: impulse");

        TestFiles.safetensors(folder.resolve("step-200.safetensors"), "y", 2);
        assertThat(RunScanner.scan(folder, Selection.DEFAULT).manifest()).isEmpty();

        for (int step : new int[] {100, 200, 300})
            TestFiles.safetensors(
                    folder.resolve("step-" + step + ".safetensors"),
                    Map.of(),
                    Map.of("net.x", (float) step, "net.y", 1f, "ema.z", 1f));
        Run asked = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(asked.snapshots()).isEmpty();
        assertThat(asked.excluded()).hasSize(3).allMatch(file -> file.reason() == ExclusionReason.NO_PROFILE);
        assertThat(asked.manifest()).isEmpty();
    }

    @Test
    void twoFilesOfOneTimeAreOneAverageOnlyWhereTheyHoldTheSame() throws IOException {
        Path folder = temporary.resolve("run");
        TestFiles.safetensors(folder.resolve("step-100.safetensors"), "x", 1);
        TestFiles.safetensors(folder.resolve("step-200.safetensors"), "x", 2);
        TestFiles.safetensors(folder.resolve("step-000200.safetensors"), "x", 2);
        assertExcluded(
                RunScanner.scan(folder, Selection.DEFAULT),
                "step-200.safetensors",
                ExclusionReason.DUPLICATE,
                "is the same average as step-000200.safetensors");

        TestFiles.safetensors(folder.resolve("step-200.safetensors"), "x", 3);
        assertExcluded(
                RunScanner.scan(folder, Selection.DEFAULT),
                "step-200.safetensors",
                ExclusionReason.DIFFERENT,
                "holds other weights than step-000200.safetensors, which is of the same time");
    }

    /** As a trainer leaves it that keeps its losses beside the model. */
    @Test
    void namesALogThatGrowsAndHowToLeaveItOut() throws IOException {
        Path folder = Files.createDirectory(temporary.resolve("run"));
        for (int step : new int[] {1, 2, 3, 4})
            TestWeights.safetensors(
                    folder.resolve("step-" + step + ".safetensors"),
                    Map.of(),
                    List.of(
                            TestWeights.Entry.of("losses", DType.F32, Shape.of(step), new float[step]),
                            TestWeights.Entry.of("net.x", DType.F32, Shape.of(2), step, 2 * step)));

        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(run.snapshots()).isEmpty();
        assertThat(run.excluded())
                .hasSize(4)
                .allMatch(file -> file.message().contains("holds `losses` with other shapes than the run's other files")
                        && file.message().endsWith("`exclude: ['losses']` in phema.yaml"));

        Files.write(folder.resolve("phema.yaml"), run.manifest());
        Run again = RunScanner.scan(folder, Selection.DEFAULT);
        assertThat(again.excluded()).isEmpty();
        assertThat(again.snapshots()).hasSize(4);
    }

    /** What may be a module of that name is none of a wrapper's. */
    @Test
    void doesNotNameAlikeWhatIsTwoTensors() throws IOException {
        Path folder = Files.createDirectory(temporary.resolve("run"));
        for (int step : new int[] {1, 2, 3})
            TestFiles.safetensors(
                    folder.resolve("step-" + step + ".safetensors"),
                    Map.of(),
                    step == 2 ? Map.of("net.x", 1f, "net.module.x", 2f) : Map.of("net.x", 1f));

        assertExcluded(
                RunScanner.scan(folder, Selection.DEFAULT),
                "step-2.safetensors",
                ExclusionReason.DIFFERENT,
                "holds tensor net.module.x, which most of the run's files lack");
    }

    @ParameterizedTest
    @CsvSource({"net.a.bias, it has net.a.bias", "model.a.bias, it has model.a.bias"})
    void namesTheTensorThatAWrapperRenamed(String name, String hint) throws IOException {
        Path folder = temporary.resolve("run");
        for (int step : new int[] {1, 2, 3})
            TestFiles.safetensors(folder.resolve("step-" + step + ".safetensors"), step == 2 ? name : "a.bias", step);

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).excluded())
                .singleElement()
                .extracting(Excluded::message)
                .asString()
                .containsAnyOf(
                        "has no tensor a.bias, which most of the run's files hold; " + hint,
                        "holds tensor " + name + ", which most of the run's files lack; they have a.bias");
    }

    @ParameterizedTest
    @ValueSource(strings = {"edm2", "safetensors"})
    void callsATruncatedFileBrokenWhenItIsOldAndGrowingWhenItIsYoung(String format) throws IOException {
        Path folder = TestFiles.copyRun(format, temporary.resolve("run"));
        String extension = format.equals("edm2") ? ".pkl" : ".safetensors";
        Path file = TestFiles.truncate(folder.resolve(FIRST + extension), 100);
        assertExcluded(
                RunScanner.scan(folder, Selection.DEFAULT), FIRST + extension, ExclusionReason.GROWING, "try again");

        TestFiles.age(file);

        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        assertExcluded(run, FIRST + extension, ExclusionReason.BROKEN, FIRST + extension);
        assertThat(run.snapshots()).hasSize(31);
    }

    @Test
    void leavesOutAFileWithOtherShapesAndNamesTheFirst() throws IOException {
        for (int kimg : new int[] {1, 2, 3})
            TestFiles.safetensors(temporary.resolve("x-000000" + kimg + "-0.100.safetensors"), "conv.weight", 1, 2, 3);
        TestFiles.safetensors(temporary.resolve("x-0000004-0.100.safetensors"), "conv.weight", 1, 2);

        Run run = RunScanner.scan(temporary, Selection.DEFAULT);

        assertThat(run.snapshots()).hasSize(3);
        assertExcluded(run, "x-0000004-0.100.safetensors", ExclusionReason.DIFFERENT, "conv.weight with shape [2]");
    }

    @Test
    void leavesOutAFileWithOtherTensorsAndNamesTheFirst() throws IOException {
        Path folder = TestFiles.copyRun("safetensors", temporary.resolve("run"));
        TestFiles.safetensors(folder.resolve("network-snapshot-0000278-0.100.safetensors"), "conv.weight", 1, 2);

        assertExcluded(
                RunScanner.scan(folder, Selection.DEFAULT),
                "network-snapshot-0000278-0.100.safetensors",
                ExclusionReason.DIFFERENT,
                "tensor conv.weight");
    }

    @Test
    void ofTwoEqualHalvesTakesTheNewer() throws IOException {
        TestFiles.safetensors(temporary.resolve("x-0000001-0.100.safetensors"), "old", 1);
        TestFiles.safetensors(temporary.resolve("x-0000002-0.100.safetensors"), "new", 1);

        assertThat(RunScanner.scan(temporary, Selection.DEFAULT).snapshots())
                .extracting(Snapshot::name)
                .containsExactly("x-0000002-0.100.safetensors");
    }

    @Test
    void combinesFilesOfDifferentElementTypesAndSaysSo() throws IOException {
        Path folder = TestFiles.copyRun("safetensors", temporary.resolve("run"));
        Path truth = Fixtures.fixture("truth/ema-0000262-0.150.safetensors");
        TestFiles.copy(truth, folder.resolve("network-snapshot-0000262-0.150.safetensors"));

        Run run = RunScanner.scan(folder, new Selection(Optional.empty(), List.of(0.1, 0.15)));

        assertThat(run.snapshots()).hasSize(17);
        assertThat(run.notices()).first().asString().contains("Element types differ", "F16", "F32");
    }

    @Test
    void excludesAFileWithInfinityAndNamesTheTensor() throws IOException {
        TestFiles.safetensors(temporary.resolve("x-0000001-0.100.safetensors"), "conv.weight", 1, 2);
        TestFiles.safetensors(
                temporary.resolve("x-0000002-0.100.safetensors"), "conv.weight", 1, Float.POSITIVE_INFINITY);

        Run run = RunScanner.scan(temporary, Selection.DEFAULT);

        assertThat(run.snapshots()).hasSize(1);
        assertExcluded(run, "x-0000002-0.100.safetensors", ExclusionReason.BROKEN, "tensor conv.weight holds Infinity");
    }

    @Test
    void noticesGapsInTimeAndMissingWidths() throws IOException {
        Path folder = TestFiles.copyRun("safetensors", temporary.resolve("run"));
        Files.delete(folder.resolve("network-snapshot-0000065-0.050.safetensors"));
        Files.delete(folder.resolve("network-snapshot-0000065-0.100.safetensors"));
        Files.delete(folder.resolve("network-snapshot-0000131-0.100.safetensors"));

        assertThat(RunScanner.scan(folder, Selection.DEFAULT).notices())
                .containsExactly(
                        "Snapshots are usually 16 kimg apart, but none lies within kimg 49 to 81.",
                        "sigma_rel 0.100 has no snapshot at kimg 131.");
    }

    @Test
    void saysWhatAFolderHoldsInsteadOfSnapshots() throws IOException {
        Run run = RunScanner.scan(Fixtures.fixture("golden"), Selection.DEFAULT);

        assertThat(run.snapshots()).isEmpty();
        assertThat(run.notices()).singleElement().asString().contains("phema-* (4)");
    }

    @Test
    void refusesWhatIsNotAFolder() {
        assertThatThrownBy(() -> RunScanner.scan(temporary.resolve("absent"), Selection.DEFAULT))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("absent is not a folder");
    }

    private RunScanner scanner(Duration settle) {
        return RunScanner.repeated(WeightFiles::read, path -> true, new Settling(settle, clock, clock));
    }

    @Test
    void waitsUntilANewFileHasSettledWhateverItsTimeStampOrTheTimeOfDaySays() throws Exception {
        Path folder = TestFiles.copyRun("safetensors", temporary.resolve("run"));
        RunScanner scanner = scanner(Duration.ofSeconds(10));
        Scan first = scanner.scan("run", folder, Selection.DEFAULT, Scan.NONE);
        String added = "network-snapshot-0000278-0.100.safetensors";
        TestFiles.copy(folder.resolve(FIRST + ".safetensors"), folder.resolve(added));

        Scan second = scanner.scan("run", folder, Selection.DEFAULT, first);
        assertThat(isStill(folder, second)).isFalse(); // it grows, or not, with time
        clock.pass(Duration.ofSeconds(9));
        clock.jump(Duration.ofDays(1));
        Scan third = scanner.scan("run", folder, Selection.DEFAULT, second);
        clock.jump(Duration.ofDays(-2));
        clock.pass(Duration.ofSeconds(1));
        Scan fourth = scanner.scan("run", folder, Selection.DEFAULT, third);

        assertThat(first.run().snapshots()).hasSize(32);
        assertExcluded(second.run(), added, ExclusionReason.GROWING, "once it stays as it is");
        assertExcluded(third.run(), added, ExclusionReason.GROWING, "once it stays as it is");
        assertThat(fourth.run().snapshots()).hasSize(33);
    }

    @Test
    void goesByTheAgeOfTimeStampsAtItsFirstLook() throws Exception {
        Path folder = TestFiles.copyRun("safetensors", temporary.resolve("run"));
        Files.setLastModifiedTime(
                folder.resolve(FIRST + ".safetensors"),
                FileTime.from(clock.instant().minusSeconds(10)));

        Scan first = scanner(Duration.ofSeconds(10)).scan("run", folder, Selection.DEFAULT, Scan.NONE);
        clock.jump(Duration.ofMillis(1));
        Scan again = scanner(Duration.ofSeconds(10)).scan("run", folder, Selection.DEFAULT, Scan.NONE);

        assertExcluded(first.run(), FIRST + ".safetensors", ExclusionReason.GROWING, FIRST);
        assertThat(again.run().snapshots()).hasSize(32);
    }

    @Test
    void waitsAgainWhenAFileHasGrownBetweenTwoLooks() throws Exception {
        Path folder = TestFiles.copyRun("safetensors", temporary.resolve("run"));
        RunScanner scanner = scanner(Duration.ofSeconds(10));
        Scan first = scanner.scan("run", folder, Selection.DEFAULT, Scan.NONE);
        TestFiles.age(TestFiles.truncate(folder.resolve(FIRST + ".safetensors"), 2));

        Scan second = scanner.scan("run", folder, Selection.DEFAULT, first);
        clock.pass(Duration.ofSeconds(10));
        TestFiles.truncate(folder.resolve(FIRST + ".safetensors"), 2);
        Scan third = scanner.scan("run", folder, Selection.DEFAULT, second);
        clock.pass(Duration.ofSeconds(10));
        Scan fourth = scanner.scan("run", folder, Selection.DEFAULT, third);

        assertThat(second.run().snapshots()).hasSize(31);
        assertExcluded(second.run(), FIRST + ".safetensors", ExclusionReason.GROWING, FIRST);
        assertExcluded(third.run(), FIRST + ".safetensors", ExclusionReason.GROWING, FIRST);
        assertExcluded(fourth.run(), FIRST + ".safetensors", ExclusionReason.BROKEN, FIRST);
    }

    @Test
    void readsAgainWhatWasReplacedByAnotherOfEqualSizeAndTimeStamp() throws IOException {
        Path file = TestFiles.age(TestFiles.safetensors(temporary.resolve("x-0000001-0.100.safetensors"), "w", 1));
        RunScanner scanner = scanner(Duration.ofSeconds(10));
        Scan first = scanner.scan("run", temporary, Selection.DEFAULT, Scan.NONE);
        Path other = TestFiles.safetensors(temporary.resolve("other"), "w", 2);
        Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);

        Scan second = scanner.scan("run", temporary, Selection.DEFAULT, first);

        assertThat(second.run().snapshots().getFirst().sample().values()).containsExactly(2);
        assertThat(second.run().snapshots().getFirst().file().parts().getFirst().probe())
                .isNotEqualTo(first.run()
                        .snapshots()
                        .getFirst()
                        .file()
                        .parts()
                        .getFirst()
                        .probe());
    }

    @Test
    void namesWhatIsWrongWithoutTheFolderOfTheRun() throws IOException {
        TestFiles.truncate(TestFiles.safetensors(temporary.resolve("x-0000001-0.100.safetensors"), "w", 1), 1);
        Run run = RunScanner.scan(temporary, Selection.DEFAULT);
        assertThat(run.excluded())
                .singleElement()
                .satisfies(excluded -> assertThat(excluded.message())
                        .contains("x-0000001-0.100.safetensors: ")
                        .doesNotContain(temporary.toString()));
    }

    @Test
    void goesOnUsingAFileWhosePermissionsChanged() throws IOException {
        Path file = TestFiles.age(TestFiles.safetensors(temporary.resolve("x-0000001-0.100.safetensors"), "w", 1));
        RunScanner scanner = scanner(Duration.ofSeconds(10));
        Scan first = scanner.scan("run", temporary, Selection.DEFAULT, Scan.NONE);
        FileStamp before = FileStamp.of(file).orElseThrow();
        while (before.isOf(file)) assertThat(file.toFile().setExecutable(true)).isTrue();

        Scan second = scanner.scan("run", temporary, Selection.DEFAULT, first);

        assertThat(second.run().excluded()).isEmpty();
        assertThat(second.run().snapshots()).hasSize(1);
    }

    @Test
    void takesAShardedSnapshotOnceItsLastShardIsThere() throws IOException {
        RunScanner scanner = scanner(Duration.ZERO);
        String name = "x-0000001-0.100.safetensors.index.json";
        Path first = temporary.resolve("x-0000001-0.100-00001-of-00002.safetensors");
        Path second = temporary.resolve("x-0000001-0.100-00002-of-00002.safetensors");
        TestFiles.safetensors(first, "a", 1, 2);
        Files.writeString(
                temporary.resolve(name),
                "{\"metadata\":{\"total_size\":12},\"weight_map\":{\"a\":\"%s\",\"b\":\"%s\"}}"
                        .formatted(first.getFileName(), second.getFileName()));

        Scan incomplete = scanner.scan("run", temporary, Selection.DEFAULT, Scan.NONE);
        TestFiles.safetensors(second, "b", 3);
        Scan complete = scanner.scan("run", temporary, Selection.DEFAULT, incomplete);

        assertExcluded(
                incomplete.run(),
                name,
                ExclusionReason.BROKEN,
                second.getFileName().toString());
        assertThat(complete.run().snapshots())
                .singleElement()
                .satisfies(snapshot -> assertThat(snapshot.sample().values()).containsExactly(1, 2, 3));
    }

    @Test
    void triesAgainWhenStorageFailedButNotWhenTheFileIsBroken() throws IOException {
        TestFiles.safetensors(temporary.resolve("x-0000001-0.100.safetensors"), "w", 1);
        TestFiles.safetensors(temporary.resolve("x-0000002-0.100.safetensors"), "w", 1);
        TestFiles.truncate(temporary.resolve("x-0000002-0.100.safetensors"), 1);
        List<String> reads = new ArrayList<>();
        RunScanner scanner = RunScanner.repeated(
                (file, similar, mayRead) -> {
                    reads.add(file.getFileName().toString());
                    if (reads.size() == 1) throw new IOException("Input/output error");
                    return WeightFiles.read(file, similar, mayRead);
                },
                path -> true,
                new Settling(Duration.ZERO, clock, clock));

        Scan failed = scanner.scan("run", temporary, Selection.DEFAULT, Scan.NONE);
        Scan recovered = scanner.scan("run", temporary, Selection.DEFAULT, failed);

        assertExcluded(failed.run(), "x-0000001-0.100.safetensors", ExclusionReason.BROKEN, "Input/output error");
        assertThat(recovered.run().snapshots()).hasSize(1);
        assertThat(reads)
                .containsExactly(
                        "x-0000001-0.100.safetensors", "x-0000002-0.100.safetensors", "x-0000001-0.100.safetensors");
    }

    @Test
    void keepsItsAnswerWhileNothingChanges() throws IOException {
        Path folder = TestFiles.copyRun("edm2", temporary.resolve("run"));
        RunScanner scanner = scanner(Duration.ZERO);

        Scan first = scanner.scan("run", folder, Selection.DEFAULT, Scan.NONE);

        assertThat(scanner.scan("run", folder, Selection.DEFAULT, first)).isSameAs(first);
    }

    /** Of thousands of files, all else costs far more than to ask for each stamp: names are not even thought about. */
    @Test
    void asksOnlyForStampsWhileNothingChanges() throws IOException {
        Path folder = TestFiles.copyRun("safetensors", temporary.resolve("run"));
        Files.writeString(folder.resolve("log.txt"), "1");
        RunScanner scanner = scanner(Duration.ZERO);
        Scan first = scanner.scan("run", folder, Selection.DEFAULT, Scan.NONE);
        Files.writeString(folder.resolve("log.txt"), "12"); // no scan reads it

        assertThat(isStill(folder, first)).isTrue();
        assertThat(scanner.scan("run", folder, Selection.DEFAULT, first)).isSameAs(first);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "touched",
                "replaced",
                "new",
                "gone",
                "link",
                "folder",
                "manifest",
                "other manifest",
                "configuration"
            })
    void looksThoroughlyWhere(String what) throws IOException {
        Path folder = TestFiles.copyRun("safetensors", temporary.resolve("run"));
        Path file = folder.resolve(FIRST + ".safetensors");
        if (what.startsWith("other")) Files.writeString(folder.resolve(Manifest.FILE_NAME), "hub: {owner: a}\n");
        Scan first = scanner(Duration.ZERO).scan("run", folder, Selection.DEFAULT, Scan.NONE);
        assertThat(isStill(folder, first)).isTrue();
        switch (what) {
            case "touched" -> Files.setLastModifiedTime(file, FileTime.from(clock.instant()));
            case "replaced" -> {
                Path other = TestFiles.copy(file, temporary.resolve("other"));
                Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));
                Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
            }
            case "new" -> TestFiles.copy(file, folder.resolve("network-snapshot-0000278-0.100.safetensors"));
            case "gone" -> Files.delete(file);
            case "link" -> Files.createSymbolicLink(file, Files.move(file, temporary.resolve("other")));
            case "folder" -> Files.createDirectory(folder.resolve("below"));
            case "configuration" -> Files.writeString(folder.resolve("config.yaml"), "");
            default -> Files.writeString(folder.resolve(Manifest.FILE_NAME), "hub: {owner: b}\n");
        }

        assertThat(isStill(folder, first)).isFalse();
    }

    /** As long as they are something else nothing is known of them, and then nobody would ask. */
    @ParameterizedTest
    @ValueSource(strings = {"link to nothing", "link outside", "link to another", "folder"})
    void seesWhatBecomesAFile(String what) throws IOException {
        Path folder = TestFiles.copyRun("safetensors", temporary.resolve("run"));
        Path file = folder.resolve(FIRST + ".safetensors");
        Path kept = Files.move(file, temporary.resolve("kept"));
        switch (what) {
            case "link outside" -> Files.createSymbolicLink(file, Files.copy(kept, temporary.resolve("outside")));
            case "link to another" ->
                Files.createSymbolicLink(file, folder.resolve("network-snapshot-0000262-0.100.safetensors"));
            case "folder" -> Files.createDirectory(file);
            default -> Files.createSymbolicLink(file, temporary.resolve("nothing"));
        }
        Path root = folder.toRealPath();
        RunScanner scanner = RunScanner.repeated(
                WeightFiles::read, path -> path.startsWith(root), new Settling(Duration.ZERO, clock, clock));
        Scan without = scanner.scan("run", folder, Selection.DEFAULT, Scan.NONE);
        without = scanner.scan("run", folder, Selection.DEFAULT, without);
        Files.delete(file);
        Files.move(kept, file);
        Scan with = scanner.scan("run", folder, Selection.DEFAULT, without);

        assertThat(with.run().snapshots()).extracting(Snapshot::name).contains(FIRST + ".safetensors");
        assertThat(with.run().snapshots())
                .hasSizeGreaterThan(without.run().snapshots().size());
    }

    @Test
    void seesThatTheOnlyShardOfAnIndexIsAnother() throws IOException {
        RunScanner scanner = scanner(Duration.ZERO);
        Path shard = temporary.resolve("x-0000001-0.100-00001-of-00001.safetensors");
        TestFiles.safetensors(shard, "a", 1, 2);
        Files.writeString(
                temporary.resolve("x-0000001-0.100.safetensors.index.json"),
                "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a\":\"%s\"}}".formatted(shard.getFileName()));
        Scan first = scanner.scan("run", temporary, Selection.DEFAULT, Scan.NONE);
        first = scanner.scan("run", temporary, Selection.DEFAULT, first);
        TestFiles.safetensors(shard, "a", 3, 4);
        Scan second = scanner.scan("run", temporary, Selection.DEFAULT, first);

        assertThat(second.run().snapshots().getFirst().file().parts())
                .isNotEqualTo(first.run().snapshots().getFirst().file().parts());
        Files.delete(shard);
        assertThat(scanner.scan("run", temporary, Selection.DEFAULT, second)
                        .run()
                        .snapshots())
                .isEmpty();
    }

    private static boolean isStill(Path folder, Scan before) throws IOException {
        return FolderContent.of(folder, before.known()).isStill(before.content(), before.known(), folder, () -> {});
    }

    private static void assertExcluded(Run run, String name, ExclusionReason reason, String message) {
        assertThat(run.excluded())
                .filteredOn(e -> e.name().equals(name))
                .singleElement()
                .satisfies(e -> {
                    assertThat(e.reason()).isEqualTo(reason);
                    assertThat(e.message()).contains(message).doesNotContain("\n");
                });
    }
}
