package phema.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;
import phema.TestImages;
import phema.catalog.Catalog;
import phema.evaluation.Picture;
import phema.evaluation.Point;
import phema.sweep.CarriedFile.CarriedImage;
import phema.sweep.CarriedFile.CarriedTrial;
import phema.text.StoredJson;
import phema.time.Await;

/** A sweep that lies beside a run's snapshots, and files that say they were one. */
@DisabledOnOs(OS.WINDOWS)
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.NONE,
        properties = {"phema.catalog.settle=0s", "phema.samples=2"})
class CarriedSweepsTest {
    private static final Path FIXTURES = Path.of("src/test/resources/fixtures/safetensors");

    @TempDir
    static Path folder;

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("phema.roots", () -> folder.resolve("roots").toString());
        registry.add("phema.home", () -> folder.resolve("home").toString());
        String key = "phema.evaluators.length";
        registry.add(key + ".type", () -> "command");
        registry.add(key + ".command[0]", () -> "sh");
        registry.add(key + ".command[1]", () -> "-c");
        registry.add(key + ".command[2]", () -> "sed -n 's/.*\"sigmaRel\":\\([0-9.]*\\).*/{\"fid\": \\1}/p' {trial}");
    }

    @BeforeAll
    static void copyARun() throws IOException {
        Path run = Files.createDirectories(folder.resolve("roots/run"));
        try (Stream<Path> files = Files.list(FIXTURES)) {
            for (Path file : files.filter(Files::isRegularFile).toList())
                Files.copy(file, run.resolve(file.getFileName()));
        }
    }

    @Autowired
    Catalog catalog;

    @Autowired
    CarriedSweeps carried;

    @Autowired
    Sweeps sweeps;

    @Autowired
    Measurements measurements;

    @Autowired
    Recommendations recommendations;

    private static Path file() {
        return folder.resolve("roots/run").resolve(CarriedFile.NAME);
    }

    @AfterEach
    void remove() throws IOException {
        Files.deleteIfExists(file());
    }

    private static SweepSpec grid(Double... lengths) {
        return SweepsTest.grid("length", "fid", lengths);
    }

    private static SweepSpec ofRun(Double... lengths) {
        SweepSpec spec = grid(lengths);
        return new SweepSpec(
                "run",
                spec.mode(),
                spec.axes(),
                spec.evaluator(),
                spec.metrics(),
                spec.solver(),
                spec.files(),
                spec.tolerance(),
                0);
    }

    private static CarriedTrial trial(double length, double fid, CarriedImage... images) {
        Point point = StoredJson.read(
                "{\"sigmaRel\":" + length + ",\"time\":262144.0,\"guidance\":1.0,\"guide\":null,\"seeds\":\"0-63\"}",
                Point.class);
        return new CarriedTrial(point, new TreeMap<>(Map.of("fid", fid)), List.of(images));
    }

    private CarriedSweeps.Carried read(String text) throws IOException {
        Files.writeString(file(), text);
        return carried.of(catalog.run("run"));
    }

    @Test
    void whatIsCarriedIsShownAndCountsNowhere() throws Exception {
        byte[] good = TestImages.of(300, 300, "png", Color.RED);
        List<CarriedTrial> trials = List.of(
                trial(0.06, 2.4),
                trial(
                        0.08,
                        2.1,
                        new CarriedImage("3", good),
                        new CarriedImage("4", TestImages.hugePng(2000, 2000)),
                        new CarriedImage("5", good)),
                trial(0.1, 2.2),
                trial(0.13, 2.9));
        CarriedSweeps.Carried found = read(CarriedFile.json(grid(0.06, 0.08, 0.1, 0.13), trials));
        assertThat(found.problem()).isEmpty();
        CarriedSweep sweep = found.sweeps().getFirst();
        assertThat(sweep.sweep().spec().run()).isEqualTo("run");
        assertThat(sweep.sweep().optimum().orElseThrow().point().length()).isBetween(0.07, 0.1);
        List<Picture> pictures = Objects.requireNonNull(sweep.pictures().get(1));
        assertThat(pictures).hasSize(2); // phema.samples
        assertThat(pictures.getFirst().name()).isEqualTo("000003");
        assertThat(pictures.getFirst().media()).isEqualTo("image/jpeg"); // made anew
        assertThat(pictures.getLast().problem())
                .isEqualTo("4: has 2,000 x 2,000 pixels; an image may have 1,048,576 in all");
        assertThat(carried.of(catalog.run("run"))).isSameAs(found);

        Sweep own = sweeps.create(ofRun(0.05, 0.07));
        Await.until(() -> sweeps.sweep(own.id()).state().isEnd());
        assertThat(measurements.beside(own, false))
                .hasSize(4)
                .allSatisfy(each -> assertThat(each.source()).isEqualTo("sweeps.json"));
        assertThat(measurements.beside(own, true)).isEmpty();
        assertThat(sweeps.trialsAndMeasured(own.id())).hasSize(2);
        assertThat(measurements.of("run")).isEmpty();
        assertThat(recommendations.of("run").recommended()).isEmpty();
        Files.delete(file());
        assertThat(carried.of(catalog.run("run")).sweeps()).isEmpty();
        assertThat(measurements.beside(own, false)).isEmpty();
    }

    @Test
    void whatIsNoSuchFileIsSaidInWords() throws Exception {
        String good = CarriedFile.json(grid(0.06), List.of(trial(0.06, 2.4)));
        assertThat(read("none").problem()).startsWith("sweeps.json is not as phema writes it: ");
        assertThat(read("{}").problem()).isEqualTo("sweeps.json is not as phema writes it: sweeps is missing");
        assertThat(read("{\"sweeps\":[{}]}").problem()).endsWith("spec is missing");
        assertThat(read("{\"sweeps\":[null]}").problem()).startsWith("sweeps.json is not as phema writes it");
        assertThat(read("null").problem()).startsWith("sweeps.json is not as phema writes it");
        assertThat(read(good.replace("\"fid\":2.4", "\"fid\":1e999")).problem()).contains("finite");
        assertThat(read(good.replace("\"fid\":2.4", "\"fid\":2.4,\"fid\":9")).problem())
                .startsWith("sweeps.json is not as phema writes it: Duplicate Object property \"fid\"");
        assertThat(read(good.replace("\"fid\":2.4", "\"kid\":2.4")).problem())
                .endsWith("trial 0 has no finite fid, or another that is none");
        assertThat(read(good.replace("\"sigmaRel\":0.06,", "\"sigmaRel\":-1,")).problem())
                .startsWith("sweeps.json is not as phema writes it: ");
        assertThat(read(good.replace("\n]}]}", ",null]}]}")).problem())
                .startsWith("sweeps.json is not as phema writes it");
        assertThat(read(good).problem()).isEmpty();

        Files.delete(file());
        Path outside = Files.writeString(folder.resolve("outside.json"), good);
        Files.createSymbolicLink(file(), outside);
        assertThat(carried.of(catalog.run("run")).problem()).contains("leads outside of phema.roots");
    }
}
