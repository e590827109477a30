package phema.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static phema.Fixtures.fixture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import phema.catalog.Run;
import phema.catalog.RunScanner;
import phema.catalog.Selection;
import phema.edm2.Computing;
import phema.edm2.Network;
import phema.evaluation.EvaluatorProperties.EvaluatorSettings;
import phema.synthesis.Engine;
import phema.synthesis.Fits;
import phema.synthesis.OutputOptions;
import phema.synthesis.PreparedWeights;
import phema.synthesis.Syntheses;
import phema.synthesis.WeightsReference;

/** A run of EDM2 pickles whose networks have 16 channels per head. */
class NetworkIdentityTest {
    @TempDir
    private Path folder = Path.of("");

    private final Engine engine = new Engine(64 << 20, 1);

    @AfterEach
    void close() {
        engine.close();
    }

    @Test
    void evaluationsDependOnTheSettingsThatAreUsed() throws IOException {
        for (int kimg : new int[] {16, 32})
            Files.setLastModifiedTime(
                    Files.copy(
                            fixture("network/heads.pkl"),
                            folder.resolve("network-snapshot-%07d-0.050.pkl".formatted(kimg))),
                    FileTime.from(Instant.EPOCH));
        Evaluator builtin = new BuiltinEvaluator(
                "builtin",
                new EvaluatorSettings(
                        EvaluatorProperties.EvaluatorType.BUILTIN,
                        List.of(),
                        EvaluatorProperties.Delivery.FILE,
                        null,
                        Duration.ZERO,
                        1,
                        "",
                        32,
                        64,
                        Map.of(),
                        null,
                        Computing.Library.ONNX,
                        Computing.Precision.F32,
                        null,
                        List.of(),
                        List.of(),
                        ""));

        EvaluationWeights stated = weights();
        Network network = stated.load();
        assertThat(network.spec().settings().metadata()).containsEntry("channels_per_head", "16");
        assertThat(network.notices()).hasSize(1).first().asString().endsWith("channels_per_head 16");
        assertThat(builtin.identity(stated)).isEqualTo(stated.identity() + " channels_per_head 16");

        // A pickle is its template's bytes, so that its own identity cannot tell.
        Files.writeString(folder.resolve("phema.yaml"), "network: {channels_per_head: 8}\n");
        EvaluationWeights other = weights();
        assertThat(other.identity()).isEqualTo(stated.identity());
        assertThat(builtin.identity(other)).isNotEqualTo(builtin.identity(stated));
        assertThat(other.load().spec().settings().metadata()).containsEntry("channels_per_head", "8");

        Files.writeString(folder.resolve("phema.yaml"), "network: {channels_per_head: 64}\n");
        EvaluationWeights usual = weights();
        assertThat(builtin.identity(usual)).isEqualTo(usual.identity());
    }

    private EvaluationWeights weights() throws IOException {
        Run run = RunScanner.scan(folder, Selection.DEFAULT);
        PreparedWeights weights =
                new Fits().prepare(run, WeightsReference.newest(0.05, run).request(OutputOptions.AS_STORED));
        Syntheses syntheses = new Syntheses(engine);
        return new EvaluationWeights(weights, syntheses.files(weights).getFirst(), syntheses);
    }
}
