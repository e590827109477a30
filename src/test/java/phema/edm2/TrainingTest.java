package phema.edm2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import phema.format.NetworkSetting;
import phema.format.NetworkSettings;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.tensor.DType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TrainingTest {
    private static final NetworkSpec SPEC = NetworkSpec.of(4, 3, 4, 4, List.of(1), 1);
    private static final NetworkSpec ADM = NetworkSpec.of(Architecture.ADM, 4, 3, 4, 4, List.of(1), 1);
    private static final Dataset DATA = new ProceduralDataset(300, 4, 1);

    @TempDir
    private Path folder = Path.of("");

    private static Stream<NetworkSpec> networks() {
        return Stream.of(SPEC, ADM);
    }

    @ParameterizedTest
    @MethodSource("networks")
    void continuesBitForBitWhereItStopped(NetworkSpec network) throws IOException {
        Path whole = folder.resolve("whole");
        Path parts = folder.resolve("parts");
        TrainingOptions options = options(network, 2048, 1);
        Training.run(options, DATA, whole, 1024, status -> {}, () -> false);
        int[] steps = {0};
        long stopped = Training.run(options, DATA, parts, 1024, status -> {}, () -> steps[0]++ == 3);
        assertThat(stopped).isEqualTo(3 * 256);
        Training.run(options, DATA, parts, 1024, status -> {}, () -> false);
        for (String name : snapshots(whole))
            assertThat(parts.resolve(name)).hasSameBinaryContentAs(whole.resolve(name));
        assertThat(snapshots(parts)).isEqualTo(snapshots(whole));
    }

    @ParameterizedTest
    @MethodSource("networks")
    void writesARunOfSnapshotsThatLoadsAgain(NetworkSpec network) throws IOException {
        Training.run(options(network, 2048, 1), DATA, folder, 1024, status -> {}, () -> false);
        assertThat(snapshots(folder))
                .containsExactly(
                        "classic-ema-0000001.safetensors",
                        "classic-ema-0000002.safetensors",
                        "network-snapshot-0000001-0.050.safetensors",
                        "network-snapshot-0000001-0.100.safetensors",
                        "network-snapshot-0000002-0.050.safetensors",
                        "network-snapshot-0000002-0.100.safetensors",
                        "training-state-0000002.safetensors");
        WeightFile file = WeightFiles.read(folder.resolve("network-snapshot-0000002-0.100.safetensors"));
        assertThat(NetworkSpec.of(file).identity()).isEqualTo(network.identity());
        assertThat(NetworkSettings.of(file.metadata())
                        .only(network::has)
                        .stated()
                        .keySet())
                .containsExactlyElementsOf(Arrays.stream(NetworkSetting.values())
                        .filter(network::has)
                        .toList());
        NetworkWeights weights = WeightStore.load(file);
        assertThat(weights.get(network == SPEC ? "unet.out_gain" : "unet.out_conv.weight")[0])
                .isNotZero();
        assertThat(Files.readAllLines(folder.resolve("stats.jsonl"))).hasSize(2);
    }

    @ParameterizedTest
    @MethodSource("networks")
    void learns(NetworkSpec network) throws IOException {
        TrainingOptions options = options(network, 1024, 1);
        try (Trainer trainer = new Trainer(options, DATA, TrainingState.initial(options))) {
            double first = trainer.step();
            double last = 0;
            for (int i = 1; i < 25; i++) last = trainer.step();
            // A network this small learns slowly from weights that start at zero.
            assertThat(last).isLessThan((network == SPEC ? 0.7 : 0.85) * first);
            assertThat(trainer.state().badGradients()).isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("networks")
    void logsMagnitudesOfActivationsAndWeights(NetworkSpec network) throws IOException {
        TrainingOptions options = options(network, 1024, 1);
        int[] steps = {0};
        Training.run(options, DATA, folder, 1024, status -> {}, () -> steps[0]++ == 3);
        Training.run(options, DATA, folder, 1024, status -> {}, () -> false);
        List<JsonNode> lines = Files.readAllLines(folder.resolve("magnitudes.jsonl")).stream()
                .map(JsonMapper.shared()::readTree)
                .toList();
        assertThat(lines).extracting(line -> line.get("nimg").asLong()).containsExactly(0L, 512L, 1024L);
        for (JsonNode line : lines)
            for (String layer : List.of("unet.enc.4x4_conv", "unet.enc.4x4_block0", "unet.emb_noise", "unet.out_conv"))
                assertThat(line.get("activations").get(layer).asDouble())
                        .as(layer)
                        .isFinite();
        String conv = "unet.dec.4x4_block1.conv_res0.weight";
        double squares = 0;
        float[] initial = TrainingState.initial(options).weights().get(conv);
        for (float w : initial) squares += w * w;
        assertThat(weight(lines.getFirst(), conv)).isCloseTo(Math.sqrt(squares / initial.length), within(1e-6));
        // What training adds to EDM2's weights is taken away before the next step; ADM's are free to grow.
        double grown = weight(lines.getLast(), "unet.dec.4x4_block1.conv_res1.weight");
        if (network == SPEC) assertThat(grown).isCloseTo(1, within(0.01));
        else assertThat(grown).isGreaterThan(weight(lines.get(1), "unet.dec.4x4_block1.conv_res1.weight"));
        assertThat(weight(lines.getFirst(), "unet.dec.4x4_block1.conv_res1.weight") == 0)
                .isEqualTo(network == ADM);
    }

    private static double weight(JsonNode line, String name) {
        return line.get("weights").get(name).asDouble();
    }

    @Test
    void dropsTheShareOfActivationsThatItIsTold() throws IOException {
        TrainingOptions options = options(1024, 1);
        try (Trainer trainer = new Trainer(options, DATA, TrainingState.initial(options))) {
            Map<String, float[]> masks = trainer.task(0).batch().masks();
            assertThat(masks)
                    .containsOnlyKeys(
                            "unet.enc.4x4_block0",
                            "unet.dec.4x4_in0",
                            "unet.dec.4x4_in1",
                            "unet.dec.4x4_block0",
                            "unet.dec.4x4_block1");
            double dropped = 0;
            for (float[] mask : masks.values()) {
                assertThat(mask).hasSize(128 * 4 * 4 * 4);
                for (float m : mask) {
                    if (m == 0) dropped++;
                    else assertThat(m).isEqualTo(1.25f);
                }
            }
            double all = 5 * 128 * 64;
            assertThat(dropped / all).isCloseTo(0.2, within(5 * Math.sqrt(0.2 * 0.8 / all)));
        }
    }

    @Test
    void anImagesMaskIsItsOwn() throws IOException {
        TrainingOptions options = options(1024, 1);
        try (Trainer trainer = new Trainer(options, DATA, TrainingState.initial(options))) {
            float[] from0 = trainer.task(0).batch().masks().get("unet.dec.4x4_in1");
            float[] from1 = trainer.task(1).batch().masks().get("unet.dec.4x4_in1");
            assertThat(Arrays.copyOfRange(from1, 0, 127 * 64)).isEqualTo(Arrays.copyOfRange(from0, 64, 128 * 64));
            assertThat(Arrays.copyOfRange(from0, 0, 64)).isNotEqualTo(Arrays.copyOfRange(from0, 64, 128));
        }
    }

    @Test
    void refusesToContinueWithOtherOptions() throws IOException {
        Training.run(options(1024, 1), DATA, folder, 1024, status -> {}, () -> false);
        assertThatThrownBy(() -> Training.run(options(2048, 2), DATA, folder, 1024, status -> {}, () -> false))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("was trained with seed 1, not 2");
    }

    @Test
    void refusesToContinueWithOtherData() throws IOException {
        Training.run(options(1024, 1), DATA, folder, 1024, status -> {}, () -> false);
        Dataset other = new ProceduralDataset(300, 4, 2);
        assertThatThrownBy(() -> Training.run(options(2048, 1), other, folder, 1024, status -> {}, () -> false))
                .isInstanceOf(Problem.class)
                .hasMessageContaining(
                        "was trained with data procedural, 300 images of 4x4 with seed 1, not procedural,");
    }

    @Test
    void namesEmaLengthsWithAllTheirDigits() {
        assertThat(List.of(0.1, 0.05, 0.0125, 0.0502))
                .extracting(length -> WeightTracker.PowerTracker.of(length).label())
                .containsExactly("0.100", "0.050", "0.0125", "0.0502");
    }

    @Test
    void refusesToContinueWithAnotherArchitecture() throws IOException {
        Training.run(options(1024, 1), DATA, folder, 1024, status -> {}, () -> false);
        assertThatThrownBy(() -> Training.run(options(ADM, 2048, 1), DATA, folder, 1024, status -> {}, () -> false))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("was trained with arch edm2, not adm");
    }

    @Test
    void theBaselinesWeightsAreFree() {
        NetworkWeights weights = NetworkWeights.initial(ADM, Randoms.of(1, 1));
        float[] before = weights.get("unet.enc.4x4_conv.weight").clone();
        weights.normalize();
        assertThat(weights.get("unet.enc.4x4_conv.weight")).isEqualTo(before);
    }

    @Test
    void refusesImagesThatDoNotFitTheNetwork() {
        Dataset larger = new ProceduralDataset(10, 16, 1);
        assertThatThrownBy(() -> Training.run(options(1024, 1), larger, folder, 1, status -> {}, () -> false))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("the images are 16x16 with 3 channels, the network takes 4x4 with 3");
    }

    @Test
    void refusesSnapshotsWhoseNamesWouldNotTellTheirTime() {
        assertThatThrownBy(() -> new TrainingOptions(
                        SPEC,
                        2000,
                        100,
                        100,
                        new LearningRate(0.01, 0, 0),
                        -0.8,
                        1.6,
                        0,
                        0,
                        false,
                        List.of(WeightTracker.PowerTracker.of(0.1)),
                        1000,
                        1000,
                        0,
                        1,
                        DType.F16))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("snapshot 1000 is not a multiple of 1024");
    }

    @Test
    void forcedNormalizationGivesEveryOutputChannelUnitMagnitude() {
        NetworkWeights weights = NetworkWeights.initial(SPEC, Randoms.of(1, 1));
        float[] w = weights.get("unet.enc.4x4_conv.weight");
        for (int i = 0; i < w.length; i++) w[i] *= 100;
        weights.normalize();
        int n = w.length / 4;
        for (int row = 0; row < 4; row++) {
            double squares = 0;
            for (int i = row * n; i < (row + 1) * n; i++) squares += (double) w[i] * w[i];
            assertThat(Math.sqrt(squares / n)).isCloseTo(1, within(1e-5));
        }
    }

    @Test
    void averagesOfAPowerOfTimeHaveItsWeights() {
        // The average of f(t) = t over a profile t^gamma on (0, T] is T (gamma+1)/(gamma+2), up to the step.
        WeightTracker.PowerTracker power = WeightTracker.PowerTracker.of(0.1);
        double average = 0;
        int steps = 20_000;
        for (int i = 1; i <= steps; i++) {
            double beta = power.beta(i, 1);
            average = beta * average + (1 - beta) * i;
        }
        assertThat(average / steps).isCloseTo((power.gamma() + 1) / (power.gamma() + 2), within(1e-4));
    }

    @Test
    void theLearningRateRampsUpStaysAndDecays() {
        LearningRate rate = new LearningRate(0.01, 100, 1000);
        assertThat(rate.at(500, 10)).isCloseTo(0.005, within(1e-12));
        assertThat(rate.at(1000, 10)).isCloseTo(0.01, within(1e-12));
        assertThat(rate.at(4000, 10)).isCloseTo(0.005, within(1e-12));
    }

    private static TrainingOptions options(long duration, long seed) {
        return options(SPEC, duration, seed);
    }

    private static TrainingOptions options(NetworkSpec network, long duration, long seed) {
        return new TrainingOptions(
                network,
                duration,
                256,
                128,
                new LearningRate(0.02, 0, 512),
                -0.8,
                1.6,
                0.1,
                0.2,
                true,
                List.of(
                        WeightTracker.PowerTracker.of(0.05),
                        WeightTracker.PowerTracker.of(0.1),
                        new WeightTracker.ExponentialTracker(1000)),
                1024,
                1024,
                512,
                seed,
                DType.F32);
    }

    private static List<String> snapshots(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".safetensors"))
                    .sorted()
                    .toList();
        }
    }
}
