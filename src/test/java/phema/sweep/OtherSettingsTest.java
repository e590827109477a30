package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import phema.PhemaApplication;
import phema.catalog.Catalog;
import phema.evaluation.Axes;
import phema.fleet.Fleet;
import phema.fleet.LeftAlone;
import phema.fleet.WorkState;
import phema.problem.Problem;
import phema.time.Await;

/** Two services on one database that disagree: about evaluators, files, or the version of the database. */
@DisabledOnOs(OS.WINDOWS)
class OtherSettingsTest {
    private static final Path FIXTURES = Path.of("src/test/resources/fixtures");
    private static final Path RUN = FIXTURES.resolve("edm2");

    @TempDir
    private Path folder;

    private final List<ConfigurableApplicationContext> contexts = new ArrayList<>();

    @AfterEach
    void close() {
        contexts.forEach(ConfigurableApplicationContext::close);
    }

    private ConfigurableApplicationContext start(String... more) {
        return startBelow(FIXTURES, more);
    }

    private ConfigurableApplicationContext startBelow(Path root, String... more) {
        return startBelow(root, "200ms", more);
    }

    private ConfigurableApplicationContext startBelow(Path root, String poll, String[] more) {
        List<String> settings = new ArrayList<>(List.of(
                "--phema.home=" + folder.resolve("home"),
                "--phema.catalog.settle=0s",
                "--phema.catalog.poll=" + poll,
                "--phema.roots=" + root));
        settings.addAll(List.of(more));
        ConfigurableApplicationContext context = new SpringApplicationBuilder(PhemaApplication.class)
                .web(WebApplicationType.NONE)
                .run(settings.toArray(String[]::new));
        contexts.add(context);
        return context;
    }

    private static String[] evaluator(String name, String script) {
        String key = "--phema.evaluators." + name;
        return new String[] {
            key + ".type=command",
            key + ".retries=0",
            key + ".weights=url", // processes that share a host lock files, and here two are one
            key + ".command[0]=sh",
            key + ".command[1]=-c",
            key + ".command[2]=" + script
        };
    }

    private static String gives(double fid) {
        return "sleep 0.05; echo '{\"fid\": " + fid + "}'";
    }

    private static Sweep awaitEnd(Sweeps sweeps, Sweep sweep) {
        Await.until(() -> sweeps.sweep(sweep.id()).state().isEnd());
        return sweeps.sweep(sweep.id());
    }

    private static List<Double> fids(Sweeps sweeps, Sweep sweep) {
        return sweeps.trials(sweep.id()).stream()
                .map(trial -> trial.metrics().getOrDefault("fid", Double.NaN))
                .distinct()
                .toList();
    }

    private static Double[] lengths(int count) {
        return Stream.iterate(0.05, s -> s + 0.01).limit(count).toArray(Double[]::new);
    }

    private static void awaitLeft(Sweeps sweeps, Sweep sweep, String... reason) {
        Await.until(() -> sweeps.sweep(sweep.id()).isStuck()
                && !sweeps.sweep(sweep.id()).takers().others().isEmpty());
        assertThat(sweeps.sweep(sweep.id()).takers().others())
                .singleElement()
                .extracting(LeftAlone::reason)
                .asString()
                .contains(reason);
    }

    @Test
    void ofTwoCommandsOfOneNameEachEvaluatesItsOwnSweeps() {
        Sweeps one = start(evaluator("mine", gives(1))).getBean(Sweeps.class);
        Sweeps two = start(evaluator("mine", gives(2))).getBean(Sweeps.class);
        Sweep second = two.create(SweepsTest.grid("mine", "fid", lengths(14)));
        Sweep first = one.create(SweepsTest.grid("mine", "fid", lengths(14)));
        assertThat(awaitEnd(one, first).trials()).isEqualTo(Map.of(WorkState.DONE, 14));
        assertThat(awaitEnd(two, second).trials()).isEqualTo(Map.of(WorkState.DONE, 14));
        assertThat(fids(one, first)).containsExactly(1.0);
        assertThat(fids(two, second)).containsExactly(2.0);
        assertThat(one.sweep(first.id()).settingsDigest())
                .isPresent()
                .isNotEqualTo(one.sweep(second.id()).settingsDigest());
    }

