package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import phema.PhemaApplication;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.Guides;
import phema.evaluation.Seeds;
import phema.fleet.WorkState;
import phema.problem.Problem;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.sweep.Sweep;
import phema.sweep.SweepSpec;
import phema.sweep.Sweeps;
import phema.sweep.Trial;
import phema.time.Await;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A network is trained, then swept with what is built in; commands tell what is to come out. */
class BuiltinSweepTest {
    private static final String TINY =
            " --resolution 4 --channels 4 --channel-mult 1 --batch 256 --duration 2Ki --snapshot 1Ki";

    @TempDir
    private static Path folder = Path.of("");

    @BeforeAll
    static void train() {
        Path run = folder.resolve("run");
        assertThat(Shell.phema("train --outdir " + run + TINY).status()).isZero();
        String net = run.resolve("network-snapshot-0000002-0.050.safetensors").toString();
        Shell.phema("generate --net " + net + " --steps 2 --seeds 0-99 --outdir " + folder.resolve("images"))
                .fine();
        Shell.phema("metrics ref --data " + folder.resolve("images") + " --dest " + run.resolve("reference.npz"))
                .fine();
    }

    private static SweepSpec spec(String metric, Seeds seeds) {
        return new SweepSpec(
                "run",
                SweepSpec.SweepMode.GRID,
                AxisValues.NONE
                        .with(Axes.LENGTH, List.of(0.07))
                        .with(Axes.GUIDANCE, List.of(1.0, 1.5))
                        .with(Axes.GUIDES, List.of(new Guides("run", List.of(0.1), List.of(1024.0))))
                        .with(Axes.SEEDS, List.of(seeds)),
                "builtin",
                metric,
                SolverKind.BLUP,
                FilesToRead.FEWEST,
                0.02,
                0);
    }

    @Test
    void theBuiltinEvaluatorMeasuresWhatTheCommandMeasures() throws Exception {
        try (ConfigurableApplicationContext service = new SpringApplicationBuilder(PhemaApplication.class)
                .web(WebApplicationType.NONE)
                .run(
                        "--phema.home=" + folder.resolve("home"),
                        "--phema.roots=" + folder,
                        "--phema.catalog.settle=0s",
                        "--phema.evaluators.builtin.steps=2")) {
            Sweeps sweeps = service.getBean(Sweeps.class);
            assertThatThrownBy(() -> sweeps.create(spec("fid", new Seeds(100, 199))))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("fid needs its feature network: phema.evaluators.builtin.features.fid");
            assertThatThrownBy(() -> sweeps.create(spec("fd_random", new Seeds(0, 63))))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("0-63 make too few images");

            Sweep sweep = sweeps.create(spec("fd_random", new Seeds(100, 199)));
            Await.until(() -> sweeps.sweep(sweep.id()).state().isEnd());
            List<Trial> trials = sweeps.trials(sweep.id());
            assertThat(trials).extracting(Trial::error).containsOnly(Optional.empty());
            assertThat(trials).extracting(Trial::state).containsOnly(WorkState.DONE);
            for (Trial trial : trials)
                assertThat(trial.metrics().get("fd_random"))
                        .isCloseTo(measured(trial.point().guidance(), 2), within(1e-9));
            assertThat(sweeps.log(sweep.id(), 0)).contains("100 of 100 images");

            SweepSpec spec = spec("fd_random", new Seeds(100, 199));
            assertThatThrownBy(() -> sweeps.create(with(spec, "steps=0")))
                    .isInstanceOf(Problem.class)
                    .hasMessageContaining("params.steps must be a whole number from 1 to 9999, not 0");
            Sweep steps = sweeps.create(with(spec, "steps=3"));
            while (!sweeps.sweep(steps.id()).state().isEnd()) Thread.sleep(50);
            assertThat(sweeps.trial(steps.id(), 0).metrics().get("fd_random")).isCloseTo(measured(1, 3), within(1e-9));
        }
    }

