package phema.bulk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.Fixtures;
import phema.PhemaApplication;
import phema.bench.SnapshotGenerator;
import phema.bulk.SynthesisSpec.SynthesisTarget;
import phema.catalog.Catalog;
import phema.digest.Digest;
import phema.fleet.Fleet;
import phema.fleet.WorkState;
import phema.format.Format;
import phema.problem.Problem;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.synthesis.Fits;
import phema.synthesis.Mishap;
import phema.synthesis.Syntheses;
import phema.text.StoredJson;
import phema.time.Await;

/** SynthesisParts of syntheses, which nobody takes but the test. */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.NONE,
        properties = {"phema.catalog.settle=0s", "phema.worker.enabled=false", "phema.syntheses.part-size=1B"})
class PartsTest {
    @TempDir
    static Path folder;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) throws IOException {
        SnapshotGenerator.uniform(Format.SAFETENSORS, 8, 80_000).write(folder.resolve("runs/small"), 4, bytes -> {});
        for (int step = 1; step <= 3; step++)
            Fixtures.copy("clusters/torchtitan-2-ranks", folder.resolve("runs/titan/step-" + 50 * step), 50 * step);
        registry.add("phema.roots", () -> folder.resolve("runs").toString());
        registry.add("phema.home", () -> folder.resolve("home").toString());
    }

    @Autowired
    SynthesisJobs jobs;

    @Autowired
    SynthesisRunner runner;

    @Autowired
    SynthesisParts parts;

    @Autowired
    SynthesisStore store;

    @Autowired
    PartFiles partFiles;

    @Autowired
    Differences differences;

    @Autowired
    Catalog catalog;

    @Autowired
    Fits fits;

    @Autowired
    Syntheses syntheses;

    @Autowired
    Fleet fleet;

    @Autowired
    JdbcClient jdbc;

    @AfterEach
    void deleteAll() {
        for (SynthesisJob job : jobs.jobs()) {
            jobs.delete(job.id());
            takeAll(job.id());
        }
        jdbc.sql("delete from scheduled_tasks").update();
        assertThat(below(folder.resolve("home/syntheses"))).isEmpty();
    }

    private static SynthesisSpec spec(String run, Optional<Format> format, int targets, long time, long shardSize) {
        return new SynthesisSpec(
                run,
                IntStream.range(0, targets)
                        .mapToObj(n -> new SynthesisTarget("power:0.%02d".formatted(6 + n), time))
                        .toList(),
                run.equals("titan") ? SolverKind.BLUP : SolverKind.PAPER,
                FilesToRead.ALL,
                false,
                format,
                Optional.empty(),
                shardSize,
                0);
    }

    /** Two tensors of 10 kB in each of four shards. */
    private static SynthesisSpec sharded(int targets) {
        return spec("small", Optional.of(Format.SAFETENSORS), targets, 16 << 20, 20_000);
    }

    private SynthesisJob create(SynthesisSpec spec) {
        return jobs.job(jobs.create(spec).id());
    }

    private List<String> waiting(String id) {
        return jdbc.sql("select task_instance from scheduled_tasks where task_instance like ? order by task_instance")
                .param(id + "%")
                .query((row, i) -> row.getString(1))
                .list();
    }

    /** As a worker does that takes it out of the queue, and dies of nothing. */
    private void take(String instance) {
        runner.run(instance);
        jdbc.sql("delete from scheduled_tasks where task_instance = ?")
                .param(instance)
                .update();
    }

    /** All that waits, in any order, until nothing does. */
    private void takeAll(String id) {
        for (List<String> some = waiting(id); !some.isEmpty(); some = waiting(id)) {
            List<String> shuffled = new ArrayList<>(some);
            Collections.shuffle(shuffled, new Random(20_261_126));
            shuffled.forEach(this::take);
        }
    }

    private Path files(SynthesisJob job) {
        return folder.resolve("home/syntheses").resolve(job.id());
    }

    private static Map<String, String> below(Path root) {
        Map<String, String> found = new TreeMap<>();
        if (!Files.exists(root)) return found;
        try (Stream<Path> all = Files.walk(root)) {
            for (Path path : all.filter(Files::isRegularFile).toList())
                found.put(
                        root.relativize(path).toString(),
                        Digest.sha256().add(Files.readAllBytes(path)).hex(64));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return found;
    }

    /** In one pass, by what all else is written with. */
    private Map<String, String> uncut(SynthesisSpec spec) throws IOException {
        Path whole = Files.createTempDirectory(folder, "uncut");
        syntheses.write(fits.prepare(catalog.run(spec.run()), spec.request()), whole, false, bytes -> {});
        return below(whole);
    }

    private String state(String id, int part) {
        return jdbc.sql("select state || ' ' || attempt || ' ' || deaths from synthesis_part"
                        + " where synthesis = ? and number = ?")
                .params(id, part)
                .query(String.class)
                .single();
    }

    @Test
    void partsOfShardsOfSeveralTargetsAreTheBytesOfOnePass() throws IOException {
        SynthesisJob job = create(sharded(6));
        // Four files are read for what four targets write, so shards of four are written together, then those of two.
        assertThat(job.parts()).isEqualTo(4 + 4 + 1);
        assertThat(job.state()).isEqualTo(WorkState.QUEUED);
        assertThat(waiting(job.id())).hasSize(8);
        take(job.id() + "/5");
        assertThat(jobs.job(job.id()))
                .returns(WorkState.RUNNING, SynthesisJob::state)
                .returns(1, SynthesisJob::partsDone)
                .satisfies(some -> assertThat(some.bytes()).isBetween(2 * 20_000L, 2 * 22_000L));
        assertThat(files(job)).doesNotExist();
        takeAll(job.id());
        SynthesisJob done = jobs.job(job.id());
        assertThat(done.state()).isEqualTo(WorkState.DONE);
        assertThat(done.partsDone()).isEqualTo(9);
        assertThat(done.bytes()).isEqualTo(done.totalBytes());
        Map<String, String> expected = uncut(sharded(6));
        assertThat(expected).hasSize(6 * (4 + 1));
        assertThat(below(files(job))).isEqualTo(expected);
        assertThat(done.files()).containsExactlyInAnyOrderElementsOf(expected.keySet());
        assertThat(below(folder.resolve("home/syntheses"))).hasSize(30); // and nothing hidden
    }

    /** With more in it than weights, and what cannot be cut in the last part. */
    @Test
    void partsOfAFolderAreTheBytesOfOnePass() throws IOException {
        SynthesisSpec spec = spec("titan", Optional.empty(), 2, 150, 2_000);
        SynthesisJob job = create(spec);
        assertThat(job.parts()).isGreaterThan(2);
        takeAll(job.id());
        assertThat(jobs.job(job.id()).state()).isEqualTo(WorkState.DONE);
        assertThat(below(files(job))).isEqualTo(uncut(spec)).containsKey("phema-150-0.060/.metadata");
    }

    @Test
    void oneFileIsOnePart() throws IOException {
        SynthesisSpec spec = spec("small", Optional.of(Format.TORCH_ZIP), 1, 16 << 20, Long.MAX_VALUE);
        SynthesisJob job = create(spec);
        assertThat(job.parts()).isEqualTo(1);
        takeAll(job.id());
        assertThat(below(files(job))).isEqualTo(uncut(spec)).hasSize(1);
    }

    @Test
    void aWorkerThatDiesCostsItsPart() throws IOException {
        SynthesisJob job = create(sharded(1));
        take(job.id() + "/0");
        assertThat(parts.begin(new PartId(job.id(), 1), "somebody")).isPresent();
        Path left = folder.resolve("home/syntheses/." + job.id() + "-1-1");
        Files.createDirectories(left);
        Files.writeString(left.resolve(".half.tmp"), "half a shard");
        takeAll(job.id());
        assertThat(jobs.job(job.id()).state()).isEqualTo(WorkState.DONE);
        assertThat(state(job.id(), 0)).isEqualTo("DONE 1 0");
        assertThat(state(job.id(), 1)).isEqualTo("DONE 2 1");
        assertThat(state(job.id(), 2)).isEqualTo("DONE 1 0");
        assertThat(left).doesNotExist();
        assertThat(below(files(job))).isEqualTo(uncut(sharded(1)));
    }

    @Test
    void anAttemptThatIsNotTheLatestEndsNothing() {
        SynthesisJob job = create(sharded(1));
        PartId part = new PartId(job.id(), 0);
        SynthesisParts.BegunPart slow = parts.begin(part, "slow").orElseThrow();
        SynthesisParts.BegunPart quick = parts.begin(part, "quick").orElseThrow();
        assertThat(parts.isRunning(slow)).isFalse();
        assertThat(parts.done(slow)).isFalse();
        parts.failed(slow, "too late");
        assertThat(jobs.job(job.id()).state()).isEqualTo(WorkState.RUNNING);
        assertThat(parts.done(quick)).isTrue();
        assertThat(parts.done(quick)).isFalse();
        assertThat(parts.begin(part, "late")).isEmpty();
        assertThat(jobs.job(job.id()).partsDone()).isEqualTo(1);
    }

    /** The worker of the last part dies between publishing the files and saying so. */
    @Test
    void whatAppearedIsNotWrittenAgain() throws IOException {
        SynthesisJob job = create(sharded(1));
        takeAll(job.id());
        FileTime written = FileTime.fromMillis(1_000_000);
        Path some = files(job).resolve(jobs.job(job.id()).files().getFirst());
        Files.setLastModifiedTime(some, written);
        jdbc.sql("update synthesis set state = 'RUNNING' where id = ?")
                .param(job.id())
                .update();
        jdbc.sql("update synthesis_part set state = 'RUNNING' where synthesis = ? and number = 4")
                .param(job.id())
                .update();
        take(job.id() + "/4");
        assertThat(jobs.job(job.id()).state()).isEqualTo(WorkState.DONE);
        assertThat(Files.getLastModifiedTime(some)).isEqualTo(written);
    }

    /** One that died four times fails alone; the others are called off, and nothing of it is kept. */
    @Test
    void aPartThatFailsEndsTheSynthesis() {
        SynthesisJob job = create(sharded(1));
        take(job.id() + "/0");
        jdbc.sql("update synthesis_part set state = 'RUNNING', deaths = 3 where synthesis = ? and number = 2")
                .param(job.id())
                .update();
        take(job.id() + "/2");
        SynthesisJob failed = jobs.job(job.id());
        assertThat(failed.state()).isEqualTo(WorkState.FAILED);
        assertThat(failed.error()).hasValue("every worker that ran it died, 4 times");
        assertThat(state(job.id(), 1)).isEqualTo("CANCELLED 0 0");
        assertThat(below(folder.resolve("home/syntheses"))).isEmpty();
        takeAll(job.id());
        assertThat(jobs.job(job.id()).partsDone()).isEqualTo(1);
    }

    @Test
    void aPartWhoseStorageFailsIsTriedAgain() throws IOException {
        SynthesisJob job = create(sharded(1));
        Path syntheses = Files.createDirectories(folder.resolve("home/syntheses"));
        for (int attempt = 1; attempt <= 2; attempt++) {
            Files.writeString(syntheses.resolve("." + job.id() + "-0-" + attempt), "no folder can be here");
            runner.run(job.id() + "/0");
            assertThat(state(job.id(), 0)).isEqualTo("QUEUED " + attempt + " 0");
        }
        Files.writeString(syntheses.resolve("." + job.id() + "-0-3"), "nor here");
        take(job.id() + "/0");
        assertThat(jobs.job(job.id()).state()).isEqualTo(WorkState.FAILED);
        assertThat(jobs.job(job.id()).error().orElseThrow()).contains(job.id() + "-0-3");
        assertThat(below(syntheses)).isEmpty();
    }

    /** Whoever takes what is left of it out of the queue removes the files of all. */
    @Test
    void aSynthesisThatIsDeletedInTheMiddleLeavesNothing() {
        SynthesisJob job = create(sharded(1));
        take(job.id() + "/0");
        assertThat(below(folder.resolve("home/syntheses"))).isNotEmpty();
        jobs.delete(job.id());
        take(job.id() + "/3");
        assertThat(below(folder.resolve("home/syntheses"))).isEmpty();
    }

    /** Snapshots that came meanwhile change every fit, but not what was asked for. */
    @Test
    void whoSeesAnotherRunLeavesItToOthers() throws IOException {
        SynthesisJob job = create(sharded(1));
        take(job.id() + "/0");
        Path file = catalog.run("small").snapshots().getFirst().file().path();
        FileTime before = Files.getLastModifiedTime(file);
        Files.setLastModifiedTime(file, FileTime.fromMillis(before.toMillis() - 60_000));
        catalog.rescan("small");
        runner.run(job.id() + "/1");
        assertThat(state(job.id(), 1)).isEqualTo("QUEUED 1 0");
        assertThat(fleet.leavesAlone("synthesis").get(job.id()))
                .startsWith("run small is another here than when the synthesis was asked for: phema-");
        differences.lookAgain();
        assertThat(fleet.leavesAlone("synthesis")).containsKey(job.id());

        Files.setLastModifiedTime(file, before);
        catalog.rescan("small");
        Map<String, String> expected = uncut(sharded(1));
        Path added = Files.copy(file, file.resolveSibling("network-snapshot-0025165-0.050.safetensors"));
        assertThat(catalog.rescan("small").snapshots()).hasSize(5);
        differences.lookAgain();
        assertThat(fleet.leavesAlone("synthesis")).isEmpty();
        takeAll(job.id());
        assertThat(jobs.job(job.id()).state()).isEqualTo(WorkState.DONE);
        assertThat(below(files(job))).isEqualTo(expected);
        Files.delete(added);
        catalog.rescan("small");
    }

    @Test
    void whatWasDeletedFailsASynthesisByNameAndWhatIsAwayIsWaitedFor() throws IOException {
        SynthesisJob job = create(sharded(1));
        take(job.id() + "/0");
        LostSnapshots gone = new LostSnapshots(store, parts, partFiles, catalog, differences, fleet);
        Path file = catalog.run("small").snapshots().getFirst().file().path();

        Path away = Files.move(folder.resolve("runs/small"), folder.resolve("away"));
        assertThatThrownBy(() -> catalog.rescan("small")).isInstanceOf(Problem.class);
        runner.run(job.id() + "/1");
        gone.run();
        assertThat(fleet.leavesAlone("synthesis")).containsKey(job.id());
        assertThat(state(job.id(), 1)).isEqualTo("QUEUED 1 0");
        Files.move(away, folder.resolve("runs/small"));
        Await.until(() -> catalog.runs().size() == 2);
        gone.run();
        assertThat(state(job.id(), 1)).isEqualTo("QUEUED 1 0");

        Path kept = Files.move(file, folder.resolve("kept"));
        catalog.rescan("small");
        gone.run();
        assertThat(jobs.job(job.id()).state()).isEqualTo(WorkState.FAILED);
        assertThat(jobs.job(job.id()).error())
                .contains(Mishap.DELETED.message(Path.of("small").resolve(file.getFileName())));
        assertThat(waiting(job.id())).isEmpty();
        assertThat(below(folder.resolve("home/syntheses"))).isEmpty();
        differences.lookAgain();
        assertThat(fleet.leavesAlone("synthesis")).isEmpty();
        Files.move(kept, file);
        catalog.rescan("small");
    }

    /** Whatever came in its place: the same with another time stamp, or what is no snapshot. */
    @Test
    void whatWasReplacedFailsASynthesisByNameOnceItIsIndexed() throws IOException {
        LostSnapshots lost = new LostSnapshots(store, parts, partFiles, catalog, differences, fleet);
        Path file = catalog.run("small").snapshots().getFirst().file().path();
        Path kept = Files.copy(file, folder.resolve("original"), StandardCopyOption.COPY_ATTRIBUTES);
        for (boolean readable : List.of(true, false)) {
            SynthesisJob job = create(sharded(1));
            take(job.id() + "/0");
            Mishap.REPLACED.happenTo(file);
            if (!readable) Files.writeString(file, "no weights");
            lost.run();
            assertThat(jobs.job(job.id()).state()).isEqualTo(WorkState.RUNNING);
            catalog.rescan("small");
            runner.run(job.id() + "/1");
            assertThat(fleet.leavesAlone("synthesis")).containsKey(job.id());
            lost.run();
            assertThat(jobs.job(job.id()).state()).isEqualTo(WorkState.FAILED);
            assertThat(jobs.job(job.id()).error().orElseThrow())
                    .startsWith("small/" + file.getFileName())
                    .contains(
                            readable
                                    ? " has changed since the synthesis was asked for; ask again"
                                    : " when the synthesis was asked for, and is none now: " + file.getFileName());
            assertThat(waiting(job.id())).isEmpty();
            assertThat(below(folder.resolve("home/syntheses"))).isEmpty();
            differences.lookAgain();
            assertThat(fleet.leavesAlone("synthesis")).isEmpty();
            Files.copy(kept, file, StandardCopyOption.COPY_ATTRIBUTES, StandardCopyOption.REPLACE_EXISTING);
            catalog.rescan("small");
        }
    }

    @Test
    void whatAManifestMakesOtherFilesOfFailsASynthesis() throws IOException {
        LostSnapshots lost = new LostSnapshots(store, parts, partFiles, catalog, differences, fleet);
        SynthesisJob job = create(sharded(1));
        take(job.id() + "/0");
        Path first = catalog.run("small").snapshots().getFirst().file().path();
        String tensor = catalog.run("small")
                .snapshots()
                .getFirst()
                .file()
                .tensors()
                .getFirst()
                .name();
        Path manifest = Files.writeString(
                first.resolveSibling("phema.yaml"),
                "files: 'network-snapshot-{time}-{sigmaRel}.safetensors'\ntimeScale: 1000\nbuffers: ['" + tensor
                        + "']\n");
        try {
            catalog.rescan("small");
            runner.run(job.id() + "/1");
            assertThat(fleet.leavesAlone("synthesis").get(job.id())).contains("or its manifest does");
            lost.run();
            assertThat(jobs.job(job.id()).state()).isEqualTo(WorkState.FAILED);
            assertThat(jobs.job(job.id()).error().orElseThrow()).endsWith("or its manifest does; ask again");
        } finally {
            Files.delete(manifest);
            catalog.rescan("small");
            differences.lookAgain();
        }
    }

    /** Plans of before do not say what was replaced. */
    @Test
    void plansOfOlderVersionsAreGoneOnWith() {
        SynthesisJob job = create(sharded(1));
        String plan = StoredJson.write(store.plan(job.id()).orElseThrow());
        String older = plan.replaceFirst(",\"snapshots\":\\{[^}]*}", "");
        assertThat(older).isNotEqualTo(plan);
        jdbc.sql("update synthesis set plan = ? where id = ?")
                .params(older, job.id())
                .update();
        new LostSnapshots(store, parts, partFiles, catalog, differences, fleet).run();
        takeAll(job.id());
        assertThat(jobs.job(job.id()).state()).isEqualTo(WorkState.DONE);
    }

    /** What older versions put into the queue is there as a whole. */
    @Test
    void aSynthesisOfAnOlderVersionIsCutByWhoeverTakesIt() throws IOException {
        for (String state : List.of("QUEUED", "RUNNING")) {
            String id = "older" + state.toLowerCase(Locale.ROOT);
            jdbc.sql("insert into synthesis (id, run, spec, state, attempt, bytes, total_bytes, created)"
                            + " values (?, 'small', ?, ?, 1, 10, 100, 0)")
                    .params(id, StoredJson.write(sharded(2)), state)
                    .update();
            assertThat(jobs.job(id).parts()).isZero();
            parts.requeueLost();
            assertThat(waiting(id)).containsExactly(id);
            take(id);
            assertThat(waiting(id)).hasSize(4);
            takeAll(id);
            SynthesisJob done = jobs.job(id);
            assertThat(done.state()).isEqualTo(WorkState.DONE);
            assertThat(done.bytes()).isEqualTo(done.totalBytes());
            assertThat(below(files(done))).isEqualTo(uncut(sharded(2)));
        }
    }

    @Test
    void whatIsLostFromTheQueueComesBackInItsTurn() {
        SynthesisJob job = create(sharded(1));
        jdbc.sql("delete from scheduled_tasks").update();
        parts.requeueLost();
        assertThat(waiting(job.id())).hasSize(4).doesNotContain(job.id() + "/4");
        for (int part = 0; part < 4; part++) take(job.id() + "/" + part);
        jdbc.sql("delete from scheduled_tasks").update();
        parts.requeueLost();
        assertThat(waiting(job.id())).containsExactly(job.id() + "/4");
    }
}