    @Test
    void aSweepThatNobodyAliveCanEvaluateSaysWhoDiffersInWhat() {
        ConfigurableApplicationContext before = start(evaluator("mine", "test {param.i} != 1 || exit 1; " + gives(1)));
        Sweeps sweeps = before.getBean(Sweeps.class);
        SweepSpec grid = SweepsTest.grid("mine", "fid", 0.1);
        SweepSpec spec = grid.with(grid.axes().with(Axes.PARAMS, Axes.PARAMS.parse("i=1,2,3")));
        Sweep sweep = sweeps.create(spec);
        assertThat(awaitEnd(sweeps, sweep).trials()).isEqualTo(Map.of(WorkState.DONE, 2, WorkState.FAILED, 1));
        before.close();

        Sweeps after = start(evaluator("mine", "test {param.i} != 0 || exit 1; " + gives(2)))
                .getBean(Sweeps.class);
        after.retry(sweep.id());
        awaitLeft(
                after, sweep, "evaluator mine differs in command: ", "!= 0 || ", " here, ", "!= 1 || ", "in the sweep");
        assertThat(after.sweep(sweep.id()).trials()).isEqualTo(Map.of(WorkState.DONE, 2, WorkState.QUEUED, 1));
        assertThat(after.differsHere(sweep.id())).isTrue();

        // The way out.
        after.retryWithOwnSettings(sweep.id());
        assertThat(awaitEnd(after, sweep).trials()).isEqualTo(Map.of(WorkState.DONE, 3));
        assertThat(fids(after, sweep)).containsExactly(2.0);
        assertThat(after.differsHere(sweep.id())).isFalse();
    }

    @Test
    void anEvaluatorThatOnlyOneKnowsIsLeftToIt() {
        ConfigurableApplicationContext other = start();
        Sweeps knowing = start(evaluator("mine", gives(3))).getBean(Sweeps.class);
        Sweep sweep = knowing.create(SweepsTest.grid("mine", "fid", lengths(5)));
        assertThat(awaitEnd(knowing, sweep).trials()).isEqualTo(Map.of(WorkState.DONE, 5));
        Sweep more = knowing.create(SweepsTest.grid("mine", "fid", lengths(9)));
        knowing.pause(more.id());
        contexts.getLast().close();
        Sweeps sweeps = other.getBean(Sweeps.class);
        sweeps.resume(more.id());
        awaitLeft(sweeps, more, "no evaluator is named mine; phema.evaluators has builtin");
        assertThat(sweeps.differsHere(more.id())).isFalse();
    }

    @Test
    void whoSeesNoSuchRunOrAnotherOneLeavesItAlone() throws IOException {
        Path copies = folder.resolve("copies");
        copy(RUN, copies.resolve("edm2"), false);
        copy(RUN, folder.resolve("elsewhere/other"), true);
        Sweeps asking = startAside(evaluator("mine", gives(1)));
        Sweep sweep = asking.create(SweepsTest.grid("mine", "fid", lengths(5)));
        assertThat(sweep.isStuck()).isTrue();
        ConfigurableApplicationContext blind = startBelow(folder.resolve("elsewhere"), evaluator("mine", gives(1)));
        awaitLeft(asking, sweep, "No run is named edm2; there is other");
        blind.close();

        // A copy has other time stamps, as a run of the same names that was trained otherwise would.
        Sweeps copied = startBelow(copies, evaluator("mine", gives(1))).getBean(Sweeps.class);
        awaitLeft(asking, sweep, "its file edm2/", "is another than the sweep's");
        copied.retryWithOwnSettings(sweep.id());
        assertThat(awaitEnd(copied, sweep).trials()).isEqualTo(Map.of(WorkState.DONE, 5));
    }