    /** README's order: a service with the settings that it has, then a sweep with others in a second terminal. */
    @Test
    void aCommandsSweepIsEvaluatedWithTheCommandsSettingsThoughAServiceWithOthersRuns() throws Exception {
        String[] common = {"--phema.home=" + folder.resolve("shared"), "--phema.roots=" + folder};
        try (ConfigurableApplicationContext service = new SpringApplicationBuilder(PhemaApplication.class)
                .web(WebApplicationType.NONE)
                .run(common[0], common[1], "--phema.catalog.settle=0s", "--phema.evaluators.builtin.steps=32")) {
            Shell.Result result = Shell.phema(
                    "sweep",
                    "run",
                    "--outstd=0.055,0.06,0.065,0.07,0.075,0.08,0.085,0.09",
                    "--evaluator=builtin",
                    "--metric=fd_random",
                    "--seeds=100-199",
                    "--json",
                    common[0],
                    common[1],
                    "--phema.evaluators.builtin.steps=2");
            assertThat(result.status()).as(result.err()).isZero();
            JsonNode json = JsonMapper.shared().readTree(result.out());
            assertThat(json.at("/sweep/settings/steps").asString()).isEqualTo("2");
            for (JsonNode trial : json.at("/trials"))
                assertThat(trial.at("/metrics/fd_random").asDouble())
                        .isCloseTo(unguided(trial.at("/sigmaRel").asDouble(), 2), within(1e-9));
            // What it had to leave alone it would have measured otherwise.
            assertThat(Math.abs(unguided(0.07, 2) - unguided(0.07, 32))).isGreaterThan(1e-6);
        }
    }

    @Test
    void referenceStatisticsThatChangeInPlaceAreNoticedAndSoIsTheirReturn() throws Exception {
        Path reference = folder.resolve("run/reference.npz");
        byte[] before = Files.readAllBytes(reference);
        FileTime modified = Files.getLastModifiedTime(reference);
        try (ConfigurableApplicationContext service = new SpringApplicationBuilder(PhemaApplication.class)
                .web(WebApplicationType.NONE)
                .run(
                        "--phema.home=" + folder.resolve("changing"),
                        "--phema.roots=" + folder,
                        "--phema.catalog.settle=0s",
                        "--phema.evaluators.builtin.steps=2")) {
            Sweeps sweeps = service.getBean(Sweeps.class);
            SweepSpec spec = spec("fd_random", new Seeds(100, 199));
            Sweep sweep = sweeps.create(spec);
            Await.until(() -> sweeps.sweep(sweep.id()).state().isEnd());
            byte[] other = before.clone();
            other[other.length / 2] ^= 1;
            Files.write(reference, other);
            Files.setLastModifiedTime(reference, modified);
            sweeps.extend(sweep.id(), spec.with(spec.axes().with(Axes.LENGTH, List.of(0.08))));
            Await.until(() -> sweeps.sweep(sweep.id()).isStuck()
                    && !sweeps.sweep(sweep.id()).takers().others().isEmpty());
            assertThat(sweeps.sweep(sweep.id()).takers().others().getFirst().reason())
                    .startsWith("evaluator builtin differs in reference: ");
            Files.write(reference, before);
            Await.until(() -> sweeps.sweep(sweep.id()).state().isEnd());
            assertThat(sweeps.sweep(sweep.id()).trials()).isEqualTo(Map.of(WorkState.DONE, 4));
        } finally {
            Files.write(reference, before);
        }
    }

    private static double unguided(double sigmaRel, int steps) {
        return measured("--net phema:run@" + sigmaRel, steps);
    }

    private static SweepSpec with(SweepSpec spec, String params) {
        return spec.with(spec.axes().with(Axes.PARAMS, Axes.PARAMS.parse(params)));
    }

    private static double measured(double guidance, int steps) {
        return measured("--net phema:run@0.07 --gnet phema:run@0.10@1k --guidance " + guidance, steps);
    }

    private static double measured(String network, int steps) {
        Shell.Result result = Shell.phema("metrics gen --json --steps " + steps + " " + network + " --roots " + folder
                + " --ref " + folder.resolve("run/reference.npz") + " --seed 100 --num 100");
        return JsonMapper.shared().readTree(result.out()).get("fd_random").asDouble();
    }
}
