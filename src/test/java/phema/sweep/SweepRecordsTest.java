package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.fleet.WorkState;
import phema.problem.Problem;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.time.Await;

/** Sweeps that are found again by name, and sweeps that are deleted. */
@DisabledOnOs(OS.WINDOWS)
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.NONE,
        properties = "phema.catalog.settle=0s")
class SweepRecordsTest {
    @TempDir
    static Path folder;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("phema.roots", () -> "src/test/resources/fixtures");
        registry.add("phema.home", () -> folder.resolve("home").toString());
        command(
                registry,
                "valley",
                "awk -F'\"sigmaRel\":' '{d = $2 - 0.1; if (d < 0) d = -d; printf \"{\\\"fid\\\": %f}\\n\", d + 2}' {trial}");
        command(registry, "length", "sed -n 's/.*\"sigmaRel\":\\([0-9.]*\\).*/{\"fid\": \\1}/p' {trial}");
        command(registry, "slow", "sleep 60; echo '{\"fid\": 1}'");
    }

    private static void command(DynamicPropertyRegistry registry, String name, String script) {
        String key = "phema.evaluators." + name;
        registry.add(key + ".type", () -> "command");
        registry.add(key + ".command[0]", () -> "sh");
        registry.add(key + ".command[1]", () -> "-c");
        registry.add(key + ".command[2]", () -> "echo run >> " + folder + "/" + name + ".runs; " + script);
    }

    @Autowired
    Sweeps sweeps;

    @Autowired
    SweepRecords records;

    @Autowired
    Recommendations recommendations;

    @Autowired
    JdbcClient jdbc;

    private static SweepSpec grid(String evaluator, String metric, Double... sigmaRel) {
        return ofRun("edm2", evaluator, metric, sigmaRel);
    }

    private static SweepSpec ofRun(String run, String evaluator, String metric, Double... sigmaRel) {
        return new SweepSpec(
                run,
                SweepSpec.SweepMode.GRID,
                AxisValues.NONE.with(Axes.LENGTH, List.of(sigmaRel)),
                evaluator,
                metric,
                SolverKind.BLUP,
                FilesToRead.FEWEST,
                0.05,
                0);
    }

    private Sweep awaitEnd(Sweep sweep) {
        Await.until(() -> sweeps.sweep(sweep.id()).state().isEnd());
        return sweeps.sweep(sweep.id());
    }

    private static long runs(String evaluator) throws IOException {
        Path file = folder.resolve(evaluator + ".runs");
        return Files.exists(file) ? Files.readAllLines(file).size() : 0;
    }

    @Test
    void aSweepOfTheSameNameGoesOnOrIsReplaced() throws IOException {
        SweepSpec grid = ofRun("safetensors", "valley", "fid", 0.06, 0.08, 0.10, 0.13);
        Optional<String> name = Optional.of("nightly");
        Sweep first = awaitEnd(sweeps.create(grid, name));
        assertThat(first.name()).isEqualTo(name);
        long before = runs("valley");
        assertThat(sweeps.create(grid.withPriority(3), name).id()).isEqualTo(first.id());
        assertThat(sweeps.create(grid, Optional.of("other")).id()).isNotEqualTo(first.id());

        int count = sweeps.count(Optional.of("safetensors"));
        Recommendation found = recommendations.of("safetensors").recommended().orElseThrow();
        Sweep next = sweeps.create(ofRun("safetensors", "valley", "fid", 0.06, 0.08), name);
        assertThat(next.id()).isNotEqualTo(first.id());
        assertThat(sweeps.count(Optional.of("safetensors"))).isEqualTo(count);
        Sweep replaced = sweeps.sweep(first.id());
        assertThat(replaced.name()).isEmpty();
        assertThat(replaced.description().archived()).isTrue();
        assertThat(replaced.job().replacedBy()).contains(next.id());
        assertThat(recommendations.of("safetensors").recommended().orElseThrow().profile())
                .isEqualTo(found.profile());
        assertThat(sweeps.named("safetensors", "nightly")).contains(next.id());
        awaitEnd(next);
        assertThat(runs("valley")).isEqualTo(before);

        assertThatThrownBy(() -> sweeps.create(grid, Optional.of("a b")))
                .hasMessage("name must be 1 to 100 letters, digits, dots, dashes and underscores, not a b");
    }

    /** Gates look at the latest of those that were replaced and had come to their end. */
    @Test
    void ofThoseThatWereReplacedTheLastResultIsKept() {
        Optional<String> name = Optional.of("chain");
        Sweep first = awaitEnd(sweeps.create(grid("length", "fid", 0.0531), name));
        Sweep second = awaitEnd(sweeps.create(grid("length", "fid", 0.0532), name));
        assertThat(sweeps.sweep(first.id()).job().replacedBy()).contains(second.id());
        Sweep cancelled = sweeps.create(grid("slow", "fid", 0.0533), name);
        assertThatThrownBy(() -> sweeps.sweep(first.id())).isInstanceOf(Problem.class);
        Sweep third = awaitEnd(sweeps.create(grid("length", "fid", 0.0534), name));
        assertThat(sweeps.sweep(second.id()).job().replacedBy()).contains(third.id());
        assertThat(sweeps.sweep(cancelled.id()).state()).isEqualTo(SweepState.CANCELLED);
        sweeps.delete(third.id());
        assertThatThrownBy(() -> sweeps.sweep(second.id())).isInstanceOf(Problem.class);
    }

    @Test
    void aLimitOfTrialsIsThatOfTheJobAndHoldsExactly() throws IOException {
        SweepSpec grid = grid("length", "fid", 0.0541, 0.0542, 0.0543, 0.0544);
        DescriptionChange named = DescriptionChange.named(Optional.of("limited"));
        long before = runs("length");
        Sweep sweep = awaitEnd(sweeps.create(grid, named, Optional.of(1)));
        assertThat(sweep.state()).isEqualTo(SweepState.CANCELLED);
        assertThat(sweep.job().trialsLeft()).contains(0);
        assertThat(sweep.count(WorkState.DONE)).isEqualTo(1);
        assertThat(runs("length") - before).isEqualTo(1);

        Sweep again = awaitEnd(sweeps.create(grid, named, Optional.of(2)));
        assertThat(again.id()).isEqualTo(sweep.id());
        assertThat(again.count(WorkState.DONE)).isEqualTo(3);
        // Whoever retries it means all of it.
        assertThat(awaitEnd(sweeps.retry(again.id())).state()).isEqualTo(SweepState.DONE);
        assertThat(runs("length") - before).isEqualTo(4);
        // What is known costs nothing, and the last that is allowed may be the last.
        Sweep more = awaitEnd(
                sweeps.create(grid("length", "fid", 0.0541, 0.0542, 0.0545), DescriptionChange.NONE, Optional.of(1)));
        assertThat(more.state()).isEqualTo(SweepState.DONE);
        assertThatThrownBy(() -> sweeps.create(grid, named, Optional.of(0)))
                .hasMessage("maxTrials must be at least 1, not 0");
    }

    @Test
    void whatWasCancelledGoesOnByItsName() {
        SweepSpec grid = grid("slow", "fid", 0.11, 0.12);
        Optional<String> name = Optional.of("interrupted");
        Sweep sweep = sweeps.create(grid, name);
        assertThat(sweeps.cancel(sweep.id()).state()).isEqualTo(SweepState.CANCELLED);
        Sweep again = sweeps.create(grid, name);
        assertThat(again.id()).isEqualTo(sweep.id());
        assertThat(again.state()).isIn(SweepState.QUEUED, SweepState.RUNNING);
        assertThatThrownBy(() -> sweeps.delete(sweep.id())).hasMessageContaining("cancel it before it is deleted");
        // One that runs is ended when it is replaced, and its worker does no harm.
        Await.until(() -> sweeps.sweep(sweep.id()).state() == SweepState.RUNNING);
        Sweep other = awaitEnd(sweeps.create(grid("length", "fid", 0.11), name));
        assertThat(other.state()).isEqualTo(SweepState.DONE);
    }

    @Test
    void aDeletedSweepLeavesOnlyEvaluations() throws IOException {
        SweepSpec grid = grid("length", "fid", 0.0512, 0.0513, 0.0514, 0.0515);
        Sweep sweep = awaitEnd(sweeps.create(grid));
        long before = runs("length");
        sweeps.delete(sweep.id());
        for (String table : List.of("trial", "trial_log", "found_length"))
            assertThat(jdbc.sql("select count(*) from " + table + " where sweep = ?")
                            .param(sweep.id())
                            .query(Integer.class)
                            .single())
                    .isZero();
        assertThatThrownBy(() -> sweeps.delete(sweep.id())).isInstanceOf(Problem.class);
        awaitEnd(sweeps.create(grid));
        assertThat(runs("length")).isEqualTo(before);
    }

    @Test
    void sweepsAreKeptForAsLongAsIsSaid() {
        Sweep sweep = awaitEnd(sweeps.create(grid("length", "fid", 0.0712)));
        Sweep best = awaitEnd(sweeps.create(ofRun("safetensors", "valley", "fid", 0.06, 0.08, 0.10, 0.13)));
        records.deleteExpired(Duration.ofHours(1));
        assertThat(sweeps.sweep(sweep.id()).name()).isEmpty();
        records.deleteExpired(Duration.ofMillis(-1));
        assertThatThrownBy(() -> sweeps.sweep(sweep.id())).isInstanceOf(Problem.class);
        assertThat(sweeps.sweep(best.id()).state()).isEqualTo(SweepState.DONE);
    }
}
