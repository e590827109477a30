package phema.bulk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
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
import phema.fleet.WorkState;
import phema.format.Format;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.time.Await;

/** Syntheses of 40 MB a file, with this process as the only worker. */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.NONE,
        properties = "phema.catalog.settle=0s")
class SynthesisJobsTest {
    @TempDir
    static Path folder;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) throws IOException {
        SnapshotGenerator.uniform(Format.SAFETENSORS, 4, 20_000_000)
                .write(folder.resolve("runs/large"), 2, bytes -> {});
        for (int step = 1; step <= 3; step++)
            Fixtures.copy("clusters/torchtitan-2-ranks", folder.resolve("runs/titan/step-" + 50 * step), 50 * step);
        registry.add("phema.roots", () -> folder.resolve("runs").toString());
        registry.add("phema.home", () -> folder.resolve("home").toString());
    }

    @Autowired
    SynthesisJobs syntheses;

    @Autowired
    SynthesisRunner runner;

    @Autowired
    JdbcClient jdbc;

    private static boolean isEmpty(Path path) {
        if (!Files.exists(path)) return true;
        try (Stream<Path> all = Files.list(path)) {
            return all.findAny().isEmpty();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SynthesisSpec synthesis(int targets) {
        return TestSyntheses.wide(
                "large",
                Stream.iterate(0.05, s -> s + 0.001)
                        .limit(targets)
                        .map(s -> new SynthesisSpec.SynthesisTarget("power:" + Math.round(s * 1000) / 1000.0, 8 << 20))
                        .toList(),
                100);
    }

    /** The last of its workers dies between publishing the files and saying so. */
    @Test
    void aSynthesisThatIsGivenUpLeavesNothing() {
        SynthesisJob job = syntheses.create(synthesis(1));
        Await.until(() -> syntheses.job(job.id()).state() == WorkState.DONE);
        Path files = folder.resolve("home/syntheses/" + job.id());
        assertThat(files).isNotEmptyDirectory();
        jdbc.sql("update synthesis set state = 'RUNNING' where id = ?")
                .param(job.id())
                .update();
        jdbc.sql("update synthesis_part set state = 'RUNNING', deaths = 3 where synthesis = ?")
                .param(job.id())
                .update();
        runner.run(job.id() + "/0");
        assertThat(syntheses.job(job.id()).error()).hasValue("every worker that ran it died, 4 times");
        assertThat(files).doesNotExist();
        syntheses.delete(job.id());
    }

    /** Its checkpoints are folders, and so is what is made of them. */
    @Test
    void aSynthesisOfARunOfAClusterIsAFolder() throws IOException {
        SynthesisJob job = syntheses.create(new SynthesisSpec(
                "titan",
                Stream.of("power:0.1", "power:0.2")
                        .map(profile -> new SynthesisSpec.SynthesisTarget(profile, 150))
                        .toList(),
                SolverKind.BLUP,
                FilesToRead.ALL,
                false,
                Optional.empty(),
                Optional.empty(),
                Long.MAX_VALUE,
                100));
        Await.until(() -> syntheses.job(job.id()).state() == WorkState.DONE);
        Path files = folder.resolve("home/syntheses/" + job.id());
        for (String name : List.of("phema-150-0.100", "phema-150-0.200")) {
            WeightFile written = WeightFiles.read(files.resolve(name + "/.metadata"));
            assertThat(written.tensors()).hasSize(24);
            assertThat(written.metadata()).containsEntry("train_state.step", "150");
        }
        syntheses.delete(job.id());
    }

    @Test
    void aSynthesisThatIsCalledOffLeavesNothing() {
        SynthesisJob job = syntheses.create(synthesis(40));
        Await.until(() -> syntheses.job(job.id()).bytes() > 0);
        assertThat(syntheses.job(job.id()).totalBytes()).isGreaterThan(40 * 40_000_000L);
        syntheses.delete(job.id());
        Await.until(() -> isEmpty(folder.resolve("home/syntheses")));
        assertThatThrownBy(() -> syntheses.job(job.id())).isInstanceOf(Problem.class);
    }
}
