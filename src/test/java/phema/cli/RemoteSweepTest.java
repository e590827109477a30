package phema.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;
import phema.evaluation.Axes;
import phema.evaluation.Axis;
import phema.fleet.WorkState;
import phema.security.Tokens;
import phema.sweep.Sweeps;
import phema.time.Await;
import tools.jackson.databind.JsonNode;

/** Sweeps on a service that wants tokens; a command evaluates. */
@DisabledOnOs(OS.WINDOWS)
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"phema.roots=src/test/resources/fixtures", "phema.catalog.settle=0s"})
class RemoteSweepTest {
    private static final String READER = Tokens.random();
    private static final String WRITER = Tokens.random();

    @TempDir
    static Path folder;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("phema.home", () -> folder.resolve("home").toString());
        registry.add("phema.security.tokens[0].name", () -> "reader");
        registry.add("phema.security.tokens[0].role", () -> "read");
        registry.add("phema.security.tokens[0].hash", () -> Tokens.hash(READER));
        registry.add("phema.security.tokens[1].name", () -> "writer");
        registry.add("phema.security.tokens[1].role", () -> "write");
        registry.add("phema.security.tokens[1].hash", () -> Tokens.hash(WRITER));
        registry.add("phema.evaluators.valley.type", () -> "command");
        registry.add("phema.evaluators.valley.command[0]", () -> "sed");
        registry.add("phema.evaluators.valley.command[1]", () -> "-n");
        // The metrics are the EMA length and the guidance themselves.
        registry.add(
                "phema.evaluators.valley.command[2]",
                () -> "s/.*\"sigmaRel\":\\([0-9.]*\\).*\"guidance\":\\([0-9.]*\\).*/{\"fid\":\\1,\"g\":\\2}/p");
        registry.add("phema.evaluators.valley.command[3]", () -> "{trial}");
        registry.add("phema.evaluators.dip.type", () -> "command");
        registry.add("phema.evaluators.dip.command[0]", () -> "awk");
        registry.add("phema.evaluators.dip.command[1]", () -> "-F\"sigmaRel\":");
        registry.add(
                "phema.evaluators.dip.command[2]",
                () -> "{d = $2 - 0.1; if (d < 0) d = -d; printf \"{\\\"fid\\\": %f}\\n\", d + 2}");
        registry.add("phema.evaluators.dip.command[3]", () -> "{trial}");
        registry.add("phema.evaluators.slow.type", () -> "command");
        registry.add("phema.evaluators.slow.command[0]", () -> "sh");
        registry.add("phema.evaluators.slow.command[1]", () -> "-c");
        registry.add(
                "phema.evaluators.slow.command[2]",
                () -> "if grep -q 0.17 {trial}; then sleep 60; fi; echo '{\"fid\": 2}'");
    }

    @LocalServerPort
    int port;

    @Autowired
    Sweeps sweeps;

    private Shell.Result sweep(String run, String token, String... more) {
        return by("valley", run, token, more);
    }

    private Shell.Result by(String evaluator, String run, String token, String... more) {
        List<String> args = new ArrayList<>(List.of("sweep", run, "--url", "http://localhost:" + port + "/"));
        args.addAll(List.of("--token", token, "--evaluator=" + evaluator));
        args.addAll(List.of(more));
        return Shell.phema(args.toArray(String[]::new));
    }

    @Test
    void runsAGridOnTheService() throws Exception {
        Path csv = folder.resolve("sweep.csv");
        Path junit = folder.resolve("sweep.xml");
        Shell.Result result = sweep(
                "edm2",
                WRITER,
                "--outstd=0.05,0.1",
                "--guidance=1,1.5",
                "--guide=safetensors@0.1,0.15@131072",
                "--seeds=0-63",
                "--seeds=64-127",
                "--gate=fid<=0.05",
                "--gate=g>=1",
                "--csv=" + csv,
                "--junit=" + junit);
        assertThat(result.fine().out())
                .startsWith("edm2: 16 trials of valley\n")
                .containsPattern("sigma_rel +guide +guidance +seeds +fid +g\n")
                .contains(
                        "best: sigma_rel 0.050 (0.050 to 0.100), guide safetensors@0.100@131072, guidance 1, fid 0.05")
                .contains(
                        "caution: it is the shortest length that was tried, and shorter ones may be better",
                        "gate fid<=0.05 is met",
                        "gate g>=1 is met")
                .contains("\nonly offered: sigma_rel 0.050, fid 0.05 (standard error 0) by valley, guidance 1.5 by"
                        + " safetensors 0.100, from ");
        assertThat(csv).content().hasLineCount(17).contains(",safetensors,0.15,131072.0,64-127,done,");
        assertThat(junit).content().contains("guide safetensors@0.150@131072, guidance 1.5, seeds 64-127\"");
    }

    @Test
    void parametersAreColumnsAndPartsOfNames() throws Exception {
        Path junit = folder.resolve("params.xml");
        Shell.Result result = sweep(
                "edm2",
                WRITER,
                "--outstd=0.06,0.07",
                "--param=steps=16,32",
                "--param=mode=fast",
                "--param=mode=exact",
                "--seeds=0-63",
                "--junit=" + junit);
        assertThat(result.fine().out())
                .startsWith("edm2: 8 trials of valley\n")
                .containsPattern("sigma_rel +param.mode +param.steps +fid +g\n")
                .contains("best: sigma_rel 0.060 (0.060 to 0.070), param.mode fast, param.steps 16, fid 0.06")
                .contains("param.mode fast, param.steps 32\n");
        assertThat(junit).content().contains("param.mode exact, param.steps 16, seeds 0-63\"");
        assertThat(sweep("edm2", WRITER, "--outstd=0.06", "--param=steps").complaint())
                .contains("'steps' is not of the form steps=16,32");
        assertThat(sweep("edm2", WRITER, "--outstd=0.06", "--param=time=1").complaint())
                .contains("time is an axis already");
    }

    @Test
    void thereIsAnOptionForEveryAxis() {
        String help = Shell.phema("sweep", "--help").fine().out();
        for (Axis<?, ?> axis : Axes.ALL)
            assertThat(help).contains(axis.names().option() + "=" + axis.names().paramLabel());
    }

    @Test
    void searches() {
        Shell.Result result = sweep("edm2", WRITER, "--outstd=0.1,0.2", "--mode=search", "--json");
        assertThat(result.status()).isZero();
        assertThat(result.err()).containsPattern("\\d+ trials, best so far sigma_rel 0\\.1\\d+, fid 0\\.1");
        JsonNode json = new tools.jackson.databind.json.JsonMapper().readTree(result.out());
        assertThat(json.at("/sweep/mode").asString()).isEqualTo("search");
        assertThat(json.at("/sweep/optimum/sigmaRel").asDouble()).isLessThan(0.103);
    }

    @Test
    void aGateThatIsNotMetIsStatusThree() {
        Shell.Result result = sweep("edm2", WRITER, "--outstd=0.05", "--gate=fid<0.05");
        assertThat(result.status()).isEqualTo(3);
        assertThat(result.err()).endsWith("phema: gate fid<0.05 is not met: fid is 0.05\n");
    }

    @Test
    void aLimitOfTrialsHoldsOnTheService() throws Exception {
        Path csv = folder.resolve("limited.csv");
        Shell.Result result =
                sweep("edm2", WRITER, "--outstd=0.051,0.052,0.053,0.054", "--max-trials=1", "--csv=" + csv);
        assertThat(result.status()).isEqualTo(4);
        assertThat(result.err()).contains("phema: the limit of 1 trials is reached, and sweep ", "; 1 of 4 trials");
        assertThat(Files.readString(csv).split(",done,")).hasSize(2);
    }

    @Test
    void aJobWhoseSweepIsReplacedSaysSo() throws Exception {
        Path csv = folder.resolve("replaced.csv");
        Path junit = folder.resolve("replaced.xml");
        try (ExecutorService jobs = Executors.newSingleThreadExecutor()) {
            Future<Shell.Result> job = jobs.submit(() -> by(
                    "slow",
                    "edm2",
                    WRITER,
                    "--outstd=0.061,0.171",
                    "--name=nightly",
                    "--csv=" + csv,
                    "--junit=" + junit));
            Await.until(() -> job.isDone()
                    || sweeps.sweeps(Optional.of("edm2")).stream()
                            .anyMatch(sweep ->
                                    sweep.name().equals(Optional.of("nightly")) && sweep.count(WorkState.DONE) == 1));
            assertThat(by("slow", "edm2", WRITER, "--outstd=0.062", "--name=nightly")
                            .status())
                    .isZero();
            Shell.Result result = job.get();
            assertThat(result.status()).isEqualTo(1);
            assertThat(result.err())
                    .containsPattern("phema: sweep \\w+ was replaced by another job, which began sweep \\w+ of the");
        }
        assertThat(csv).content().contains(",done,", ",cancelled,");
        assertThat(junit).content().contains("tests=\"3\"", "was replaced by another job");
    }

    @Test
    void gatesCompareWithWhatTheServiceFoundBefore() {
        String lengths = "--outstd=0.06,0.08,0.1,0.125,0.16";
        String[] gates = {"--gate=fid<recommended", "--gate=fid<last", "--within-noise=fail"};
        Shell.Result first = by("dip", "edm2", WRITER, lengths, "--seeds=0-9", gates[0], gates[1], "--json");
        assertThat(first.json().at("/gates/0/unjudged").asString()).endsWith("no length was recommended before");
        String id = first.json().at("/sweep/id").asString();
        for (int time = 0; time < 2; time++) {
            Shell.Result again = by("dip", "edm2", WRITER, lengths, "--seeds=10-19", gates[0], gates[1], gates[2]);
            assertThat(again.status()).isEqualTo(3);
            assertThat(again.err())
                    .contains(" of what was recommended, by sweep " + id + " of 5 EMA lengths")
                    .contains(" of sweep " + id + " of 5 EMA lengths");
        }
    }

    @Test
    void needsATokenThatMayWrite() throws Exception {
        assertThat(sweep("edm2", "", "--outstd=0.05").complaint())
                .startsWith(
                        "phema: http://localhost:" + port + " wants a token it knows, from --token or PHEMA_TOKEN: ");
        assertThat(sweep("edm2", READER, "--outstd=0.05").complaint()).contains("write");
        assertThat(Files.exists(folder.resolve("runs"))).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            edm3 --outstd=0.05                                 | No run is named edm3
            edm2 --outstd=0.5                                  | sigma_rel must lie in (0, 0.288675), not 0.5
            edm2 --outstd=0.05 --evaluator=nobody              | no evaluator is named nobody
            edm2 --outstd=0.05 --time=1                        | time 1 lies outside of the snapshots
            edm2 --outstd=0.05 --guide=none@0.1                | No run is named none
            edm2 --outstd=0.01,0.011,...,0.2 --guidance=1,1.01,...,3 | the grid has 38391 points; phema.sweep.max-points allows 10000
            edm2 --outstd=0.05 --evaluator=builtin --gate=fd_random<1 | --gate fd_random<1 names no metric of this sweep; builtin reports fid
            edm2 --outstd=0.05 --phema.roots=here              | --phema.roots=here is for the service's configuration
            """)
    void isRefusedInOneLine(String line, String complaint) {
        List<String> words = new ArrayList<>(List.of(line.split(" ")));
        String run = words.removeFirst();
        // The last evaluator given would be one too many.
        List<String> args =
                new ArrayList<>(List.of("sweep", run, "--url=http://localhost:" + port, "--token=" + WRITER));
        if (words.stream().noneMatch(word -> word.startsWith("--evaluator"))) args.add("--evaluator=valley");
        args.addAll(words);
        assertThat(Shell.phema(args.toArray(String[]::new)).complaint()).contains(complaint);
    }

    @Test
    void somethingElseThanPhemaIsNamed() {
        String address = "http://localhost:" + port + "/actuator/health?";
        assertThat(Shell.phema("sweep", "edm2", "--outstd=0.1", "--url=" + address)
                        .complaint())
                .contains("is not of the form");
        Shell.Result nobody = Shell.phema("sweep", "edm2", "--outstd=0.1", "--url=http://localhost:1");
        assertThat(nobody.status()).isEqualTo(1);
        assertThat(nobody.err()).contains("http://localhost:1 does not answer");
    }
}
