package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static phema.catalog.TestFiles.FIRST;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import phema.Fixtures;
import phema.TestWeights;
import phema.TestWeights.Entry;
import phema.catalog.Excluded.ExclusionReason;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.storage.S3Endpoint;
import phema.tensor.DType;
import phema.tensor.Shape;
import phema.time.SettableClock;

class CatalogTest {
    @TempDir
    Path temporary;

    private final SettableClock clock = new SettableClock();
    private final AtomicInteger filesRead = new AtomicInteger();
    private final List<Catalog> started = new ArrayList<>();
    private Path root;

    @BeforeEach
    void createRoot() throws IOException {
        root = Files.createDirectory(temporary.resolve("root"));
    }

    @AfterEach
    void stop() {
        started.forEach(Catalog::stop);
    }

    @Test
    void findsRunsBelowItsRootAtAnyDepthAndNamesThemByTheirPath() throws Exception {
        TestFiles.copyRun("edm2", root.resolve("xs"));
        TestFiles.copyRun("safetensors", root.resolve("ablation/dropout/xs"));
        TestFiles.copyRun("edm2", root.resolve(".trash/xs"));

        assertThat(start(root).runs()).extracting(Run::name).containsExactly("ablation__dropout__xs", "xs");
    }

    @Test
    void callsARunThatLiesInTheRootItselfByTheRootsName() throws Exception {
        TestFiles.copyRun("edm2", root);

        assertThat(start(root).run("root").snapshots()).hasSize(32);
    }

    @Test
    void findsARunByTheSameNameWithoutAService() throws Exception {
        TestFiles.copyRun("edm2", root.resolve("xs"));
        TestFiles.copyRun("safetensors", root.resolve("ablation/dropout__2/xs"));
        for (Run run : start(root).runs())
            assertThat(Catalog.find(List.of(root), run.name()).folder()).isEqualTo(run.folder());
        assertThatThrownBy(() -> Catalog.find(List.of(root), "s"))
                .isInstanceOf(Problem.class)
                .hasMessage("No run is named s; there is ablation__dropout__2__xs, xs");
    }

    @Test
    void namesTheKnownRunsWhenAskedForAnother() throws Exception {
        TestFiles.copyRun("edm2", root.resolve("xs"));
        Catalog catalog = start(root);

        assertThatThrownBy(() -> catalog.run("xl"))
                .isInstanceOfSatisfying(Problem.class, p -> assertThat(p.kind()).isEqualTo(Problem.ProblemKind.UNKNOWN))
                .hasMessageContaining("xl")
                .hasMessageContaining("xs");
    }

    @Test
    void seesNewAndVanishedFilesWithoutARestart() throws Exception {
        Path run = TestFiles.copyRun("safetensors", root.resolve("xs"));
        Catalog catalog = start(root);
        TestFiles.copy(run.resolve(FIRST + ".safetensors"), run.resolve("network-snapshot-0000278-0.050.safetensors"));
        assertThat(catalog.rescan("xs").snapshots()).hasSize(33);

        Files.delete(run.resolve(FIRST + ".safetensors"));

        assertThat(catalog.rescan("xs").snapshots()).hasSize(32);
        assertThat(filesRead).hasValue(33);
    }

    @Test
    void watchesABucketAndRemembersWhatItHolds() throws Exception {
        Path bucket = S3Endpoint.bucket();
        S3Endpoint.upload(Fixtures.fixture("safetensors"), bucket.resolve("runs/xs"));
        Catalog catalog = start(bucket.resolve("runs"));
        assertThat(catalog.rescan("xs").snapshots()).hasSize(32);
        assertThat(filesRead).hasValue(32);

        Files.delete(bucket.resolve("runs/xs").resolve(FIRST + ".safetensors"));

        assertThat(catalog.rescan("xs").snapshots()).hasSize(31);
        assertThat(start(bucket.resolve("runs")).run("xs").snapshots())
                .extracting(Snapshot::file)
                .isEqualTo(catalog.run("xs").snapshots().stream()
                        .map(Snapshot::file)
                        .toList());
        assertThat(filesRead).hasValue(32);
    }

    @Test
    void forgetsARunWhoseFolderVanished() throws Exception {
        TestFiles.safetensors(root.resolve("stays/x-0000001-0.100.safetensors"), "w", 1);
        Path file = TestFiles.safetensors(root.resolve("goes/x-0000001-0.100.safetensors"), "w", 1);
        Catalog catalog = start(root);
        assertThat(catalog.runs()).hasSize(2);

        Files.delete(file);
        catalog.rescan("stays");

        assertThat(catalog.runs()).extracting(Run::name).containsExactly("stays");
    }

