package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import phema.fleet.Fleet;
import phema.fleet.WorkState;
import phema.fleet.Worker;

/** Real processes on a real database, some of which are killed. */
@DisabledOnOs(OS.WINDOWS)
class FleetIT {
    /** From a worker's death until its trial begins elsewhere. */
    private static final Duration TAKEN_OVER = Duration.ofSeconds(15);

    private static final Random RANDOM = new Random(20_261_123);

    @TempDir
    private Path folder;

    private final List<Process> workers = new ArrayList<>();

    @AfterEach
    void killAll() throws InterruptedException {
        for (Process worker : workers) worker.destroyForcibly().waitFor();
    }

    /** 200 trials, four workers of which two are killed. */
    @Test
    void everyTrialEndsExactlyOnceOnPostgresql() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
            everyTrialEndsExactlyOnce(postgres.getJdbcUrl("postgres", "postgres"), 4, 200, 2);
        }
    }

    @Test
    void everyTrialEndsExactlyOnceOnSqlite() throws Exception {
        String url = "jdbc:sqlite:" + folder.resolve("phema.db")
                + "?journal_mode=WAL&busy_timeout=10000&synchronous=NORMAL&transaction_mode=IMMEDIATE";
        everyTrialEndsExactlyOnce(url, 2, 40, 1);
    }

    private void everyTrialEndsExactlyOnce(String url, int fleet, int trials, int kills) throws Exception {
        // The metric is the EMA length.
        String script =
                "test -s {weights} || exit 1; sleep 0.2; sed -n 's/.*\"sigmaRel\":\\([0-9.]*\\).*/{\"fid\": \\1}/p' {trial}";
        try (ConfigurableApplicationContext service = service(url, script)) {
            Sweeps sweeps = service.getBean(Sweeps.class);
            Fleet known = service.getBean(Fleet.class);
            JdbcClient jdbc = service.getBean(JdbcClient.class);
            writeDownEveryEnd(jdbc, url);
            for (int i = 0; i < fleet; i++) workers.add(worker(url, script));
            await(() -> known.workers().size() == fleet);

            Double[] lengths =
                    Stream.iterate(0.05, s -> s + 0.001).limit(trials).toArray(Double[]::new);
            Sweep sweep = sweeps.create(SweepsTest.grid("script", "fid", lengths));
            Map<String, Instant> interrupted = new HashMap<>();
            for (int kill = 1; kill <= kills; kill++) {
                int after = trials * kill / (kills + 2) + RANDOM.nextInt(trials / 8);
                await(() -> sweeps.sweep(sweep.id()).count(WorkState.DONE) >= after);
                Process victim = workers.get(kill - 1);
                await(() -> !running(known, victim).isEmpty());
                victim.destroyForcibly().waitFor();
                Instant killed = Instant.now();
                running(known, victim).forEach(trial -> interrupted.put(trial, killed));
            }
            await(() -> sweeps.sweep(sweep.id()).state().isEnd());

            assertThat(sweeps.sweep(sweep.id()).count(WorkState.DONE)).isEqualTo(trials);
            assertThat(sweeps.trials(sweep.id()))
                    .allSatisfy(t -> assertThat(t.metrics().get("fid"))
                            .isEqualTo(t.point().length()));
            assertThat(jdbc.sql("select number from ends order by number")
                            .query(Integer.class)
                            .list())
                    .hasSize(trials)
                    .doesNotHaveDuplicates();
            // Those that were killed with their workers, and no others, were begun twice.
            assertThat(sweeps.trials(sweep.id()).stream()
                            .filter(t -> t.attempts() > 1)
                            .map(t -> t.sweep() + "/" + t.number()))
                    .containsAnyElementsOf(interrupted.keySet())
                    .hasSizeLessThanOrEqualTo(kills);
            assertThat(sweeps.trials(sweep.id()))
                    .filteredOn(t -> t.attempts() > 1)
                    .allSatisfy(t -> assertThat(t.started().orElseThrow())
                            .isBefore(interrupted
                                    .getOrDefault(TrialId.of(t).toString(), Instant.MIN)
                                    .plus(TAKEN_OVER)));
            assertThat(sweeps.sweep(sweep.id()).optimum().orElseThrow().point().length())
                    .isEqualTo(0.05);
            assertThat(jdbc.sql("select count(*) from scheduled_tasks")
                            .query(Integer.class)
                            .single())
                    .isZero();
            // What the catalog remembers of the run's files.
            assertThat(jdbc.sql("select count(*) from catalog_file")
                            .query(Integer.class)
                            .single())
                    .isGreaterThanOrEqualTo(32);

            for (Process worker : workers) worker.destroy();
            for (Process worker : workers)
                assertThat(worker.waitFor(1, TimeUnit.MINUTES)).isTrue();
            assertThat(known.workers().stream().map(Worker::pid))
                    .doesNotContainAnyElementsOf(workers.subList(kills, fleet).stream()
                            .map(Process::pid)
                            .toList());
            // Nor are there weights any more, of those that were killed either.
            try (Stream<Path> files = Files.walk(folder.resolve("home/weights"))) {
                assertThat(files.filter(file -> file.toString().endsWith(".pkl")))
                        .isEmpty();
            }
        }
    }

    /** Whoever starts a sweep says how its evaluator is configured; the other process would have given 2. */
    @Test
    void aWorkerOfOtherSettingsMixesNothingInOnPostgresql() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
            String url = postgres.getJdbcUrl("postgres", "postgres");
            String script = "echo '{\"fid\": 1}'";
            try (ConfigurableApplicationContext service = service(url, script)) {
                Sweeps sweeps = service.getBean(Sweeps.class);
                workers.add(worker(url, "echo '{\"fid\": 2}'"));
                Fleet known = service.getBean(Fleet.class);
                await(() -> known.size() == 1);
                Double[] lengths = Stream.iterate(0.05, s -> s + 0.01).limit(7).toArray(Double[]::new);
                Sweep sweep = sweeps.create(SweepsTest.grid("script", "fid", lengths));
                await(() -> sweeps.sweep(sweep.id()).isStuck());
                assertThat(known.workers())
                        .singleElement()
                        .satisfies(other -> assertThat(other.leavesAlone())
                                .singleElement()
                                .satisfies(left -> assertThat(left.reason())
                                        .startsWith("evaluator script differs in command: ")
                                        .contains("2}", "1}")));
                workers.add(worker(url, script));
                await(() -> sweeps.sweep(sweep.id()).state().isEnd());
                assertThat(sweeps.trials(sweep.id()))
                        .allSatisfy(trial -> assertThat(trial.metrics()).isEqualTo(Map.of("fid", 1.0)));
                // There is nothing left to leave alone.
                await(() -> known.workers().stream()
                        .allMatch(worker -> worker.leavesAlone().isEmpty()));
            }
        }
    }

    @Test
    void aWorkerThatIsToldToEndHandsBackWhatItCannotFinish() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
            String url = postgres.getJdbcUrl("postgres", "postgres");
            String script =
                    "echo begun >> " + folder + "/begun; test -e " + folder + "/go || sleep 60; echo '{\"fid\": 1}'";
            try (ConfigurableApplicationContext service = service(url, script)) {
                Sweeps sweeps = service.getBean(Sweeps.class);
                Process first = worker(url, script);
                workers.add(first);
                Sweep sweep = sweeps.create(SweepsTest.grid("script", "fid", 0.1));
                await(() -> Files.exists(folder.resolve("begun")));
                Files.createFile(folder.resolve("go"));
                first.destroy();
                assertThat(first.waitFor(1, TimeUnit.MINUTES)).isTrue();
                assertThat(first.exitValue()).isEqualTo(128 + 15);
                assertThat(sweeps.trial(sweep.id(), 0).state()).isEqualTo(WorkState.QUEUED);
                workers.add(worker(url, script));
                await(() -> sweeps.sweep(sweep.id()).state().isEnd());
                assertThat(sweeps.trial(sweep.id(), 0).state()).isEqualTo(WorkState.DONE);
                assertThat(sweeps.trial(sweep.id(), 0).attempts()).isEqualTo(2);
            }
        }
    }

    /** What a process that is no part of us sees: a row for each time that a trial ended. */
    static void writeDownEveryEnd(JdbcClient jdbc, String url) {
        jdbc.sql("create table ends (number integer)").update();
        if (url.startsWith("jdbc:sqlite")) {
            jdbc.sql("""
                    create trigger trial_end after update of state on trial when new.state in ('DONE', 'FAILED', 'CANCELLED')
                    begin insert into ends values (new.number); end""").update();
        } else {
            jdbc.sql("""
                    create function trial_end() returns trigger language plpgsql as
                    $$ begin insert into ends values (new.number); return new; end $$""").update();
            jdbc.sql("""
                    create trigger trial_end after update of state on trial for each row
                    when (new.state in ('DONE', 'FAILED', 'CANCELLED')) execute function trial_end()""").update();
        }
    }

    private static List<String> running(Fleet fleet, Process worker) {
        return Workers.running(fleet, worker);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        Workers.await(condition);
    }

    /** A service that leaves the work to others. */
    private ConfigurableApplicationContext service(String url, String script) {
        return Workers.service(settings(url, script));
    }

    private Process worker(String url, String script) throws IOException {
        return Workers.start(folder.resolve("worker-" + workers.size() + ".log"), settings(url, script));
    }

    private List<String> settings(String url, String script) {
        return new ArrayList<>(List.of(
                "--spring.datasource.url=" + url,
                "--phema.home=" + folder.resolve("home"),
                "--phema.roots=src/test/resources/fixtures/edm2",
                "--phema.catalog.settle=0s",
                "--phema.worker.drain=5s",
                "--phema.evaluators.script.type=command",
                "--phema.evaluators.script.command[0]=sh",
                "--phema.evaluators.script.command[1]=-c",
                "--phema.evaluators.script.command[2]=" + script));
    }
}
