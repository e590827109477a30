package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.CannotCreateTransactionException;
import phema.fleet.WorkState;
import phema.time.Await;

/** Databases that go away and come back, and clocks that jump, under a service and a worker of another process. */
@DisabledOnOs(OS.WINDOWS)
class FaultsIT {
    @TempDir
    private Path folder;

    private final List<Process> workers = new ArrayList<>();

    @AfterEach
    void killAll() throws InterruptedException {
        for (Process worker : workers) worker.destroyForcibly().waitFor();
    }

    /** The metric is the EMA length, found out in a second. */
    private List<String> settings(String url) {
        String script = "sleep 1; sed -n 's/.*\"sigmaRel\":\\([0-9.]*\\).*/{\"fid\": \\1}/p' {trial}";
        return List.of(
                "--server.port=0",
                "--spring.datasource.url=" + url,
                "--phema.home=" + folder.resolve("home"),
                "--phema.roots=src/test/resources/fixtures/edm2,src/test/resources/fixtures/ema-pytorch",
                "--phema.catalog.settle=0s",
                "--phema.evaluators.script.type=command",
                "--phema.evaluators.script.command[0]=sh",
                "--phema.evaluators.script.command[1]=-c",
                "--phema.evaluators.script.command[2]=" + script);
    }

    private static SweepSpec grid(int trials) {
        return SweepsTest.grid(
                "script",
                "fid",
                Stream.iterate(5, n -> n + 1).limit(trials).map(n -> n / 100.0).toArray(Double[]::new));
    }

    private void startWorker(String url) throws IOException {
        workers.add(Workers.start(folder.resolve("worker.log"), settings(url)));
    }

    private static void assertAllWell(Sweeps sweeps, String sweep, int trials) throws InterruptedException {
        Workers.await(() -> sweeps.sweep(sweep).state().isEnd());
        assertThat(sweeps.sweep(sweep).count(WorkState.DONE)).isEqualTo(trials);
        assertThat(sweeps.trials(sweep))
                .allSatisfy(t ->
                        assertThat(t.metrics().get("fid")).isEqualTo(t.point().length()));
    }