    @Test
    void listsABrokenFileWithoutHarmToTheOthers() throws Exception {
        Path run = TestFiles.copyRun("edm2", root.resolve("xs"));
        TestFiles.age(TestFiles.truncate(run.resolve(FIRST + ".pkl"), 1000));

        Run found = start(root).run("xs");

        assertThat(found.snapshots()).hasSize(31);
        assertThat(found.excluded())
                .singleElement()
                .extracting(Excluded::reason)
                .isEqualTo(ExclusionReason.BROKEN);
    }

    @Test
    void listsARunWithABrokenManifestWithoutHarmToTheOthersUntilItIsMended() throws Exception {
        TestFiles.copyRun("edm2", root.resolve("xs"));
        Path raw = TestFiles.copyRun("checkpoints", root.resolve("raw"));
        Path manifest = Files.writeString(raw.resolve("phema.yaml"), "files: [");
        Catalog catalog = start(root);

        assertThat(catalog.run("xs").snapshots()).hasSize(32);
        assertThat(catalog.run("raw").snapshots()).isEmpty();
        assertThat(catalog.run("raw").excluded())
                .extracting(Excluded::reason)
                .containsExactly(ExclusionReason.MANIFEST);

        Files.writeString(manifest, "files: 'step-{time}.safetensors'\nprofile: impulse\n");
        assertThat(catalog.rescan("raw").snapshots()).hasSize(16);
    }

    @Test
    void readsNoUnchangedFileAgainAfterARestart() throws Exception {
        TestFiles.copyRun("edm2", root.resolve("xs"));
        Run before = start(root).run("xs");
        Run after = start(root).run("xs");

        assertThat(filesRead).hasValue(32);
        assertThat(after.snapshots())
                .extracting(Snapshot::file)
                .isEqualTo(before.snapshots().stream().map(Snapshot::file).toList());
        assertThat(after.snapshots())
                .usingRecursiveComparison()
                .comparingOnlyFields("name", "profile")
                .isEqualTo(before.snapshots());
        assertThat(after.snapshots())
                .extracting(snapshot -> snapshot.sample().values())
                .containsExactlyElementsOf(before.snapshots().stream()
                        .map(snapshot -> snapshot.sample().values())
                        .toList());
    }

    /** Size and time stamp say that nothing has changed; the change time, which nobody sets, that something has. */
    @Test
    void readsAgainWhatWasReplacedWhileItWasNotLooking() throws Exception {
        Path run = TestFiles.copyRun("edm2", root.resolve("xs"));
        Run before = start(root).run("xs");
        Path file = run.resolve(FIRST + ".pkl");
        FileTime modified = Files.getLastModifiedTime(file);
        byte[] bytes = Files.readAllBytes(file);
        before.snapshots().getFirst().file().tensors().forEach(t -> {
            for (int i = 0; i < t.bytes(); i++) bytes[(int) t.offset() + i] = -1;
        });
        Files.write(file, bytes, StandardOpenOption.WRITE);
        Files.setLastModifiedTime(file, modified);

        Run after = start(root).run("xs");

        assertThat(after.excluded()).extracting(Excluded::name).containsExactly(FIRST + ".pkl");
    }

    private void masked(int step, float... mask) throws Exception {
        TestFiles.age(TestWeights.safetensors(
                Files.createDirectories(root.resolve("masked")).resolve("step-00%d.safetensors".formatted(step)),
                Map.of(),
                List.of(Entry.of("w", DType.F32, Shape.of(1), step), Entry.of("mask", DType.F32, Shape.of(3), mask))));
    }

    @ParameterizedTest
    @ValueSource(floats = {0, Float.NaN})
    void blamesTheFileThatLostAMaskAndNotTheOthers(float mask) throws Exception {
        for (int step : new int[] {1000, 2000, 4000, 5000}) masked(step, 0, 0, Float.NEGATIVE_INFINITY);
        masked(3000, 0, 0, mask);
        Run run = start(root).run("masked");
        assertThat(run.snapshots()).hasSize(4);
        assertThat(run.excluded())
                .extracting(Excluded::message)
                .containsExactly(
                        "step-003000.safetensors holds other values in tensor mask than 4 of the run's files, where it"
                                + " is the same in all, and -Infinity in places: this file is damaged, or of another run");
    }

    @Test
    void remembersWhatIsNotFinite() throws Exception {
        for (int step : new int[] {1000, 2000}) masked(step, 0, Float.NEGATIVE_INFINITY, Float.NaN);
        assertThat(start(root).run("masked").snapshots()).hasSize(2);
        Run again = start(root).run("masked");
        assertThat(again.snapshots()).hasSize(2);
        assertThat(again.notices()).anyMatch(notice -> notice.contains("mask (-Infinity)"));
        assertThat(filesRead).hasValue(2);
    }