    @Test
    void aSweepWaitsWhileAFileOfItsIsNotUsed() throws IOException {
        Path copies = folder.resolve("copies");
        copy(RUN, copies.resolve("edm2"), true);
        Path file = copies.resolve("edm2/network-snapshot-0000262-0.050.pkl");
        Sweeps asking = startAside(evaluator("mine", gives(1)));
        Sweep sweep = asking.create(SweepsTest.grid("mine", "fid", lengths(5)));
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 1000));
        startBelow(copies, evaluator("mine", gives(1)));
        awaitLeft(
                asking, sweep, "its file edm2/" + file.getFileName() + " was used when the sweep was made, and is not");
        putBack(file);
        assertThat(awaitEnd(asking, sweep).trials()).isEqualTo(Map.of(WorkState.DONE, 5));
    }

    @Test
    void aSweepWaitsWhileItsFilesAreTakenForSomethingElse() throws IOException {
        Path copies = folder.resolve("copies");
        copy(RUN, copies.resolve("edm2"), true);
        state(copies, "impulse");
        ConfigurableApplicationContext asker =
                startBelow(copies, with("--phema.worker.enabled=false", evaluator("mine", gives(1))));
        Sweeps asking = asker.getBean(Sweeps.class);
        SweepSpec spec = SweepsTest.grid("mine", "fid", lengths(5));
        Optional<String> nightly = Optional.of("nightly");
        Sweep sweep = asking.create(spec, nightly);
        state(copies, "power:0.1");
        startBelow(copies, evaluator("mine", gives(1)));
        awaitLeft(
                asking,
                sweep,
                "its file edm2/network-snapshot-0000016-0.100.pkl is taken for power:0.1 at time 16 here,"
                        + " and for impulse at time 16 in the sweep: what phema.yaml, names and files say");
        state(copies, "impulse");
        assertThat(awaitEnd(asking, sweep).trials()).isEqualTo(Map.of(WorkState.DONE, 5));
        Catalog catalog = asker.getBean(Catalog.class);
        catalog.rescan("edm2");
        assertThat(asking.sweep(sweep.id()).otherWeights()).isEmpty();
        assertThat(asking.create(spec, nightly).id()).isEqualTo(sweep.id());

        state(copies, "power:0.1");
        catalog.rescan("edm2");
        assertThat(asking.sweep(sweep.id()).otherWeights())
                .contains("its file edm2/network-snapshot-0000016-0.100.pkl is taken for power:0.1 at time 16 now, and"
                        + " for impulse at time 16 then");
        Sweep again = asking.create(spec, nightly);
        assertThat(again.id()).isNotEqualTo(sweep.id());
        assertThat(awaitEnd(asking, again).trials()).isEqualTo(Map.of(WorkState.DONE, 5));
        assertThat(asking.trials(again.id())).noneMatch(Trial::cached);
    }

    /** Says what the files of a run are. */
    private static void state(Path copies, String profile) throws IOException {
        Files.writeString(
                copies.resolve("edm2/phema.yaml"),
                "files: 'network-snapshot-{time}-0.100.pkl'\nprofile: '" + profile + "'\n");
    }

    private static void putBack(Path file) throws IOException {
        Files.copy(
                RUN.resolve(file.getFileName()),
                file,
                StandardCopyOption.REPLACE_EXISTING,
                StandardCopyOption.COPY_ATTRIBUTES);
    }

    @Test
    void aFileThatChangedWithoutNoticeFailsNoTrial() throws IOException {
        Path copies = folder.resolve("copies");
        copy(RUN, copies.resolve("edm2"), true);
        Path file = copies.resolve("edm2/network-snapshot-0000131-0.050.pkl");
        String[] reading = evaluator("mine", ": {weights}; " + gives(1));
        Sweeps asking = startAside(reading);
        Catalog catalog = startBelow(copies, "1h", reading).getBean(Catalog.class);
        Await.until(() -> catalog.runs().stream().anyMatch(run -> run.name().equals("edm2")));
        Files.write(file, new byte[(int) Files.size(file)]);
        SweepSpec grid = SweepsTest.grid("mine", "fid", 0.05);
        Sweep sweep = asking.create(grid.with(grid.axes().with(Axes.TIME, List.of(131072.0))));
        awaitLeft(asking, sweep, "edm2/" + file.getFileName() + " has changed");
        assertThat(asking.sweep(sweep.id()).trials()).isEqualTo(Map.of(WorkState.QUEUED, 1));
        putBack(file);
        catalog.rescan("edm2");
        assertThat(awaitEnd(asking, sweep).trials()).isEqualTo(Map.of(WorkState.DONE, 1));
    }

    private static String[] with(String setting, String... more) {
        return Stream.concat(Stream.of(setting), Stream.of(more)).toArray(String[]::new);
    }

    private static void copy(Path from, Path to, boolean times) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList())
                if (times) Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
                else Files.write(to.resolve(file.getFileName()), Files.readAllBytes(file));
        }
    }

    @Test
    void whatAnOlderVersionEvaluatedIsLookedUpAgain() {
        ConfigurableApplicationContext service = start(evaluator("mine", gives(1)));
        Sweeps sweeps = service.getBean(Sweeps.class);
        Sweep sweep = sweeps.create(SweepsTest.grid("mine", "fid", 0.1, 0.11));
        awaitEnd(sweeps, sweep);
        JdbcClient jdbc = service.getBean(JdbcClient.class);
        // As with a trial that was evaluated with other settings, and another that waits.
        jdbc.sql("insert into evaluation (id, metrics, seconds, created) values ('other', '{\"fid\": 7}', 1, 1)")
                .update();
        jdbc.sql("update trial set evaluation = 'other' where sweep = ? and number = 0")
                .param(sweep.id())
                .update();
        jdbc.sql("update sweep set basis = null where id = ?").param(sweep.id()).update();
        assertThat(fids(sweeps, sweep)).containsExactly(7.0, 1.0);
        sweeps.extend(sweep.id(), SweepsTest.grid("mine", "fid", 0.12));
        Await.until(() -> sweeps.sweep(sweep.id()).count(WorkState.DONE) == 3);
        assertThat(fids(sweeps, sweep)).containsExactly(1.0);
        assertThat(sweeps.trials(sweep.id())).extracting(Trial::cached).containsExactly(true, true, false);
        assertThat(sweeps.sweep(sweep.id()).settings()).containsEntry("type", "command");
    }

    /** Its worker was killed, and nobody else may go on with it. */
    @Test
    void aTrialOfALostWorkerWaitsThoughNobodyTakesIt() {
        ConfigurableApplicationContext service = start();
        Sweeps sweeps = service.getBean(Sweeps.class);
        Sweep sweep = startAside(evaluator("mine", gives(1))).create(SweepsTest.grid("mine", "fid", 0.1));
        awaitLeft(sweeps, sweep, "no evaluator is named mine");
        service.getBean(JdbcClient.class)
                .sql("update trial set state = 'RUNNING', attempt = 1, worker = 'gone' where sweep = ?")
                .param(sweep.id())
                .update();
        Await.until(() -> sweeps.sweep(sweep.id()).state() == SweepState.QUEUED);
        awaitLeft(sweeps, sweep, "no evaluator is named mine");
        assertThat(service.getBean(TrialStore.class).mishaps(new TrialId(sweep.id(), 0)))
                .isEqualTo(new TrialStore.Mishaps(0, 1));
    }

    /** A service that does no work itself. */
    private Sweeps startAside(String... more) {
        return start(with("--phema.worker.enabled=false", more)).getBean(Sweeps.class);
    }

    @Test
    void whoIsOlderThanTheDatabaseTakesNothingAndSaysSo() {
        ConfigurableApplicationContext service = start(evaluator("mine", gives(1)));
        JdbcClient jdbc = service.getBean(JdbcClient.class);
        Sweeps sweeps = service.getBean(Sweeps.class);
        Fleet fleet = service.getBean(Fleet.class);
        Await.until(() -> fleet.size() == 1);
        assertThat(fleet.workers().getFirst().outdated()).isFalse();
        jdbc.sql("insert into flyway_schema_history (installed_rank, version, description, type, script, checksum,"
                        + " installed_by, execution_time, success) values (1000, '1000', 'things to come', 'SQL',"
                        + " 'V1000__things_to_come.sql', 1, 'somebody', 1, true)")
                .update();
        Sweep sweep = sweeps.create(SweepsTest.grid("mine", "fid", 0.1));
        awaitLeft(sweeps, sweep, "is older than the database");
        assertThat(fleet.workers().getFirst().outdated()).isTrue();
        assertThatThrownBy(this::start)
                .hasRootCauseInstanceOf(Problem.class)
                .rootCause()
                .hasMessageContaining("the database is of a newer phema, which made migration 1000 (things to come)");
        assertThat(sweeps.sweep(sweep.id()).trials()).isEqualTo(Map.of(WorkState.QUEUED, 1));
        jdbc.sql("delete from flyway_schema_history where version = '1000'").update();
        awaitEnd(sweeps, sweep);
    }
}