    private static HttpResponse<byte[]> send(
            ConfigurableApplicationContext service, String method, String path, String body) throws Exception {
        String port = service.getEnvironment().getRequiredProperty("local.server.port");
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                            .header("Content-Type", "application/json")
                            .method(method, BodyPublishers.ofString(body))
                            .timeout(Duration.ofSeconds(25))
                            .build(),
                    BodyHandlers.ofByteArray());
        }
    }

    @Test
    void trialsGoOnWhenPostgresqlIsBackAndWeightsMeanwhile() throws Exception {
        Path data = folder.resolve("postgres");
        int port = freePort();
        EmbeddedPostgres postgres = postgres(data, port);
        try {
            String url = postgres.getJdbcUrl("postgres", "postgres");
            try (ConfigurableApplicationContext service = Workers.service(settings(url), WebApplicationType.SERVLET)) {
                Sweeps sweeps = service.getBean(Sweeps.class);
                startWorker(url);
                String sweep = sweeps.create(grid(12)).id();
                Workers.await(() -> sweeps.sweep(sweep).count(WorkState.DONE) >= 3);
                assertThat(sweeps.sweep(sweep).state().isEnd()).isFalse();

                assertThat(send(service, "GET", "/api/v1/runs/edm2", "").statusCode())
                        .isEqualTo(200);

                postgres.close();
                long asked = System.nanoTime();
                assertThat(send(service, "GET", "/actuator/health", "").statusCode())
                        .isEqualTo(503);
                assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(Duration.ofSeconds(3));
                HttpResponse<byte[]> known = inTime(service, "/api/v1/runs/edm2");
                assertThat(new String(known.body())).contains("what is recommended is what it was before");
                HttpResponse<byte[]> never = inTime(service, "/api/v1/runs/ema-pytorch");
                assertThat(new String(never.body())).contains("what is recommended is not known");
                assertThat(new String(inTime(service, "/actuator/prometheus").body()))
                        .contains("phema_catalog_runs 2.0")
                        .contains("phema_queue_depth NaN")
                        .contains("phema_trials{state=\"done\"} NaN");
                String weights = "/api/v1/runs/edm2/weights.safetensors?sigmaRel=0.1";
                assertThat(send(service, "GET", weights, "").statusCode()).isEqualTo(200);
                for (String page : List.of("/", "/runs/edm2", "/sweeps", "/sweeps/" + sweep, "/fleet"))
                    assertThat(new String(inTime(service, page, 503).body()))
                            .as(page)
                            .contains("The database does not answer; try again in a moment.");
                inTime(service, "/runs/edm2/fit?sigmaRel=0.1");
                HttpResponse<byte[]> refused = send(service, "GET", "/api/v1/sweeps", "");
                assertThat(refused.statusCode()).isEqualTo(503);
                assertThat(refused.headers().firstValue("Retry-After")).isPresent();
                // Longer than heartbeats may be missing.
                Await.whileOthersGoOn(Duration.ofSeconds(12));
                postgres = postgres(data, port);

                assertAllWell(sweeps, sweep, 12);
                for (String path : List.of("/api/v1/sweeps", "/", "/runs/edm2"))
                    assertThat(send(service, "GET", path, "").statusCode())
                            .as(path)
                            .isEqualTo(200);
            }
        } finally {
            postgres.close();
        }
    }

    /** While the database is away. */
    private static HttpResponse<byte[]> inTime(ConfigurableApplicationContext service, String path) throws Exception {
        return inTime(service, path, 200);
    }

    private static HttpResponse<byte[]> inTime(ConfigurableApplicationContext service, String path, int status)
            throws Exception {
        long asked = System.nanoTime();
        HttpResponse<byte[]> answer = send(service, "GET", path, "");
        assertThat(answer.statusCode()).as(new String(answer.body())).isEqualTo(status);
        assertThat(Duration.ofNanos(System.nanoTime() - asked)).as(path).isLessThan(Duration.ofSeconds(3));
        return answer;
    }

    private static EmbeddedPostgres postgres(Path data, int port) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setPort(port)
                .start();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Somebody else holds the lock for longer than anybody waits for it. */
    @Test
    void trialsGoOnWhenALockedSqliteIsFree() throws Exception {
        String file = "jdbc:sqlite:" + folder.resolve("phema.db");
        String url = file + "?journal_mode=WAL&busy_timeout=500&synchronous=NORMAL&transaction_mode=IMMEDIATE";
        try (ConfigurableApplicationContext service = Workers.service(settings(url), WebApplicationType.SERVLET)) {
            Sweeps sweeps = service.getBean(Sweeps.class);
            startWorker(url);
            String sweep = sweeps.create(grid(8)).id();
            Workers.await(() -> sweeps.sweep(sweep).count(WorkState.DONE) >= 2);
            try (Connection other = DriverManager.getConnection(file);
                    Statement statement = other.createStatement()) {
                statement.execute("begin immediate");
                String pin = "/api/v1/runs/edm2/recommended";
                HttpResponse<byte[]> refused = send(service, "PUT", pin, "{\"sigmaRel\": 0.123}");
                assertThat(refused.statusCode()).as(new String(refused.body())).isEqualTo(503);
                assertThat(send(service, "GET", "/api/v1/sweeps", "").statusCode())
                        .isEqualTo(200);
                assertThatThrownBy(() -> sweeps.create(grid(8))).isInstanceOf(CannotCreateTransactionException.class);
                HttpResponse<byte[]> page = send(service, "POST", "/sweeps/" + sweep + "/pause", "");
                assertThat(page.statusCode()).isEqualTo(503);
                assertThat(page.headers().firstValue("Retry-After")).isPresent();
                Await.whileOthersGoOn(Duration.ofSeconds(5));
                int done = sweeps.sweep(sweep).count(WorkState.DONE);
                Await.whileOthersGoOn(Duration.ofSeconds(2));
                assertThat(sweeps.sweep(sweep).count(WorkState.DONE))
                        .isEqualTo(done)
                        .isLessThan(8);
                statement.execute("rollback");
            }
            assertAllWell(sweeps, sweep, 8);
            // The driver takes a transaction that could not begin for one that did.
            for (int i = 0; i < 4; i++)
                assertAllWell(sweeps, sweeps.create(grid(8)).id(), 8);
        }
    }

    /**
     * What a service and a worker leave in the queue while their clocks are an hour ahead; the worker is then killed.
     */
    @Test
    void workFromTheFutureIsDoneNow() throws Exception {
        String url = "jdbc:sqlite:" + folder.resolve("phema.db")
                + "?journal_mode=WAL&busy_timeout=10000&synchronous=NORMAL&transaction_mode=IMMEDIATE";
        try (ConfigurableApplicationContext service = Workers.service(settings(url))) {
            Sweeps sweeps = service.getBean(Sweeps.class);
            JdbcClient jdbc = service.getBean(JdbcClient.class);
            String sweep = sweeps.create(grid(2)).id();
            Timestamp inAnHour = Timestamp.from(Instant.now().plus(Duration.ofHours(1)));
            jdbc.sql("update scheduled_tasks set execution_time = ?")
                    .param(inAnHour)
                    .update();
            jdbc.sql(
                            "update scheduled_tasks set picked = true, picked_by = 'gone', last_heartbeat = ? where task_instance = ?")
                    .params(inAnHour, sweep + "/1")
                    .update();
            jdbc.sql("update trial set state = 'RUNNING', attempt = 1, worker = 'gone' where number = 1")
                    .update();
            startWorker(url);
            assertAllWell(sweeps, sweep, 2);
            assertThat(sweeps.trials(sweep)).extracting(Trial::attempts).containsExactly(1, 2);
        }
    }
}