    @Test
    void readsAFileAgainThatChangedWhileNobodyLooked() throws Exception {
        Path run = TestFiles.copyRun("edm2", root.resolve("xs"));
        start(root).stop();
        Files.setLastModifiedTime(run.resolve(FIRST + ".pkl"), FileTime.fromMillis(0));

        assertThat(start(root).run("xs").snapshots()).hasSize(32);
        assertThat(filesRead).hasValue(33);
    }

    /** What was stored then began as gzip does; readers of today find more in the same file. */
    @Test
    void readsAgainWhatOlderReadersHaveIndexed() throws Exception {
        TestFiles.copyRun("edm2", root.resolve("xs"));
        start(root).stop();
        try (Connection database = TestFiles.database(temporary).getConnection();
                Statement statement = database.createStatement()) {
            statement.execute("update catalog_file set content = substr(content, 2)");
        }

        assertThat(start(root).run("xs").snapshots()).hasSize(32);
        assertThat(filesRead).hasValue(64);
        assertThat(start(root).run("xs").snapshots()).hasSize(32);
        assertThat(filesRead).hasValue(64);
    }

    @Test
    void losesNothingWhenItsDatabaseIsDeleted() throws Exception {
        TestFiles.copyRun("edm2", root.resolve("xs"));
        start(root).stop();
        Files.delete(temporary.resolve("phema.db"));

        assertThat(start(root).run("xs").snapshots()).hasSize(32);
        assertThat(filesRead).hasValue(64);
    }

    @Test
    void worksWhileTheDatabaseDoesNot() throws Exception {
        TestFiles.copyRun("edm2", root.resolve("xs"));
        Catalog catalog =
                new Catalog(properties(root), store(temporary.resolve("absent")), WeightFiles::read, clock, clock);
        started.add(catalog);

        catalog.start();
        awaitRuns(catalog);

        assertThat(catalog.run("xs").snapshots()).hasSize(32);
    }

    @Test
    void followsNoLinkOutOfItsRoots() throws Exception {
        Path outside = TestFiles.copyRun("safetensors", temporary.resolve("outside"));
        Path run = Files.createDirectory(root.resolve("xs"));
        TestFiles.safetensors(run.resolve("x-0000001-0.100.safetensors"), "w", 1);
        TestFiles.safetensors(root.resolve("other/x-0000003-0.100.safetensors"), "w", 2);
        Files.createSymbolicLink(run.resolve("x-0000002-0.100.safetensors"), outside.resolve(FIRST + ".safetensors"));
        Files.createSymbolicLink(
                run.resolve("x-0000003-0.100.safetensors"), root.resolve("other/x-0000003-0.100.safetensors"));
        Files.createSymbolicLink(root.resolve("link"), outside);
        Files.createSymbolicLink(root.resolve("circle"), root);

        Catalog catalog = start(root);

        assertThat(catalog.runs()).extracting(Run::name).containsExactly("other", "xs");
        assertThat(catalog.run("xs").snapshots())
                .extracting(Snapshot::name)
                .containsExactly("x-0000001-0.100.safetensors", "x-0000003-0.100.safetensors");
        assertThat(catalog.run("xs").notices()).anyMatch(n -> n.contains("x-0000002-0.100.safetensors is a link"));
    }

    @Test
    void showsTheRunOfTheFirstRootWhenTwoHaveTheSameName() throws Exception {
        TestFiles.safetensors(root.resolve("xs/x-0000001-0.100.safetensors"), "w", 1);
        TestFiles.safetensors(temporary.resolve("second/xs/x-0000002-0.100.safetensors"), "w", 1);

        Catalog catalog = start(root, temporary.resolve("second"));

        assertThat(catalog.runs()).singleElement().satisfies(run -> {
            assertThat(run.folder()).isEqualTo(root.resolve("xs").toRealPath());
            assertThat(run.notices())
                    .containsExactly(
                            "The folder xs of the root second has the same name and is not shown; rename one of them.");
        });
    }

    @Test
    void saysNotWhereARootLiesOfTwoFoldersWhosePathsGiveOneName() throws Exception {
        TestFiles.safetensors(root.resolve("a/b/x-0000001-0.100.safetensors"), "w", 1);
        TestFiles.safetensors(root.resolve("a__b/x-0000002-0.100.safetensors"), "w", 1);

        assertThat(start(root).run("a__b").notices())
                .containsExactly("The folder a__b of the root " + root.getFileName()
                        + " has the same name and is not shown; rename one of them.");
    }

