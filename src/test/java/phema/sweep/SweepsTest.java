package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.github.kagkarlsson.scheduler.task.CompletionHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.transaction.support.TransactionTemplate;
import phema.PhemaApplication;
import phema.catalog.Catalog;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.Evaluators;
import phema.evaluation.Pictures;
import phema.evaluation.Point;
import phema.evaluation.Seeds;
import phema.fleet.Fleet;
import phema.fleet.Heartbeat;
import phema.fleet.LeftAlone;
import phema.fleet.Queue;
import phema.fleet.WorkState;
import phema.fleet.WorkerIdentity;
import phema.problem.Problem;
import phema.text.StoredJson;
import phema.time.Await;

/** Sweeps on SQLite, with this process as the only worker, on the EDM2 fixture run; commands are shell scripts. */
@DisabledOnOs(OS.WINDOWS)
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.NONE,
        properties = {"phema.catalog.settle=0s", "phema.worker.threads=2", "phema.sweep.max-points=1000"})
class SweepsTest {
    @TempDir
    static Path folder;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) throws IOException {
        registry.add("phema.roots", () -> "src/test/resources/fixtures");
        registry.add("phema.home", () -> folder.resolve("home").toString());
        // The metric of the first is the EMA length itself; all count how often they are run.
        command(registry, "length", "sed -n 's/.*\"sigmaRel\":\\([0-9.]*\\).*/{\"fid\": \\1}/p' {trial}", 0);
        command(
                registry,
                "valley",
                "awk -F'\"sigmaRel\":' '{d = $2 - 0.1; if (d < 0) d = -d; printf \"{\\\"fid\\\": %f}\\n\", d + 2}' {trial}",
                0);
        command(registry, "size", "echo \"{\\\"bytes\\\": $(wc -c < {weights})}\"", 0);
        command(registry, "broken", "echo before; echo reason >&2; exit 3", 1);
        command(registry, "useless", "exit 3", 0);
        // Prints only the metric that it is asked for.
        command(registry, "asked", "sed -n 's/.*\"metric\":\"\\([a-z]*\\)\".*/{\"\\1\": 2}/p' {trial}", 0);
        command(
                registry,
                "nan",
                "sed -n 's/.*\"sigmaRel\":0.10\\([0-9]\\).*/\\1/p' {trial} | sed \"s/1/{\\\"fid\\\": 1, \\\"kid\\\": NaN}/;"
                        + "s/2/{'kid': -inf, 'fid': 2}/;s/3/{\\\"kid\\\":-nan,\\\"fid\\\":3}/\"",
                0);
        command(registry, "huge", "echo '{\"fid\": 1e308, \"nanoseconds\": 1.7e18}'", 0);
        command(registry, "column", "echo '{\"fid\": 1, \"trial\": 2}'", 0);
        command(registry, "twice", "echo '{\"fid\": 1, \"fid\": 2}'", 0);
        command(registry, "chatty", "echo '{\"fid\": 1}'; echo done", 0);
        command(registry, "slow", "sleep 60 & echo $! > " + folder + "/pid; wait; echo '{\"fid\": 1}'", 0);
        command(registry, "held", "until test -e " + folder + "/release; do sleep 0.05; done; echo '{\"fid\": 1}'", 0);
        command(registry, "last", "until test -e " + folder + "/go; do sleep 0.05; done; echo '{\"fid\": 1}'", 0);
        command(
                registry,
                "cut",
                "echo " + Path.of("src/test/resources/fixtures/edm2/a.pkl").toAbsolutePath() + " is cut off; exit 3",
                0);
        command(registry, "places", "echo {workdir}/x {weights} {trial}; exit 3", 0);
        command(registry, "killed", "echo evaluating; kill -9 $$", 0);
        command(registry, "late", "echo evaluating; sleep 60 & echo $! > " + folder + "/late; wait", 0);
        registry.add("phema.evaluators.late.timeout", () -> "1s");
        registry.add("phema.evaluators.missing.type", () -> "command");
        registry.add("phema.evaluators.missing.command", () -> "no-such-program");
    }

    private static void command(DynamicPropertyRegistry registry, String name, String script, int retries) {
        String key = "phema.evaluators." + name;
        registry.add(key + ".type", () -> "command");
        registry.add(key + ".command[0]", () -> "sh");
        registry.add(key + ".command[1]", () -> "-c");
        registry.add(key + ".command[2]", () -> "echo run >> " + folder + "/" + name + ".runs; " + script);
        registry.add(key + ".retries", () -> retries);
    }

    @Autowired
    Sweeps sweeps;

    @Autowired
    SweepStore store;

    @Autowired
    JdbcClient jdbc;

    @Autowired
    TrialStore trials;

    @Autowired
    Recommendations recommendations;

    @Autowired
    Fleet fleet;

    @Autowired
    Suitability suitability;

    @Autowired
    EvaluationStore evaluations;

    @Autowired
    TrialPictures pictures;

    @Autowired
    Queue queue;

    @Autowired
    FoundLengthStore found;

    @Autowired
    Trainings trainings;

    @Autowired
    Catalog catalog;

    @Autowired
    Measurements measurements;

    @Autowired
    TransactionTemplate transaction;

    @Autowired
    WorkerIdentity self;

    @Autowired
    NewestSweeps newest;

    @Autowired
    ListableBeanFactory beans;

    static SweepSpec grid(String evaluator, String metric, Double... sigmaRel) {
        return new SweepSpec(
                "edm2",
                SweepSpec.SweepMode.GRID,
                AxisValues.NONE.with(Axes.LENGTH, List.of(sigmaRel)).with(Axes.SEEDS, List.of(new Seeds(0, 63))),
                evaluator,
                metric,
                phema.solver.SolverKind.BLUP,
                phema.solver.FilesToRead.FEWEST,
                0.05,
                0);
    }

    private static final Basis NONE = new Basis(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>());

    private Sweep awaitEnd(Sweep sweep) {
        Await.until(() -> sweeps.sweep(sweep.id()).state().isEnd());
        return sweeps.sweep(sweep.id());
    }

    private static long runs(String evaluator) throws IOException {
        Path file = folder.resolve(evaluator + ".runs");
        return Files.exists(file) ? Files.readAllLines(file).size() : 0;
    }

    @Test
    void findsTheBestPointOfAGrid() {
        Sweep sweep = awaitEnd(sweeps.create(grid("length", "fid", 0.15, 0.05, 0.10)));
        assertThat(sweep.state()).isEqualTo(SweepState.DONE);
        assertThat(sweeps.trials(sweep.id()))
                .extracting(trial -> trial.metrics().get("fid"))
                .containsExactly(0.15, 0.05, 0.10);
        Optimum optimum = sweep.optimum().orElseThrow();
        assertThat(optimum.metric()).isEqualTo(0.05);
        assertThat(List.of(optimum.low(), optimum.high())).containsExactly(0.05, 0.10);
        assertThat(recommendations.of("edm2").offered())
                .filteredOn(offer -> offer.found().sweep().equals(sweep.id()))
                .singleElement()
                .satisfies(offer -> assertThat(offer.reason()).contains("3 EMA lengths", "shortest length"));
    }

    @Test
    void theNewestSweepOfARunIsKnownWithItsTrials() {
        awaitEnd(sweeps.create(ofRun("checkpoints", grid("valley", "fid", 0.05, 0.10))));
        Sweep last = awaitEnd(sweeps.create(ofRun("checkpoints", grid("useless", "fid", 0.12, 0.14))));
        Map<String, SweepBrief> byRun = newest.byRun();
        assertThat(byRun.get("checkpoints")).satisfies(brief -> {
            assertThat(brief.id()).isEqualTo(last.id());
            assertThat(brief.metric()).isEqualTo("fid");
            assertThat(brief.state()).isEqualTo(SweepState.FAILED);
            assertThat(brief.trials()).isEqualTo(last.trials());
            assertThat(brief.stuck()).isFalse();
        });
        assertThat(byRun).doesNotContainKey("a run without a sweep");
        byRun.forEach((run, brief) -> assertThat(brief.id())
                .isEqualTo(sweeps.sweeps(Optional.of(run)).getFirst().id()));
    }

    @Test
    void recommendsWhatAGridFoundUntilALengthIsPinned() {
        SweepSpec grid = grid("valley", "fid", 0.06, 0.08, 0.10, 0.13);
        Sweep sweep = awaitEnd(sweeps.create(ofRun("safetensors", grid)));
        assertThat(now().sigmaRel().orElseThrow()).isBetween(0.08, 0.13);
        assertThat(now().found().orElseThrow().sweep()).isEqualTo(sweep.id());
        assertThat(now().found().orElseThrow().settings()).isPresent();
        recommendations.pin("safetensors", 0.123, Optional.empty());
        assertThat(now().sigmaRel()).contains(0.123);
        assertThat(recommendations.of("safetensors").offered())
                .singleElement()
                .satisfies(offer -> assertThat(offer.found().sweep()).isEqualTo(sweep.id()));
        long offer =
                recommendations.of("safetensors").offered().getFirst().found().id();
        recommendations.pin("safetensors", offer);
        assertThat(now().source()).isEqualTo(Recommendation.RecommendationSource.PINNED);
        assertThat(now().found().orElseThrow().id()).isEqualTo(offer);
        assertThat(recommendations.of("safetensors").offered()).isEmpty();
        recommendations.unpin("safetensors");
        assertThat(now().source()).isEqualTo(Recommendation.RecommendationSource.SWEEP);
        assertThatThrownBy(() -> recommendations.pin("edm2", offer))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no sweep of run edm2 found a length of the number " + offer);
    }

    private Recommendation now() {
        return recommendations.of("safetensors").recommended().orElseThrow();
    }

    private static SweepSpec ofRun(String run, SweepSpec spec) {
        return new SweepSpec(
                run,
                spec.mode(),
                spec.axes(),
                spec.evaluator(),
                spec.metric(),
                spec.solver(),
                spec.files(),
                spec.tolerance(),
                spec.priority());
    }

    private static SweepSpec search(double from, double to, Double... guidance) {
        SweepSpec grid = grid("valley", "fid", from, to);
        return new SweepSpec(
                grid.run(),
                SweepSpec.SweepMode.SEARCH,
                grid.axes().with(Axes.GUIDANCE, List.of(guidance)),
                grid.evaluator(),
                grid.metric(),
                grid.solver(),
                grid.files(),
                0.02,
                0);
    }

    @Test
    void searchesWithFewTrials() {
        Sweep sweep = awaitEnd(sweeps.create(search(0.02, 0.25)));
        assertThat(sweep.state()).isEqualTo(SweepState.DONE);
        assertThat(sweep.count()).isBetween(4, 12);
        // |sigmaRel - 0.1| + 2 has its minimum there; 2 % of it are 0.04.
        assertThat(sweep.optimum().orElseThrow().point().length()).isBetween(0.06, 0.14);
        Advice advice = recommendations.of("edm2");
        assertThat(Stream.concat(
                        advice.recommended().stream().flatMap(r -> r.found().stream()),
                        advice.offered().stream().map(Offer::found)))
                .extracting(FoundLength::sweep)
                .contains(sweep.id());
    }

    @Test
    void aSearchGoesOnBeyondAnEdgeUntilTheBestLiesWithin() {
        Sweep sweep = awaitEnd(sweeps.create(search(0.14, 0.25)));
        assertThat(sweep.evidence().orElseThrow().edge()).isEqualTo(Evidence.LengthEdge.SHORTEST);
        assertThat(sweeps.beyond(sweep)).containsExactly(0.127, 0.115, 0.105);
        Sweep wider = awaitEnd(sweeps.extendBeyond(sweep.id()));
        assertThat(wider.spec().lengths()).containsExactly(0.105, 0.25);
        assertThat(wider.spec().mode()).isEqualTo(SweepSpec.SweepMode.SEARCH);
        assertThat(sweeps.trials(sweep.id()))
                .extracting(trial -> trial.point().length())
                .contains(0.127, 0.115, 0.105);
        assertThat(wider.optimum().orElseThrow().point().length()).isLessThan(0.12);
        Sweep within = awaitEnd(sweeps.extendBeyond(sweep.id()));
        assertThat(within.state()).isEqualTo(SweepState.DONE);
        assertThat(within.optimum().orElseThrow().point().length()).isBetween(0.09, 0.12);
        assertThat(within.evidence().orElseThrow().edge()).isEqualTo(Evidence.LengthEdge.NONE);
        assertThatThrownBy(() -> sweeps.extendBeyond(sweep.id()))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("lies at no edge");
        assertThatThrownBy(() -> sweeps.extend(sweep.id(), sweep.spec()))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("only grids can be extended");
    }

    @Test
    void aSearchOverGuidanceGoesBeyondWithTheBestOne() {
        Sweep sweep = awaitEnd(sweeps.create(search(0.14, 0.25, 1.0, 2.0)));
        double best = sweep.optimum().orElseThrow().point().guidance();
        List<Double> beyond = sweeps.beyond(sweep);
        int before = sweep.count();
        awaitEnd(sweeps.extendBeyond(sweep.id()));
        assertThat(sweeps.trials(sweep.id()).subList(before, before + 3))
                .extracting(
                        trial -> trial.point().length(), trial -> trial.point().guidance())
                .containsExactly(tuple(beyond.get(0), best), tuple(beyond.get(1), best), tuple(beyond.get(2), best));
    }

    @Test
    void evaluatesOnlyWhatIsNew() throws IOException {
        Sweep first = awaitEnd(sweeps.create(grid("size", "bytes", 0.06, 0.07)));
        assertThat(runs("size")).isEqualTo(2);
        Sweep again = awaitEnd(sweeps.create(grid("size", "bytes", 0.06, 0.08)));
        assertThat(runs("size")).isEqualTo(3);
        assertThat(sweeps.trials(again.id())).extracting(Trial::cached).containsExactly(true, false);
        assertThat(sweeps.trials(again.id()).getFirst().metrics())
                .isEqualTo(sweeps.trials(first.id()).getFirst().metrics());
        sweeps.extend(first.id(), grid("size", "bytes", 0.07, 0.08, 0.09));
        Sweep extended = awaitEnd(first);
        assertThat(runs("size")).isEqualTo(4);
        assertThat(extended.spec().lengths()).containsExactly(0.06, 0.07, 0.08, 0.09);
        assertThat(extended.trials()).isEqualTo(Map.of(WorkState.DONE, 4));
        // Every fixture file of the run is larger than 10 KB.
        assertThat(sweeps.trials(first.id())).allMatch(t -> t.metrics().getOrDefault("bytes", 0.0) > 10_000);
    }

    /** As another version of phema, or of its JSON library, may have written it. */
    @Test
    void knowsAPointAgainHoweverItIsWritten() {
        Point point = point("0.1");
        store.insert("written", grid("length", "fid", 0.1), NONE);
        store.hold("written", SweepState.PAUSED); // or the worker takes its trials
        try {
            assertThat(trials.add("written", List.of(point), 1)).containsExactly(new TrialId("written", 0));
            jdbc.sql("update trial set point = ? where sweep = 'written'")
                    .param("{\"later\": 1, "
                            + StoredJson.write(point).substring(1).replace("0.1,", "1.0e-1, "))
                    .update();
            assertThat(trials.trial(new TrialId("written", 0)).orElseThrow().point())
                    .isEqualTo(point);
            Point other = point("0.2");
            assertThat(trials.add("written", List.of(other, point), 2)).containsExactly(new TrialId("written", 1));
        } finally {
            jdbc.sql("delete from trial where sweep = 'written'").update();
            jdbc.sql("delete from sweep where id = 'written'").update();
        }
    }

    private static Point point(String sigmaRel) {
        return StoredJson.read("""
                {"sigmaRel": %s, "time": 262144.0, "guidance": 1.0, "guide": null, "seeds": "0-63"}""".formatted(sigmaRel), Point.class);
    }

    @Test
    void keepsTheModelsOfTheSweepsLookedAtLast() {
        try {
            for (int i = 0; i <= Sweeps.KEPT; i++) {
                store.insert("kept" + i, grid("length", "fid", 0.1), NONE);
                assertThat(sweeps.fits("kept" + i)).isEmpty();
                assertThat(sweeps.kept()).isBetween(1, Sweeps.KEPT);
            }
            assertThat(sweeps.kept()).isEqualTo(Sweeps.KEPT);
        } finally {
            jdbc.sql("delete from sweep where id like 'kept%'").update();
        }
    }

    @Test
    void aWorkerIsGoneForAllWhenItSaidNothingForAsLongAsTheFleetWaits() {
        assertThat(listed(Fleet.SILENCE.minusSeconds(3))).isTrue();
        assertThat(listed(Fleet.SILENCE.plusSeconds(1))).isFalse();
    }

    private boolean listed(Duration silent) {
        String insert = "insert into worker (name, host, pid, since, seen) values ('silent', 'host', 1, 0, ?)";
        jdbc.sql(insert).param(Instant.now().minus(silent).toEpochMilli()).update();
        try {
            return fleet.workers().stream().anyMatch(worker -> worker.name().equals("silent"));
        } finally {
            jdbc.sql("delete from worker where name = 'silent'").update();
        }
    }

    @Test
    void triesFailedTrialsAgainAndTellsWhyTheyFailed() throws IOException {
        Sweep sweep = awaitEnd(sweeps.create(grid("broken", "fid", 0.1)));
        assertThat(sweep.state()).isEqualTo(SweepState.FAILED);
        assertThat(runs("broken")).isEqualTo(2);
        Trial trial = sweeps.trial(sweep.id(), 0);
        assertThat(trial.error().orElseThrow()).contains("status 3", "before", "reason");
        assertThat(sweeps.log(sweep.id(), 0)).contains("before", "reason");
        assertThat(sweeps.recentFailures(100)).contains(trial);
        assertThat(awaitEnd(sweeps.retry(sweep.id())).state()).isEqualTo(SweepState.FAILED);
        assertThat(runs("broken")).isEqualTo(4);
    }

    private String cause(Sweep sweep) {
        return FailureCause.line(sweeps.trial(sweep.id(), 0).error().orElseThrow());
    }

    @Test
    void errorsNameFilesBelowARoot() {
        Sweep sweep = awaitEnd(sweeps.create(grid("cut", "fid", 0.1)));
        assertThat(cause(sweep)).isEqualTo("edm2/a.pkl is cut off");
    }

    @Test
    void errorsLogsAndSettingsNameNoPlacesOfTheServer() throws IOException {
        Sweep sweep = awaitEnd(sweeps.create(grid("places", "fid", 0.1)));
        String home = folder.toRealPath().toString();
        assertThat(sweep.settings().toString()).contains(home);
        assertThat(sweep.shownSettings().get("command"))
                .contains("run >> places.runs;")
                .doesNotContain(home);
        assertThat(sweeps.log(sweep.id(), 0))
                .startsWith("$ sh -c echo run >> ") // of a command of the configuration, as it is
                .containsPattern("echo phema.home/trials/\\S+/x phema.home/");
        assertThat(sweeps.trial(sweep.id(), 0).error().orElseThrow())
                .containsPattern("phema.home/trials/\\S+/x phema.home/")
                .doesNotContain(home);
    }

    @Test
    void saysThatAProgramWasKilled() {
        Sweep sweep = awaitEnd(sweeps.create(grid("killed", "fid", 0.1)));
        assertThat(cause(sweep)).isEqualTo("ended with status 137: it was killed, as when memory runs out");
    }

    @Test
    void failsWhereTheLastLineIsNoMetrics() {
        Sweep sweep = awaitEnd(sweeps.create(grid("chatty", "fid", 0.1)));
        assertThat(cause(sweep))
                .startsWith("the last line of its output is not a JSON object")
                .endsWith(": done");
        sweep = awaitEnd(sweeps.create(grid("twice", "fid", 0.1)));
        assertThat(cause(sweep)).isEqualTo("the metric fid is there more than once: {\"fid\": 1, \"fid\": 2}");
        sweep = awaitEnd(sweeps.create(grid("column", "fid", 0.1)));
        assertThat(cause(sweep)).startsWith("'trial' is a column of all results, and no name of a metric: {");
        sweep = awaitEnd(sweeps.create(grid("length", "fd_dinov2", 0.11)));
        assertThat(sweeps.trial(sweep.id(), 0).error().orElseThrow())
                .contains("gave fid")
                .contains("metric fd_dinov2");
    }

    @Test
    void cancellingEndsTheCommandWithAllThatItStarted() throws IOException {
        Sweep sweep = sweeps.create(grid("slow", "fid", 0.1, 0.2, 0.15));
        Path pid = folder.resolve("pid");
        Await.until(() -> Files.exists(pid) && pid.toFile().length() > 0);
        ProcessHandle started =
                ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
        assertThat(sweeps.cancel(sweep.id()).trials()).isEqualTo(Map.of(WorkState.CANCELLED, 3));
        Await.until(() -> !started.isAlive());
        Await.until(() -> fleet.workers().stream()
                .flatMap(w -> w.running().stream())
                .noneMatch(t -> t.instance().startsWith(sweep.id())));
        assertThat(sweeps.sweep(sweep.id()).state()).isEqualTo(SweepState.CANCELLED);
        Await.until(() -> isEmpty(folder.resolve("home/trials").resolve(self.host())));
    }

    @Test
    void aTimeOutEndsTheCommandWithAllThatItStarted() throws IOException {
        Sweep sweep = awaitEnd(sweeps.create(grid("late", "fid", 0.1)));
        assertThat(cause(sweep)).startsWith("took longer than 1 s");
        long pid = Long.parseLong(Files.readString(folder.resolve("late")).strip());
        Await.until(() -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
    }

    @Test
    void addsMetricsToWhatWasEvaluatedBefore() throws IOException {
        awaitEnd(sweeps.create(grid("asked", "fid", 0.1)));
        for (int i = 0; i < 2; i++) {
            Sweep other = awaitEnd(sweeps.create(grid("asked", "kid", 0.1)));
            assertThat(sweeps.trial(other.id(), 0).metrics()).isEqualTo(Map.of("fid", 2.0, "kid", 2.0));
            assertThat(other.optimum()).isPresent();
        }
        assertThat(runs("asked")).isEqualTo(2);
    }

    @Test
    void saysThatAnEvaluatorHasGone() {
        Sweep sweep = sweeps.create(grid("slow", "fid", 0.13));
        // Before that a worker may be about to take it, having looked at the evaluator that it has until now.
        Await.until(() -> sweeps.trial(sweep.id(), 0).state() == WorkState.RUNNING);
        sweeps.cancel(sweep.id());
        store.changeSpec(sweep.id(), grid("gone", "fid", 0.13)); // as a restart with other settings would
        sweeps.retry(sweep.id());
        Await.until(() -> sweeps.sweep(sweep.id()).isStuck());
        assertThat(sweeps.sweep(sweep.id()).takers().others())
                .extracting(LeftAlone::reason)
                .singleElement()
                .asString()
                .contains("no evaluator is named gone");
        assertThat(fleet.workers().getFirst().leavesAlone())
                .extracting(LeftAlone::work)
                .contains(sweep.id());
        assertThatThrownBy(() -> sweeps.retryWithOwnSettings(sweep.id()))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no evaluator is named gone");
        assertThat(sweeps.cancel(sweep.id()).isStuck()).isFalse();
        assertThat(trials.mishaps(new TrialId(sweep.id(), 0))).isEqualTo(new TrialStore.Mishaps(0, 0));
    }

    @Test
    void namesTheMetricThatIsNoNumber() {
        for (Double length : List.of(0.101, 0.102, 0.103)) {
            Sweep sweep = awaitEnd(sweeps.create(grid("nan", "fid", length)));
            assertThat(sweeps.trial(sweep.id(), 0).error().orElseThrow())
                    .contains("the metric kid is ")
                    .contains(", which is no result: {")
                    .doesNotContain("not a JSON object");
            assertThat(cause(sweep)).startsWith("the metric kid is ");
        }
    }

    @Test
    void namesTheMetricThatNoSearchCanUse() {
        Sweep sweep = awaitEnd(sweeps.create(grid("huge", "fid", 0.104)));
        assertThat(sweeps.trial(sweep.id(), 0).error().orElseThrow())
                .contains("the metric fid is 1.0E308, which is beyond 1.0E15, the most that a search can use");
    }

    @Test
    void retryingLeavesAPauseAndResumingLeavesACancelledSweep() {
        Sweep sweep = sweeps.create(grid("slow", "fid", 0.12, 0.22));
        sweeps.pause(sweep.id());
        assertThat(sweeps.retry(sweep.id()).state()).isEqualTo(SweepState.PAUSED);
        sweeps.cancel(sweep.id());
        assertThatThrownBy(() -> sweeps.resume(sweep.id()))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("is cancelled; retry it");
    }

    @Test
    void beginsNothingWhileItIsPaused() throws IOException {
        long before = runs("length");
        Sweep sweep = sweeps.create(grid("length", "fid", 0.211, 0.212, 0.213, 0.214, 0.215, 0.216, 0.217, 0.218));
        if (sweeps.pause(sweep.id()).state() == SweepState.PAUSED) {
            Await.until(() -> sweeps.sweep(sweep.id()).count(WorkState.RUNNING) == 0);
            int queued = sweeps.sweep(sweep.id()).count(WorkState.QUEUED);
            assertThat(queued).isPositive();
            assertThat(sweeps.resume(sweep.id()).state()).isNotEqualTo(SweepState.PAUSED);
        }
        assertThat(awaitEnd(sweep).trials()).isEqualTo(Map.of(WorkState.DONE, 8));
        assertThat(runs("length") - before).isEqualTo(8);
    }

    @Test
    void goesOnWhereItIsExtendedAfterItsLastTrialEndedInAPause() throws IOException {
        Sweep sweep = sweeps.create(grid("last", "fid", 0.1));
        Await.until(() -> sweeps.sweep(sweep.id()).count(WorkState.RUNNING) == 1);
        assertThat(sweeps.pause(sweep.id()).state()).isEqualTo(SweepState.PAUSED);
        Files.createFile(folder.resolve("go"));
        assertThat(awaitEnd(sweep).state()).isEqualTo(SweepState.DONE);
        sweeps.extend(sweep.id(), grid("last", "fid", 0.2));
        assertThat(awaitEnd(sweep).trials()).isEqualTo(Map.of(WorkState.DONE, 2));
    }

    @Test
    void whatIsDeletedWhileAWorkerLooksAtItEndsQuietly() {
        Sweep sweep = sweeps.create(grid("remote:deleted@1", "fid", 0.1));
        TrialId id = new TrialId(sweep.id(), 0);
        SweepStore deleting = new SweepStore(jdbc, Clock.systemUTC()) {
            @Override
            Optional<StoredSweep> row(String asked) {
                Optional<StoredSweep> row = super.row(asked);
                sweeps.cancel(asked);
                sweeps.delete(asked);
                return row;
            }
        };
        TrialRunner runner = new TrialRunner(
                beans.getBean(Trials.class),
                deleting,
                trials,
                beans.getBean(LogStore.class),
                beans.getBean(Evaluators.class),
                suitability,
                beans.getBean(Attempts.class),
                beans.getBean(Heartbeat.class),
                self);

        assertThat(runner.run(id)).isInstanceOf(CompletionHandler.OnCompleteRemove.class);
        assertThat(beans.getBean(Trials.class).begin(id, "me", NONE)).isEmpty();
    }

    @Test
    void whatCannotBeMadeOfMetricsDoesNotCostThem() {
        Sweep sweep = sweeps.create(grid("remote:unmade@1", "fid", 0.1));
        Trials failing = new Trials(
                store,
                trials,
                evaluations,
                pictures,
                queue,
                fleet,
                new Recommendations(jdbc, found, trainings, catalog, Clock.systemUTC()) {
                    @Override
                    void sweepEnded(String id, SweepSpec spec, Optional<Basis> basis, List<Trial> ended) {
                        throw new IllegalStateException("no curve");
                    }
                },
                measurements,
                transaction);
        Trials.Begun begun = failing.begin(new TrialId(sweep.id(), 0), "me", suitability.basis(sweep.spec()))
                .orElseThrow();

        failing.done(begun, "an evaluation", Map.of("fid", 2.5), new Pictures(0), 1);

        assertThat(sweeps.sweep(sweep.id()).state()).isEqualTo(SweepState.DONE);
        assertThat(sweeps.trial(sweep.id(), 0).metrics()).isEqualTo(Map.of("fid", 2.5));
    }

    /** A worker looks a few trials per thread ahead. */
    @Test
    void trialsOfHigherPriorityGoFirst() throws IOException {
        Sweep holding = sweeps.create(grid("held", "fid", 0.101, 0.102));
        Await.until(() -> sweeps.sweep(holding.id()).count(WorkState.RUNNING) == 2);
        Double[] many = Stream.iterate(0.15, s -> s + 0.001).limit(16).toArray(Double[]::new);
        Sweep usual = sweeps.create(grid("held", "fid", many));
        Sweep urgent = sweeps.create(prior(grid("held", "fid", 0.201, 0.202, 0.203), 5));
        Files.createFile(folder.resolve("release"));
        awaitEnd(usual);
        assertThat(awaitEnd(urgent).trials()).isEqualTo(Map.of(WorkState.DONE, 3));
        for (Trial first : sweeps.trials(urgent.id()))
            assertThat(sweeps.trials(usual.id()))
                    .filteredOn(t ->
                            t.started().orElseThrow().isAfter(first.started().orElseThrow()))
                    .hasSizeGreaterThanOrEqualTo(6);
    }

    private static SweepSpec prior(SweepSpec spec, int priority) {
        return new SweepSpec(
                spec.run(),
                spec.mode(),
                spec.axes(),
                spec.evaluator(),
                spec.metric(),
                spec.solver(),
                spec.files(),
                spec.tolerance(),
                priority);
    }

    private static boolean isEmpty(Path path) {
        if (!Files.exists(path)) return true;
        try (Stream<Path> all = Files.list(path)) {
            return all.findAny().isEmpty();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void refusesWhatCannotBeRunBeforeAnythingIs() {
        int before = sweeps.count(Optional.empty());
        assertThatThrownBy(() -> sweeps.create(grid("nobody", "fid", 0.1)))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no evaluator is named nobody")
                .hasMessageContaining("length");
        assertThatThrownBy(() -> sweeps.create(grid("length", "fid")))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("grid is empty");
        assertThatThrownBy(() -> sweeps.create(grid("missing", "fid", 0.1)))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("no-such-program is not on the PATH");
        assertThatThrownBy(() -> sweeps.create(grid("length", "", 0.1)))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("metric is missing");
        assertThatThrownBy(() -> sweeps.create(grid("length", "fid", 0.3)))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("0.288675");
        Double[] many = Stream.iterate(0.01, s -> s + 1e-5).limit(1001).toArray(Double[]::new);
        assertThatThrownBy(() -> sweeps.create(grid("length", "fid", many)))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("1001 points")
                .hasMessageContaining("phema.sweep.max-points allows 1000");
        assertThat(sweeps.count(Optional.empty())).isEqualTo(before);
    }

    @Test
    void thisProcessIsInTheFleet() {
        Await.until(() -> fleet.workers().stream()
                .anyMatch(w -> w.pid() == ProcessHandle.current().pid()));
    }
}
