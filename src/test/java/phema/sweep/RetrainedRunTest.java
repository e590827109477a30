package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.Fixtures;
import phema.PhemaApplication;
import phema.catalog.Catalog;
import phema.evaluation.Axes;
import phema.evaluation.AxisValues;
import phema.evaluation.Seeds;
import phema.fleet.WorkState;
import phema.solver.FilesToRead;
import phema.solver.SolverKind;
import phema.time.Await;

/** A run that is trained again into a folder of the same name. */
@DisabledOnOs(OS.WINDOWS)
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"phema.catalog.settle=0s", "phema.catalog.poll=200ms"})
class RetrainedRunTest {
    private static final String LAST = "network-snapshot-0000262-0.100.safetensors";

    @TempDir
    static Path folder;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("phema.roots", () -> folder.resolve("roots").toString());
        registry.add("phema.home", () -> folder.resolve("home").toString());
        registry.add("phema.evaluators.valley.type", () -> "command");
        registry.add("phema.evaluators.valley.command[0]", () -> "sh");
        registry.add("phema.evaluators.valley.command[1]", () -> "-c");
        registry.add(
                "phema.evaluators.valley.command[2]",
                () -> "while [ -e " + hold()
                        + " ]; do sleep 0.05; done; awk -F'\"sigmaRel\":' '{d = $2 - 0.1; if (d < 0) d = -d;"
                        + " printf \"{\\\"fid\\\": %f}\\n\", d + 2}' {trial}");
    }

    @Autowired
    Sweeps sweeps;

    @Autowired
    Recommendations recommendations;

    @Autowired
    Measurements measurements;

    @Autowired
    Catalog catalog;

    @LocalServerPort
    private int port;

    private String run = "";

    @BeforeEach
    void makeRun(TestInfo test) throws IOException {
        run = test.getTestMethod().orElseThrow().getName();
        Files.createDirectories(folder.resolve("roots"));
        Fixtures.copy("safetensors", folder());
        Await.until(() -> catalog.known(run).isPresent());
        rescan(); // it may have been found while it was copied
    }

    private Path folder() {
        return folder.resolve("roots").resolve(run);
    }

    /** While it is there, evaluations wait. */
    private static Path hold() {
        return folder.resolve("hold");
    }

    private Sweep sweep(Double... sigmaRel) {
        return awaitEnd(sweeps.create(spec(sigmaRel)));
    }

    private Sweep awaitEnd(Sweep sweep) {
        Await.until(() -> sweeps.sweep(sweep.id()).state().isEnd());
        return sweeps.sweep(sweep.id());
    }

    private SweepSpec spec(Double... sigmaRel) {
        return new SweepSpec(
                run,
                SweepSpec.SweepMode.GRID,
                AxisValues.NONE.with(Axes.LENGTH, List.of(sigmaRel)).with(Axes.SEEDS, List.of(new Seeds(0, 63))),
                "valley",
                "fid",
                SolverKind.BLUP,
                FilesToRead.FEWEST,
                0.05,
                0);
    }

    /** As another training would: the same names and shapes with other numbers, and within a second if need be. */
    private void trainAgain() throws IOException {
        try (Stream<Path> files = Files.list(folder())) {
            for (Path file : files.toList()) {
                byte[] bytes = Files.readAllBytes(file);
                int data = 8
                        + (int) ByteBuffer.wrap(bytes)
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .getLong();
                for (int i = data + 1; i < bytes.length; i += 2) bytes[i] ^= (byte) 0x80; // signs of halves
                FileTime before = Files.getLastModifiedTime(file);
                Files.write(file, bytes);
                Files.setLastModifiedTime(file, FileTime.fromMillis(before.toMillis() / 1000 * 1000 + 999));
            }
        }
        rescan();
    }

    private void rescan() {
        catalog.rescan(run);
        catalog.rescan(run);
    }

    private Optional<Recommendation> recommended() {
        return recommendations.of(run).recommended();
    }

    @Test
    void aSweepOfTheNewWeightsTakesOver() throws IOException {
        Sweep old = sweep(0.06, 0.08, 0.10, 0.12, 0.14);
        assertThat(recommended().orElseThrow().cautions()).isEmpty();
        assertThat(old.cautions()).isEmpty();

        trainAgain();
        assertThat(recommended()).isEmpty();
        Offer offer = recommendations.of(run).offered().getFirst();
        assertThat(offer.reason())
                .startsWith("it was measured on other weights than this run has now (its file " + run + "/")
                .endsWith("; a sweep of this run tells what suits them");
        assertThat(offer.recommendation().cautions()).containsExactly(offer.reason());
        assertThat(sweeps.sweep(old.id()).cautions()).containsExactly(offer.reason());

        // Of fewer lengths: what rests on more is of other weights.
        Sweep fresh = sweep(0.06, 0.08, 0.10, 0.13);
        assertThat(recommended().orElseThrow().found().orElseThrow().sweep()).isEqualTo(fresh.id());
        assertThat(recommended().orElseThrow().cautions()).isEmpty();
        assertThat(fresh.cautions()).isEmpty();
        assertThat(recommendations.of(run).offered()).extracting(Offer::reason).containsExactly(offer.reason());
    }

    @Test
    void aPinIsLeftWithTheOldWeights() throws IOException {
        sweep(0.06, 0.08, 0.10, 0.12);
        recommendations.pin(run, 0.07, Optional.empty());
        trainAgain();
        Advice advice = recommendations.of(run);
        assertThat(advice.recommended()).isEmpty();
        assertThat(advice.leftPin().orElseThrow())
                .startsWith("The pin of 0.070 does not count: it was set for other weights than this run has now (")
                .endsWith("; pin what suits these, or remove the pin.");

        recommendations.pin(run, advice.offered().getFirst().found().id());
        assertThat(recommended().orElseThrow().source()).isEqualTo(Recommendation.RecommendationSource.PINNED);
        assertThat(recommended().orElseThrow().cautions())
                .singleElement()
                .asString()
                .startsWith("it was measured on other weights");
        assertThat(recommendations.of(run).leftPin()).isEmpty();
        recommendations.unpin(run);
        assertThat(recommended()).isEmpty();
    }

    @Test
    void whatIsMeasuredCountsForItsOwnWeights() throws IOException {
        Sweep old = sweep(0.06, 0.08, 0.10, 0.12);
        Optimum before = old.optimum().orElseThrow();
        measure(0.2, 9.0);
        assertThat(sweeps.trialsAndMeasured(old.id())).hasSize(5);
        Optimum with = sweeps.sweep(old.id()).optimum().orElseThrow();
        assertThat(with).isNotEqualTo(before);

        trainAgain();
        assertThat(measure(0.2, 0.5)).isEqualTo(1);
        assertThat(sweeps.sweep(old.id()).optimum()).contains(with);
        assertThat(measurements.beside(old, false))
                .extracting(ForeignMeasurement::source)
                .containsExactly("paper, of other weights");

        Sweep fresh = sweep(0.06, 0.08, 0.10, 0.12);
        assertThat(sweeps.trialsAndMeasured(fresh.id()))
                .filteredOn(Trial::isMeasured)
                .extracting(Trial::metrics)
                .containsExactly(Map.of("fid", 0.5));
    }

    @Test
    void aComparisonSaysWhichAreOfOtherWeights() throws Exception {
        Sweep old = sweep(0.06, 0.08, 0.10, 0.12);
        measure(0.2, 9.0);
        trainAgain();
        Sweep fresh = sweep(0.06, 0.08, 0.10, 0.12);
        String of = run + " " + old.id().substring(0, 6) + ", of other weights";
        assertThat(page("/compare?run=" + run))
                .contains(of, run + " " + fresh.id().substring(0, 6), run + " paper, of other weights")
                .doesNotContain(fresh.id().substring(0, 6) + ", of");
        assertThat(page("/runs/" + run + "/sweeps")).containsOnlyOnce("of weights that the run had before");
    }

    private String page(String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request, BodyHandlers.ofString()).body();
        }
    }

    private int measure(double sigmaRel, double fid) throws IOException {
        MeasurementsCsv.MeasuredBy by = new MeasurementsCsv.MeasuredBy("paper", "valley", "");
        String row = "sigmaRel,seeds,fid\n" + sigmaRel + ",0-63," + fid + "\n";
        return measurements
                .add(run, MeasurementsCsv.read(new StringReader(row), by, 9))
                .added();
    }

    @Test
    void newSnapshotsAndACopyOfTheSameFilesChangeNothing() throws IOException {
        Path later = folder.resolve(LAST);
        Files.move(folder().resolve(LAST), later);
        rescan();
        sweep(0.06, 0.08, 0.10, 0.12);
        Recommendation found = recommended().orElseThrow();
        Files.move(later, folder().resolve(LAST));
        Files.delete(folder().resolve("network-snapshot-0000016-0.050.safetensors"));
        rescan();
        assertThat(recommended()).contains(found);

        try (Stream<Path> files = Files.list(folder())) {
            for (Path file : files.toList()) Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000_000_000L));
        }
        rescan();
        assertThat(recommended()).contains(found);
    }

    @Test
    void aRunOfOtherFilesIsAnother() throws IOException {
        sweep(0.06, 0.08, 0.10, 0.12);
        Files.move(folder(), folder.resolve("away"));
        rescan(folder());
        assertThat(recommended()).isPresent(); // nothing can be told
        Fixtures.copy("edm2", folder());
        Await.until(() -> catalog.known(run).isPresent());
        assertThat(recommended()).isEmpty();
        assertThat(recommendations.of(run).offered().getFirst().reason())
                .contains("(none of the files of then is there)");
    }

    /** Leaves the shorter averages of the first time and of the last. */
    private void thin() throws IOException {
        try (Stream<Path> files = Files.list(folder())) {
            for (Path file : files.toList())
                if (!file.toString().matches(".*-0000(016|262)-0[.]050.*")) Files.delete(file);
        }
        rescan();
    }

    @Test
    void trialsAfterFilesWereDeletedSaySo() throws Exception {
        Files.createFile(hold());
        Sweep sweep = sweeps.create(spec(0.06, 0.10, 0.12, 0.14, 0.16));
        Await.until(() -> sweeps.sweep(sweep.id()).count(WorkState.RUNNING) == 1
                && sweeps.trial(sweep.id(), 0).weights().isPresent());
        thin();
        Files.delete(hold());
        assertThat(awaitEnd(sweep).cautions())
                .singleElement()
                .asString()
                .startsWith("4 of 5 evaluations are of worse weights than its sweep was made for: 30 of the 32 files"
                        + " noted then had been deleted, and the predicted error of the worst is ");
        assertThat(recommended()).isEmpty();
        List<Trial> trials = sweeps.trials(sweep.id());
        assertThat(trials.getFirst().weights().orElseThrow().caution()).isEmpty();
        assertThat(trials.getFirst().weights().orElseThrow().predictedError().orElseThrow())
                .isBetween(1e-6, TrialWeights.LARGE);
        assertThat(trials.subList(1, 5))
                .allSatisfy(trial -> assertThat(
                                trial.weights().orElseThrow().caution().orElseThrow())
                        .startsWith("30 of the 32 files noted when its sweep was made were gone, and the"
                                + " predicted error of its weights is "));
        assertThat(page("/api/v1/sweeps/" + sweep.id() + "/trials"))
                .contains("\"predictedError\":", "\"caution\":\"30 of the 32 files");
    }

    @Test
    void aNamedSweepBeginsAnewWhereItsWeightsCannotBeHadAnyMore() throws IOException {
        Optional<String> nightly = Optional.of("nightly");
        Sweep sweep = awaitEnd(sweeps.create(spec(0.06, 0.08, 0.10, 0.12), nightly));
        Files.delete(folder().resolve("network-snapshot-0000016-0.050.safetensors"));
        rescan();
        assertThat(sweeps.create(spec(0.06, 0.08, 0.10, 0.12), nightly).id()).isEqualTo(sweep.id());
        thin();
        assertThat(awaitEnd(sweeps.create(spec(0.06, 0.08, 0.10, 0.12), nightly))
                        .id())
                .isNotEqualTo(sweep.id());
    }

    private void rescan(Path gone) {
        Await.until(() -> catalog.known(String.valueOf(gone.getFileName())).isEmpty());
    }
}