    @Test
    void keepsTheOtherRootsWhenOneIsAbsentOrCannotBeRead() throws Exception {
        TestFiles.copyRun("edm2", root.resolve("xs"));

        Catalog catalog = start(temporary.resolve("absent"), root);
        assertThat(catalog.runs()).hasSize(1);
        assertThat(catalog.unreadable())
                .extracting(Catalog.UnreadableRoot::inWords)
                .containsExactly("Root absent cannot be read: there is no such folder");
        assertThatThrownBy(() -> catalog.run("xl"))
                .hasMessage("No run is named xl; there is xs. Root absent cannot be read: there is no such folder");
    }

    @Test
    void aRootThatIsAFileIsNamed() throws Exception {
        Path file = Files.createFile(temporary.resolve("file"));
        assertThat(start(file).unreadable())
                .extracting(Catalog.UnreadableRoot::reason)
                .containsExactly("it is no folder");
    }

    @Test
    void leavesAnUnreadableFolderAlone() throws Exception {
        TestFiles.copyRun("edm2", root.resolve("xs"));
        Path closed = TestFiles.copyRun("edm2", root.resolve("closed"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("---------"));
        try {
            assumeFalse(Files.isReadable(closed), "the superuser can read everything");
            assertThat(start(root).runs()).extracting(Run::name).containsExactly("xs");
        } finally {
            Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void answersAndScansOtherRootsWhileOneIsStuck() throws Exception {
        TestFiles.copyRun("edm2", root.resolve("xs"));
        TestFiles.copyRun("edm2", temporary.resolve("stuck/xl"));
        CountDownLatch storageAnswers = new CountDownLatch(1);
        RunScanner.FileReader reader = (file, similar, mayRead) -> {
            if (file.toString().contains("stuck")) await(storageAnswers);
            return WeightFiles.read(file, similar, mayRead);
        };
        Catalog catalog =
                new Catalog(properties(temporary.resolve("stuck"), root), store(temporary), reader, clock, clock);
        started.add(catalog);

        Thread start = Thread.ofVirtual().start(() -> startUnchecked(catalog));
        awaitRuns(catalog);
        assertThat(catalog.runs()).extracting(Run::name).containsExactly("xs");

        storageAnswers.countDown();
        start.join();
        assertThat(catalog.runs()).extracting(Run::name).containsExactly("xl", "xs");
    }

    @Test
    void leavesARootAloneTenTimesAsLongAsALookTakes() {
        Duration poll = Duration.ofSeconds(10);
        Duration slow = Duration.ofSeconds(3);
        assertThat(RootWatcher.pause(poll, Duration.ofMillis(900), slow)).isEqualTo(poll);
        assertThat(RootWatcher.pause(poll, Duration.ofSeconds(4), slow)).isEqualTo(Duration.ofSeconds(30));
        // The first look, or a storage that did not answer, is no measure.
        assertThat(RootWatcher.pause(poll, Duration.ofMinutes(5), Duration.ZERO))
                .isEqualTo(poll);
    }

    @Test
    void doesNotWaitLongerForTheNextFileBecauseManyWereNew() throws Exception {
        TestFiles.copyRun("safetensors", root.resolve("xs"));
        RunScanner scanner = RunScanner.repeated(
                WeightFiles::read,
                any -> true,
                new Settling(Duration.ZERO, clock, clock),
                () -> clock.pass(Duration.ofSeconds(1)));
        try (RootWatcher watcher =
                new RootWatcher(root, scanner, store(temporary), () -> {}, new LookProgress(clock), clock)) {
            assertThat(watcher.look()).isZero();
            assertThat(watcher.look()).isEqualTo(Duration.ofSeconds(32)); // one for each file
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private static void awaitRuns(Catalog catalog) {
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(() -> !catalog.runs().isEmpty());
    }

    private static void startUnchecked(Catalog catalog) {
        try {
            catalog.start();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Catalog start(Path... roots) throws InterruptedException {
        RunScanner.FileReader reader = (file, similar, mayRead) -> {
            filesRead.incrementAndGet();
            return WeightFiles.read(file, similar, mayRead);
        };
        Catalog catalog = new Catalog(properties(roots), store(temporary), reader, clock, clock);
        started.add(catalog);
        catalog.start();
        return catalog;
    }

    private CatalogProperties properties(Path... roots) {
        return TestFiles.properties(temporary, roots);
    }

    private static IndexStore store(Path home) {
        DataSource database = TestFiles.database(home);
        if (Files.isDirectory(home))
            Flyway.configure()
                    .dataSource(database)
                    .locations("classpath:db/migration/sqlite")
                    .load()
                    .migrate();
        return TestFiles.store(database);
    }
}
