package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
import phema.catalog.Catalog;
import phema.digest.Digest;
import phema.fleet.Fleet;
import phema.fleet.WorkState;
import phema.format.Format;
import phema.profile.ProfileSpec;
import phema.solver.FilesToRead;
import phema.solver.FitOptions;
import phema.solver.SolverKind;
import phema.synthesis.Fits;
import phema.synthesis.OutputOptions;
import phema.synthesis.Syntheses;
import phema.synthesis.WeightsRequest;
import phema.tensor.DType;

/** One large output, written by several processes through one database, of which one is killed. */
@DisabledOnOs(OS.WINDOWS)
class PartsIT {
    private static final String PROFILE = "power:0.08";

    @TempDir
    private Path folder;

    private final List<Process> workers = new ArrayList<>();

    @AfterEach
    void killAll() throws InterruptedException {
        for (Process worker : workers) worker.destroyForcibly().waitFor();
    }

    @Test
    void workersShareAnOutputOnPostgresqlAndOneThatIsKilledCostsItsPart() throws Exception {
        SnapshotGenerator.uniform(Format.SAFETENSORS, 60, 120_000_000)
                .write(folder.resolve("runs/run"), 6, bytes -> {});
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start()) {
            List<String> settings = List.of(
                    "--spring.datasource.url=" + postgres.getJdbcUrl("postgres", "postgres"),
                    "--phema.home=" + folder.resolve("home"),
                    "--phema.roots=" + folder.resolve("runs"),
                    "--phema.catalog.settle=0s",
                    "--phema.syntheses.part-size=12MB",
                    "--db-scheduler.polling-interval=100ms");
            try (ConfigurableApplicationContext service = Workers.service(settings)) {
                Fleet fleet = service.getBean(Fleet.class);
                for (int i = 0; i < 3; i++)
                    workers.add(Workers.start(folder.resolve("worker-" + i + ".log"), settings));
                Workers.await(() -> fleet.size() == 3);
                SynthesisJobs jobs = service.getBean(SynthesisJobs.class);
                JdbcClient jdbc = service.getBean(JdbcClient.class);
                SynthesisJob job = jobs.create(spec());
                assertThat(job.parts()).isEqualTo(21);

                Process victim = workers.getFirst();
                Workers.await(() -> jobs.job(job.id()).partsDone() > 2
                        && !Workers.running(fleet, victim).isEmpty());
                victim.destroyForcibly().waitFor();
                List<Integer> interrupted = jdbc.sql(
                                "select number from synthesis_part where state = 'RUNNING' and worker like ?")
                        .param("%:" + victim.pid() + ":%")
                        .query((row, i) -> row.getInt(1))
                        .list();
                Workers.await(() -> jobs.job(job.id()).state().isEnd());

                assertThat(jobs.job(job.id()).state()).isEqualTo(WorkState.DONE);
                assertThat(jdbc.sql("select number from synthesis_part where attempt > 1")
                                .query(Integer.class)
                                .list())
                        .isEqualTo(interrupted);
                assertThat(jdbc.sql("select distinct worker from synthesis_part")
                                .query(String.class)
                                .list())
                        .hasSizeGreaterThanOrEqualTo(2);
                assertThat(digests(folder.resolve("home/syntheses").resolve(job.id())))
                        .isEqualTo(digests(uncut(service)))
                        .hasSize(21);
                assertThat(names(folder.resolve("home/syntheses"))).containsExactly(job.id());
            }
        }
    }

    /** 240 MB in twenty shards and their index. */
    private static SynthesisSpec spec() {
        return new SynthesisSpec(
                "run",
                List.of(new SynthesisSpec.SynthesisTarget(PROFILE, 24 << 20)),
                SolverKind.PAPER,
                FilesToRead.ALL,
                false,
                Optional.of(Format.SAFETENSORS),
                Optional.of(DType.F32),
                12_000_000,
                0);
    }

    private Path uncut(ConfigurableApplicationContext service) throws IOException {
        Path whole = Files.createDirectories(folder.resolve("whole"));
        service.getBean(Syntheses.class)
                .write(
                        service.getBean(Fits.class)
                                .prepare(
                                        service.getBean(Catalog.class).run("run"),
                                        WeightsRequest.of(
                                                ProfileSpec.parse(PROFILE, 24 << 20),
                                                FitOptions.of(SolverKind.PAPER, FilesToRead.ALL),
                                                OutputOptions.onDisk(
                                                        Optional.of(Format.SAFETENSORS),
                                                        Optional.of(DType.F32),
                                                        12_000_000))),
                        whole,
                        false,
                        bytes -> {});
        return whole;
    }

    private static Map<String, String> digests(Path files) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        for (String name : names(files))
            digests.put(
                    name,
                    Digest.sha256().add(Files.readAllBytes(files.resolve(name))).hex(64));
        return digests;
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(path -> String.valueOf(path.getFileName())).toList();
        }
    }
}
