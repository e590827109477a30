package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/** Jobs that start a sweep of the same name at the same moment: all have one, whichever the database. */
class NamedSweepsIT {
    private static final int JOBS = 6;
    private static final int ROUNDS = 10;

    @TempDir
    private Path folder;

    @Test
    void onSqlite() throws Exception {
        assertOneOfEachName("jdbc:sqlite:" + folder.resolve("phema.db")
                + "?journal_mode=WAL&busy_timeout=10000&synchronous=NORMAL&transaction_mode=IMMEDIATE");
    }

    @Test
    void onPostgresql() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start()) {
            assertOneOfEachName(postgres.getJdbcUrl("postgres", "postgres"));
        }
    }

    private void assertOneOfEachName(String url) throws Exception {
        List<String> settings = List.of(
                "--spring.datasource.url=" + url,
                "--phema.home=" + folder.resolve("home"),
                "--phema.roots=src/test/resources/fixtures/edm2",
                "--phema.catalog.settle=0s",
                "--phema.evaluators.script.type=command",
                "--phema.evaluators.script.command[0]=true");
        try (ConfigurableApplicationContext service = Workers.service(settings)) {
            Sweeps sweeps = service.getBean(Sweeps.class);
            for (int round = 0; round < ROUNDS; round++) {
                Optional<String> same = Optional.of("same" + round);
                List<Sweep> one = atOnce(job -> sweeps.create(SweepsTest.grid("script", "fid", 0.1), same));
                assertThat(one)
                        .extracting(Sweep::id)
                        .containsOnly(one.getFirst().id());
                Optional<String> other = Optional.of("other" + round);
                List<Sweep> each =
                        atOnce(job -> sweeps.create(SweepsTest.grid("script", "fid", 0.1 + job / 100.0), other));
                assertThat(each)
                        .extracting(Sweep::id)
                        .doesNotHaveDuplicates()
                        .contains(sweeps.named("edm2", other.get()).orElseThrow());
            }
            assertThat(sweeps.count(Optional.of("edm2"))).isEqualTo(2 * ROUNDS);
        }
    }

    private static List<Sweep> atOnce(IntFunction<Sweep> job) throws Exception {
        CyclicBarrier all = new CyclicBarrier(JOBS);
        try (ExecutorService jobs = Executors.newFixedThreadPool(JOBS)) {
            List<Future<Sweep>> begun = IntStream.range(0, JOBS)
                    .mapToObj(i -> jobs.submit(() -> {
                        all.await();
                        return job.apply(i);
                    }))
                    .toList();
            List<Sweep> ended = new ArrayList<>();
            for (Future<Sweep> future : begun) ended.add(future.get());
            return ended;
        }
    }
}
