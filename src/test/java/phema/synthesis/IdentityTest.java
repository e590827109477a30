package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.Fixtures;
import phema.TestWeights;
import phema.catalog.Run;
import phema.catalog.RunScanner;
import phema.catalog.Selection;
import phema.format.Format;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.profile.Power;
import phema.profile.Profile;
import phema.solver.FitOptions;
import phema.solver.SolverKind;
import phema.tensor.DType;

class IdentityTest {
    private static final OutputOptions SAFETENSORS = OutputOptions.of(Format.SAFETENSORS);

    private final Engine engine = new Engine(1 << 20, 1);

    @TempDir
    private Path folder;

    @AfterEach
    void close() {
        engine.close();
    }

    private String identity(Run run, OutputOptions options, double... coefficients) {
        PreparedWeights weights = PreparedWeights.of(run, "out", TestRuns.fit(run, coefficients), options);
        return new Syntheses(engine).files(weights).getFirst().identity();
    }

    private WeightFile file(String name, int elements) throws IOException {
        WeightFile file = TestRuns.safetensors(
                folder.resolve(name), TestWeights.Entry.random("w", DType.F32, new Random(1), elements));
        Files.setLastModifiedTime(file.path(), FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
        return WeightFiles.read(file.path());
    }

    @Test
    void isTheSameForTheSameFilesWhereverAndWhoeverComputes() throws IOException {
        Run run = TestRuns.run(file("a", 8), file("b", 8));
        String identity = identity(run, SAFETENSORS, 0.5, 0.5);
        assertThat(identity).matches("[0-9a-f]{40}");
        Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
        for (String name : List.of("a", "b")) {
            Files.copy(folder.resolve(name), elsewhere.resolve(name));
            Files.setLastModifiedTime(elsewhere.resolve(name), FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
        }
        Run moved = TestRuns.run(WeightFiles.read(elsewhere.resolve("a")), WeightFiles.read(elsewhere.resolve("b")));
        Locale before = Locale.getDefault();
        try (Engine other = new Engine(64 << 20, 4)) {
            Locale.setDefault(Locale.GERMANY);
            assertThat(new Syntheses(other)
                            .files(PreparedWeights.of(moved, "out", TestRuns.fit(moved, 0.5, 0.5), SAFETENSORS))
                            .getFirst()
                            .identity())
                    .isEqualTo(identity);
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void doesNotDependOnAFileThatIsNotRead() throws IOException {
        Run run = TestRuns.run(file("a", 8), file("b", 8), file("c", 8));
        String identity = identity(run, SAFETENSORS, 0.5, 0, 0.5);
        Files.setLastModifiedTime(folder.resolve("b"), FileTime.from(Instant.parse("2025-01-01T00:00:00Z")));
        Run touched = TestRuns.run(
                WeightFiles.read(folder.resolve("a")),
                WeightFiles.read(folder.resolve("b")),
                WeightFiles.read(folder.resolve("c")));
        assertThat(identity(touched, SAFETENSORS, 0.5, 0, 0.5)).isEqualTo(identity);
        assertThat(identity(touched, SAFETENSORS, 0.25, 0.25, 0.5))
                .isNotEqualTo(identity(run, SAFETENSORS, 0.25, 0.25, 0.5));
    }

    @Test
    void changesWithEverythingThatDeterminesABytes() throws IOException {
        Run run = TestRuns.run(file("a", 8), file("b", 8));
        List<String> identities = new ArrayList<>();
        identities.add(identity(run, SAFETENSORS, 0.5, 0.5));
        identities.add(identity(run, SAFETENSORS, 0.5, Math.nextUp(0.5f)));
        identities.add(identity(run, SAFETENSORS, 0, 0.5));
        identities.add(identity(run, SAFETENSORS, 0.5, 0));
        identities.add(identity(run, SAFETENSORS.withDType(DType.F16), 0.5, 0.5));
        identities.add(identity(run, SAFETENSORS.withDType(DType.BF16), 0.5, 0.5));
        identities.add(identity(TestRuns.run(file("b", 8), file("a", 8)), SAFETENSORS, 0.5, 0.5));
        identities.add(identity(TestRuns.run(file("c", 8), file("b", 8)), SAFETENSORS, 0.5, 0.5));
        Files.setLastModifiedTime(folder.resolve("a"), FileTime.from(Instant.parse("2026-01-01T00:00:00.000001Z")));
        identities.add(
                identity(TestRuns.run(WeightFiles.read(folder.resolve("a")), file("b", 8)), SAFETENSORS, 0.5, 0.5));
        identities.add(identity(TestRuns.run(file("a", 9), file("b", 9)), SAFETENSORS, 0.5, 0.5));
        assertThat(identities).doesNotHaveDuplicates();
    }

    @Test
    void differsBetweenSolversFormatsShardsAndTensors() throws IOException {
        Run run = RunScanner.scan(Fixtures.fixture("edm2"), Selection.DEFAULT);
        Syntheses syntheses = new Syntheses(engine);
        Profile target = Power.ofSigmaRel(0.1, 262_144);
        List<String> identities = SolverKind.SOLVERS.stream()
                .map(method -> FitOptions.of(method, phema.solver.FilesToRead.ALL))
                .map(options -> new Fits().prepare(run, WeightsRequest.of(target, options, SAFETENSORS)))
                .map(weights -> weights.target().fit())
                .flatMap(fit -> Stream.of(
                                syntheses.files(PreparedWeights.of(run, "out", fit, SAFETENSORS)),
                                syntheses.files(PreparedWeights.of(run, "out", fit, SAFETENSORS.withShardSize(9999))),
                                syntheses.files(
                                        PreparedWeights.of(run, "out", fit, OutputOptions.of(Format.EDM2_PICKLE))),
                                List.of(syntheses
                                        .tensor(PreparedWeights.of(run, "out", fit, SAFETENSORS), "unet.out_gain")
                                        .content()),
                                List.of(syntheses
                                        .tensor(PreparedWeights.of(run, "out", fit, SAFETENSORS), "unet.steps")
                                        .content()))
                        .flatMap(List::stream))
                .map(Content::identity)
                .toList();
        assertThat(identities).hasSizeGreaterThan(10).doesNotHaveDuplicates();
    }
}
