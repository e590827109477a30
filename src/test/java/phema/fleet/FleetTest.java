package phema.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.transaction.support.TransactionTemplate;
import phema.time.Await;
import phema.time.SettableClock;

/** Workers and their queue while time passes, and while clocks are wrong. */
class FleetTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    @TempDir
    private Path folder;

    private final SettableClock clock = new SettableClock();
    private DataSource source;
    private JdbcClient jdbc;
    private FleetStore store;
    private Queue queue;
    private ClockJumps jumps;
    private Fleet fleet;

    @BeforeEach
    void migrate() {
        source = new DriverManagerDataSource("jdbc:sqlite:" + folder.resolve("phema.db"));
        Flyway.configure()
                .dataSource(source)
                .locations("classpath:db/migration/sqlite")
                .load()
                .migrate();
        jdbc = JdbcClient.create(source);
        store = new FleetStore(jdbc, new WorkerIdentity(clock, Optional.empty()), clock);
        queue = queue(Map.of());
        jumps = new ClockJumps(jdbc, clock);
        fleet = new Fleet(store, queue, clock);
    }

    private Queue queue(Map<String, Object> workers) {
        return new Queue(source, jdbc, clock, new StaticListableBeanFactory(workers).getBeanProvider(Scheduler.class));
    }

    private Instant column(String name, String instance) {
        return jdbc.sql("select " + name + " from scheduled_tasks where task_instance = ?")
                .param(instance)
                .query((row, i) -> row.getTimestamp(1).toInstant())
                .single();
    }

    /** Somebody works on it. */
    private void beat(String instance, Instant heartbeat) {
        jdbc.sql("update scheduled_tasks set picked = true, picked_by = 'some', last_heartbeat = ?"
                        + " where task_instance = ?")
                .params(Timestamp.from(heartbeat), instance)
                .update();
    }

    @Test
    void aWorkerThatIsNotHeardOfForTenSecondsIsGoneUntilItIsHeardOfAgain() {
        Instant begun = clock.instant();
        store.live();
        clock.pass(SECOND.multipliedBy(9));
        assertThat(fleet.workers()).singleElement().satisfies(worker -> {
            assertThat(worker.since()).isEqualTo(begun);
            assertThat(worker.seen()).isEqualTo(begun);
        });
        clock.pass(SECOND);
        assertThat(fleet.size()).isZero();
        store.live();
        assertThat(fleet.workers()).extracting(Worker::seen).containsExactly(clock.instant());
    }

    @Test
    void whoIsSilentForAMinuteOrWasHeardOfInTheFutureIsForgotten() {
        for (Duration second : List.of(SECOND, SECOND.negated())) {
            store.live();
            clock.jump(second.multipliedBy(60));
            store.forget(Duration.ofMinutes(1));
            assertThat(jdbc.sql("select name from worker").query(String.class).list())
                    .hasSize(1);
            clock.jump(second);
            store.forget(Duration.ofMinutes(1));
            assertThat(jdbc.sql("select name from worker").query(String.class).list())
                    .isEmpty();
        }
    }

    @Test
    void workIsDueAtOnceInTheOrderOfItsArrival() {
        queue.add("trial", List.of("b", "a", "c"), 0);
        queue.ensure("trial", "d", 0);
        assertThat(List.of(
                        column("execution_time", "b"),
                        column("execution_time", "a"),
                        column("execution_time", "c"),
                        column("execution_time", "d")))
                .isSorted()
                .doesNotHaveDuplicates()
                .last()
                .isEqualTo(clock.instant());
        assertThat(fleet.queueDepth()).isEqualTo(4);
    }

    @Test
    void thisProcessBeginsWhatIsAddedWhenItIsCommitted() throws Exception {
        BlockingQueue<String> begun = new LinkedBlockingQueue<>();
        Scheduler worker = Scheduler.create(source, DurableTask.of("trial", instance -> {
                    begun.add(instance);
                    return new CompletionHandler.OnCompleteRemove<>();
                }))
                .threads(1)
                .pollingInterval(HOUR)
                .build();
        Queue own = queue(Map.of("worker", worker));
        TransactionTemplate transaction = new TransactionTemplate(new DataSourceTransactionManager(source));
        try {
            worker.start();
            own.add("trial", List.of("first"), 0); // the first look may find this, and none comes by itself for an hour
            assertThat(begun.poll(1, TimeUnit.MINUTES)).isEqualTo("first");
            Await.until(() -> worker.getCurrentlyExecuting().isEmpty() && fleet.queueDepth() == 0);
            transaction.executeWithoutResult(status -> own.add("trial", List.of("second"), 0));
            assertThat(begun.poll(1, TimeUnit.MINUTES)).isEqualTo("second");
        } finally {
            worker.stop();
        }
    }

    /** The order in which workers find it. */
    private List<String> due() {
        String query = new DueWork(source, new WorkerIdentity(clock, Optional.empty()), store)
                .createSelectDueQuery("scheduled_tasks", 100, "", true);
        return jdbc.sql(query)
                .params(false, Timestamp.from(clock.instant()))
                .query((row, i) -> row.getString("task_instance"))
                .list();
    }

    @Test
    void ofOnePriorityWhatCameFirstGoesFirstHoweverMuchItIs() {
        queue.add("trial", List.of("first/0", "first/1"), 0);
        queue.add("trial", List.of("many/0", "many/1", "many/2", "many/3"), 0);
        queue.add("trial", List.of("urgent/0"), 1);
        queue.add("trial", List.of("last/0"), 0);
        // A search asks for more as results come, and a trial is retried after a pause.
        queue.add("trial", List.of("first/2"), 0);
        jdbc.sql("update scheduled_tasks set execution_time = ? where task_instance = 'first/0'")
                .param(Timestamp.from(clock.instant().plusSeconds(2)))
                .update();
        clock.pass(SECOND.multipliedBy(2));
        assertThat(due())
                .containsExactly(
                        "urgent/0", "first/1", "first/2", "first/0", "many/0", "many/1", "many/2", "many/3", "last/0");

        queue.prioritize("trial", "last/", 5);
        queue.prioritize("trial", "many/", -5);
        assertThat(due()).startsWith("last/0", "urgent/0", "first/1").endsWith("many/2", "many/3");

        // One that is taken out and comes again comes last.
        queue.removeWaiting("trial", "first/");
        queue.ensure("trial", List.of("first/0", "first/1"), -5);
        assertThat(due()).endsWith("many/3", "first/0", "first/1");
    }

    @Test
    void whatClientsHaveIsNotTheFleets() {
        queue.add("trial", List.of("a", "b", "c"), 0);
        beat("a", clock.instant());
        assertThat(new Leases(jdbc, clock).take("trial", "b", "somebody")).isTrue();
        assertThat(queue.taken()).isEqualTo(1);
        assertThat(queue.depth()).isEqualTo(1);
    }

    @Test
    void whatWasPlannedByAClockThatWasAheadIsDueNow() {
        clock.jump(SECOND.multipliedBy(10));
        queue.ensure("trial", "soon", 0);
        Instant soon = clock.instant();
        clock.jump(HOUR);
        queue.ensure("trial", "in an hour", 0);
        clock.jump(HOUR.negated().minusSeconds(10));
        jumps.mend();
        assertThat(column("execution_time", "in an hour")).isEqualTo(clock.instant());
        assertThat(column("execution_time", "soon")).isEqualTo(soon);
    }

    @Test
    void whoseHeartbeatStandsStillIsDeadWhateverItsTimeSays() {
        queue.add("trial", List.of("dead", "alive"), 0);
        Instant future = clock.instant().plus(HOUR);
        beat("dead", future);
        for (int look = 0; look < 4; look++) {
            assertThat(column("last_heartbeat", "dead")).isEqualTo(future);
            beat("alive", future.plusSeconds(look));
            jumps.mend();
        }
        assertThat(column("last_heartbeat", "dead")).isEqualTo(Instant.EPOCH);
        assertThat(column("last_heartbeat", "alive")).isAfter(future);
    }

    @Test
    void withoutAWorkerOnlyWhatConcernsAllIsDone() {
        List<String> did = new ArrayList<>();
        Chore ofWorkers = () -> did.add("of workers");
        Upkeep failing = () -> {
            throw new IllegalStateException("not now");
        };
        Upkeep ofAll = () -> did.add("of all");
        new Heartbeat(
                        store,
                        jumps,
                        List.of(ofWorkers, failing, ofAll),
                        new WorkerProperties(false, 1, Duration.ofSeconds(20)))
                .keepUp();
        assertThat(did).containsExactly("of all");
    }

    @Test
    void aWorkerEndsWhenItsWorkHas() throws Exception {
        Heartbeat heartbeat =
                new Heartbeat(store, jumps, List.of(), new WorkerProperties(true, 1, Duration.ofSeconds(20)));
        heartbeat.begin(() -> true, () -> {}).close();
        Heartbeat.WatchedWork work = heartbeat.begin(() -> true, () -> {});
        FutureTask<Boolean> stop = new FutureTask<>(() -> {
            heartbeat.stop();
            return true;
        });
        store.live();
        Thread thread = Thread.ofPlatform().start(stop);
        Await.until(() -> thread.getState() == Thread.State.TIMED_WAITING);
        assertThat(fleet.size()).isEqualTo(1);
        work.close();
        assertThat(stop.get(1, TimeUnit.MINUTES)).isTrue();
        assertThat(fleet.size()).isZero();
    }
}
