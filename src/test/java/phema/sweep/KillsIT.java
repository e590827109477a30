package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.simple.JdbcClient;
import phema.bench.SnapshotGenerator;
import phema.bulk.SynthesisJob;
import phema.bulk.SynthesisJobs;
import phema.bulk.SynthesisSpec;
import phema.bulk.TestSyntheses;
import phema.fleet.WorkState;
import phema.format.Format;

/** Kills worker processes, again and again, while each writes several bulk syntheses. */
@DisabledOnOs(OS.WINDOWS)
class KillsIT {
    /** Half-written syntheses that a kill leaves, in all. */
    private static final int INTERRUPTED = 50;

    /** A process takes seconds to start, so few do, and one kill meets several syntheses, each somewhere else. */
    private static final int WORKERS = 3;

    private static final int SYNTHESES_OF_A_WORKER = 3;
    private static final Random RANDOM = new Random(20_261_125);

    @TempDir
    private Path folder;

    private final List<Process> workers = new ArrayList<>();
    private int started;

    @AfterEach
    void killAll() throws InterruptedException {
        for (Process worker : workers) worker.destroyForcibly().waitFor();
    }

    private List<String> settings() {
        return List.of(
                "--spring.datasource.url=jdbc:sqlite:" + folder.resolve("phema.db")
                        + "?journal_mode=WAL&busy_timeout=10000&synchronous=NORMAL&transaction_mode=IMMEDIATE",
                "--phema.home=" + folder.resolve("home"),
                "--phema.roots=" + folder.resolve("runs"),
                "--phema.catalog.settle=0s",
                "--phema.worker.threads=" + SYNTHESES_OF_A_WORKER,
                "--db-scheduler.polling-interval=100ms",
                "--db-scheduler.heartbeat-interval=500ms");
    }

    private Process start() throws IOException {
        return Workers.start(folder.resolve("worker-" + started++ + ".log"), settings());
    }

    /** Eight files of 8 MB. */
    private static SynthesisSpec spec() {
        return TestSyntheses.wide(
                "run",
                Stream.iterate(5, n -> n + 1)
                        .limit(8)
                        .map(n -> new SynthesisSpec.SynthesisTarget("power:0.%02d".formatted(n), 8 << 20))
                        .toList(),
                0);
    }

    @Test
    void fiftyInterruptedSynthesesLeaveOnlyCompleteFilesAndLoseNoJob() throws Exception {
        SnapshotGenerator.uniform(Format.SAFETENSORS, 4, 4_000_000).write(folder.resolve("runs/run"), 2, bytes -> {});
        Path syntheses = folder.resolve("home/syntheses");
        try (ConfigurableApplicationContext service = Workers.service(settings())) {
            SynthesisJobs jobs = service.getBean(SynthesisJobs.class);
            JdbcClient jdbc = service.getBean(JdbcClient.class);
            for (int i = 0; i < WORKERS; i++) workers.add(start());
            // What nobody disturbs is what all others must be.
            String undisturbed = jobs.create(spec()).id();
            Workers.await(() -> jobs.job(undisturbed).state() == WorkState.DONE);
            Map<String, String> expected = digests(syntheses.resolve(undisturbed));
            assertThat(expected).hasSize(8);
            jobs.delete(undisturbed);

            int created = 0;
            int kills = 0;
            int interrupted = 0;
            Ends ends = new Ends(0, 0);
            while (interrupted < INTERRUPTED) {
                ends = ends.and(collect(jobs, syntheses, expected)); // all may be done before one was seen under way
                for (; jobs.jobs().size() < (WORKERS + 1) * SYNTHESES_OF_A_WORKER; created++) jobs.create(spec());
                Thread.sleep(RANDOM.nextInt(200));
                List<Process> busy = workers.stream()
                        .filter(w -> halfWritten(jobs, syntheses, w) > 0)
                        .toList();
                if (busy.isEmpty()) continue;
                Process victim = busy.get(RANDOM.nextInt(busy.size()));
                victim.destroyForcibly().waitFor();
                kills++;
                interrupted += halfWritten(jobs, syntheses, victim);
                workers.set(workers.indexOf(victim), start());
            }
            Workers.await(() -> jobs.jobs().stream().allMatch(job -> job.state().isEnd()));
            ends = ends.and(collect(jobs, syntheses, expected));

            System.out.printf(
                    "%d kills left %d syntheses half-written: of %d jobs %d done, %d given up after four deaths%n",
                    kills, interrupted, created, ends.done, ends.givenUp);
            assertThat(ends.done + ends.givenUp).isEqualTo(created);
            // How many a slow machine gets through between kills is nothing to rely on.
            assertThat(ends.done).isPositive();
            assertThat(names(syntheses)).isEmpty();
            assertThat(jdbc.sql("select count(*) from scheduled_tasks")
                            .query(Integer.class)
                            .single())
                    .isZero();
            assertThat(jdbc.sql("pragma integrity_check").query(String.class).single())
                    .isEqualTo("ok");
        }
    }

    /** How many syntheses a worker has begun to write and not ended. */
    private static int halfWritten(SynthesisJobs jobs, Path syntheses, Process worker) {
        return (int) jobs.jobs().stream()
                .filter(job -> job.state() == WorkState.RUNNING)
                .filter(job -> job.worker().orElse("").contains(":" + worker.pid() + ":"))
                .filter(job -> hasBegunToWrite(syntheses, job.id()))
                .count();
    }

    private record Ends(int done, int givenUp) {
        Ends and(Ends more) {
            return new Ends(done + more.done, givenUp + more.givenUp);
        }
    }

    /** Looks at all that can be seen, and deletes what has ended. */
    private static Ends collect(SynthesisJobs jobs, Path syntheses, Map<String, String> expected) throws IOException {
        int done = 0;
        int givenUp = 0;
        for (SynthesisJob job : jobs.jobs()) {
            Path files = syntheses.resolve(job.id());
            if (Files.exists(files)) assertThat(digests(files)).isEqualTo(expected);
            if (!job.state().isEnd()) continue;
            if (job.state() == WorkState.DONE) {
                assertThat(files).exists();
                done++;
            } else {
                assertThat(job.error()).hasValue("every worker that ran it died, 4 times");
                assertThat(files).doesNotExist();
                givenUp++;
            }
            jobs.delete(job.id());
        }
        return new Ends(done, givenUp);
    }

    private static Map<String, String> digests(Path files) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        for (String name : names(files)) {
            try {
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(files.resolve(name)));
                digests.put(name, HexFormat.of().formatHex(digest));
            } catch (NoSuchAlgorithmException e) {
                throw new AssertionError(e);
            }
        }
        return digests;
    }

    private static boolean hasBegunToWrite(Path syntheses, String id) {
        try {
            for (String name : names(syntheses))
                if (name.startsWith("." + id + "-")
                        && !names(syntheses.resolve(name)).isEmpty()) return true;
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> names(Path folder) throws IOException {
        String[] names = folder.toFile().list();
        if (names == null) return List.of();
        Arrays.sort(names);
        return List.of(names);
    }
}
