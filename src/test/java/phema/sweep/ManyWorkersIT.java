package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import phema.bench.SchedulerBenchmark;
import phema.bench.SnapshotGenerator;
import phema.evaluation.Pictures;
import phema.fleet.SimulatedWorker;
import phema.fleet.WorkState;
import phema.format.Format;

/**
 * More workers than any machine has processes for: each is a few threads, with a scheduler, heartbeats and connections
 * of its own, on one PostgreSQL. Trials only wait. One in fifty kills its worker, in whose place another one starts; every
 * other one of the dead comes back when its trial is somebody else's, and tells its result.
 *
 * <p>By hand, larger: {@code ./mvnw process-test-classes surefire:test -Dtest=ManyWorkersIT -Dphema.trials=10000
 * -Dphema.workers=500 -Dphema.seconds=10}.
 */
class ManyWorkersIT {
    private static final int TRIALS = Integer.getInteger("phema.trials", 200);
    private static final int WORKERS = Integer.getInteger("phema.workers", 20);
    private static final double SECONDS = Double.parseDouble(System.getProperty("phema.seconds", "0.5"));
    private static final int DEADLY = 50;

    /** After the others noticed. */
    private static final Duration BACK = Duration.ofSeconds(30);

    @TempDir
    private Path folder;

    private @Nullable Basis basis;
    private final Queue<SimulatedWorker> workers = new ConcurrentLinkedQueue<>();
    private final AtomicInteger attempts = new AtomicInteger();
    private final AtomicInteger deaths = new AtomicInteger();
    private final AtomicInteger late = new AtomicInteger();
    private final AtomicInteger accepted = new AtomicInteger();

    @Test
    void everyTrialEndsExactlyOnceHoweverManyWorkersDie() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder()
                        .setServerConfig("max_connections", "100")
                        .start();
                ConfigurableApplicationContext service =
                        Workers.service(settings(postgres.getJdbcUrl("postgres", "postgres")));
                ScheduledExecutorService others = Executors.newScheduledThreadPool(4)) {
            JdbcClient jdbc = service.getBean(JdbcClient.class);
            FleetIT.writeDownEveryEnd(jdbc, "jdbc:postgresql");
            basis = service.getBean(Suitability.class).basis(SchedulerBenchmark.spec(TRIALS));
            for (int i = 0; i < WORKERS; i++) start(service, others);
            Sweeps sweeps = service.getBean(Sweeps.class);
            long begin = System.nanoTime();
            Sweep sweep = sweeps.create(SchedulerBenchmark.spec(TRIALS));
            double created = (System.nanoTime() - begin) / 1e9;
            // Seldom, as looking costs more than a trial; and not only for as long as tests are patient.
            while (jdbc.sql("select count(*) from ends").query(Integer.class).single() < TRIALS)
                TimeUnit.MILLISECONDS.sleep(200);
            double seconds = (System.nanoTime() - begin) / 1e9;
            int died = deaths.get();
            TimeUnit.SECONDS.sleep(BACK.plusSeconds(5).toSeconds()); // until the last of the dead was back
            others.shutdownNow();
            workers.parallelStream().forEach(SimulatedWorker::close);

            double ideal = SECONDS * Math.ceilDiv(TRIALS, WORKERS);
            System.out.printf(
                    Locale.ROOT,
                    "%d trials of %.1f s on %d workers: %.1f s to create, %.1f s in all, %.1f s without a queue; "
                            + "%d attempts, %d workers died, %d came back too late, %d of their results were taken%n",
                    TRIALS,
                    SECONDS,
                    WORKERS,
                    created,
                    seconds,
                    ideal,
                    attempts.get(),
                    died,
                    late.get(),
                    accepted.get());
            assertThat(sweeps.sweep(sweep.id()).count(WorkState.DONE)).isEqualTo(TRIALS);
            assertThat(jdbc.sql("select number from ends").query(Integer.class).list())
                    .hasSize(TRIALS)
                    .doesNotHaveDuplicates();
            assertThat(died).isPositive();
            assertThat(accepted).hasValue(0);
            // Where the machine is too busy for heartbeats, also of workers that live.
            assertThat(jdbc.sql("select sum(attempt) from trial")
                            .query(Integer.class)
                            .single())
                    .isEqualTo(attempts.get())
                    .isGreaterThanOrEqualTo(TRIALS + died);
            assertThat(jdbc.sql("select count(*) from scheduled_tasks")
                            .query(Integer.class)
                            .single())
                    .isZero();
        }
    }

    private void start(ConfigurableApplicationContext service, ScheduledExecutorService others) {
        SimulatedWorker worker = new SimulatedWorker(
                service.getBean(DataSource.class),
                TrialId.TASK,
                self -> instance -> evaluate(service, others, self, TrialId.parse(instance)));
        workers.add(worker);
        others.scheduleAtFixedRate(worker::beat, 0, 2, TimeUnit.SECONDS);
    }

    private CompletionHandler<Void> evaluate(
            ConfigurableApplicationContext service,
            ScheduledExecutorService others,
            SimulatedWorker worker,
            TrialId id) {
        Trials trials = service.getBean(Trials.class);
        Trials.Begun begun =
                trials.begin(id, worker.name(), Objects.requireNonNull(basis)).orElseThrow();
        attempts.incrementAndGet();
        boolean deadly = id.number() % DEADLY == DEADLY / 2 && begun.attempt() == 1;
        Runnable end = () -> {
            boolean taken =
                    trials.done(begun, id + "/" + begun.attempt(), Map.of("nothing", 1.0), new Pictures(0), SECONDS);
            if (taken && worker.isDead()) accepted.incrementAndGet();
        };
        try {
            Thread.sleep((long) (1000 * SECONDS));
            if (deadly) {
                worker.die();
                deaths.incrementAndGet();
                others.execute(() -> start(service, others));
                Thread.sleep(BACK);
                if (id.number() % (2 * DEADLY) > DEADLY) {
                    late.incrementAndGet();
                    end.run();
                }
            } else end.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return new CompletionHandler.OnCompleteRemove<>();
    }

    private List<String> settings(String url) throws IOException {
        SnapshotGenerator.uniform(Format.SAFETENSORS, 4, 100_000).write(folder.resolve("runs/run"), 8, bytes -> {});
        return new ArrayList<>(List.of(
                "--spring.datasource.url=" + url,
                "--spring.datasource.hikari.maximum-pool-size=80",
                "--spring.datasource.hikari.connection-timeout=60000",
                "--phema.home=" + folder.resolve("home"),
                "--phema.roots=" + folder.resolve("runs"),
                "--phema.catalog.settle=0s",
                "--logging.level.com.github.kagkarlsson=off",
                "--phema.evaluators.nothing.type=command",
                "--phema.evaluators.nothing.command=echo,{\"nothing\": 1}"));
    }
}
