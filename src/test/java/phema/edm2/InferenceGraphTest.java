package phema.edm2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static phema.Fixtures.fixture;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import phema.format.NetworkSettings;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * Compares both ways of computing with what {@code src/interop/edm2_twin.py} makes of networks of two levels
 * (fixtures/network/make_levels.py), and with each other where the twin has no such network.
 */
class InferenceGraphTest {
    /** The twin's tolerance, src/interop/check_twin.py. */
    private static final double TOLERANCE = 1e-3;

    @TempDir
    private Path folder = Path.of("");

    private final Random random = new Random(5);

    private static Stream<Case> cases() {
        return Stream.of("labelled", "unlabelled")
                .flatMap(network -> Stream.of(Computing.Library.values()).map(library -> new Case(network, library)));
    }

    private record Case(String network, Computing.Library library) {
        Computing computing() {
            return new Computing(library, Computing.Precision.F32);
        }

        float[] twins(String tensor) throws IOException {
            return Objects.requireNonNull(tensors().get(tensor), tensor).elements();
        }

        Map<String, WeightStore.Values> tensors() throws IOException {
            return WeightStore.read(WeightFiles.read(images()));
        }

        Path images() {
            return fixture("network/" + network + "-images.safetensors");
        }

        Network read() throws IOException {
            return Network.read(fixture("network/" + network + ".safetensors"));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void denoisesAsTheTwinDoes(Case given) throws IOException {
        float[] noise = given.twins("noise");
        float[] sigma = given.twins("sigma");
        double[] levels = new double[sigma.length];
        float[] noisy = new float[noise.length];
        for (int i = 0; i < sigma.length; i++) levels[i] = sigma[i];
        int pixels = noise.length / sigma.length;
        for (int i = 0; i < noise.length; i++) noisy[i] = noise[i] * (1 + sigma[i / pixels]);
        WeightStore.Values none = new WeightStore.Values(Shape.of(0), new float[0]);
        float[] labels = given.tensors().getOrDefault("labels", none).elements();
        Batch batch = new Batch(noisy, levels, labels);
        try (DenoisingNetwork network = given.computing().denoiser(given.read().weights())) {
            assertThat(difference(network.denoise(batch), given.twins("denoised")))
                    .isLessThan(TOLERANCE);
            assertThat(difference(network.logvar(batch), given.twins("logvar"))).isLessThan(TOLERANCE);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void samplesAsTheTwinDoes(Case given) throws IOException {
        assertThat(difference(sampled(given, 1), given.twins("sampled"))).isLessThan(TOLERANCE);
        if (given.network().equals("labelled"))
            assertThat(difference(sampled(given, 1.4), given.twins("guided"))).isLessThan(TOLERANCE);
    }

    private float[] sampled(Case given, double guidance) throws IOException {
        SamplerOptions options = new SamplerOptions(12, 0.002, 80, 7, guidance, 0, 0, Double.POSITIVE_INFINITY, 1);
        Path out = folder.resolve("out.safetensors");
        try (Generator generator = Generator.of(given.read(), Optional.empty(), options, given.computing())) {
            generator.fromFile(given.images(), out, 3);
        }
        return WeightStore.read(WeightFiles.read(out)).firstEntry().getValue().elements();
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void computesWhatTheTrainedGraphDoes(Architecture architecture) {
        for (int classes : new int[] {0, 1, 3})
            compare(NetworkSpec.of(architecture, 16, 2, classes, 32, List.of(1, 2), 1), DType.F32, 1e-5);
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void halfPrecisionRoundsConvolutionsAlone(Architecture architecture) {
        NetworkSpec spec = NetworkSpec.of(architecture, 16, 3, 3, 32, List.of(1, 2), 1);
        assertThat(compare(spec, DType.F16, 5e-3)).isGreaterThan(1e-5);
    }

    /** At these, terms of sums vanish, or nothing is clipped. */
    @Test
    void settingsAtTheirLimitsAreKept() {
        for (String balance : List.of("0", "0.97", "1")) {
            Map<String, String> settings = new LinkedHashMap<>();
            for (String name : List.of("res_balance", "attn_balance", "concat_balance", "label_balance"))
                settings.put(name, balance);
            settings.put("clip_act", balance.equals("0") ? "none" : "0.5");
            NetworkSpec usual = NetworkSpec.of(16, 2, 3, 16, List.of(1, 1), 1);
            NetworkSpec spec = new NetworkSpec(
                    usual.architecture(),
                    usual.resolution(),
                    usual.channels(),
                    usual.classes(),
                    usual.noiseChannels(),
                    usual.embeddingChannels(),
                    usual.widths(),
                    usual.blocks(),
                    usual.attention(),
                    usual.logvarChannels(),
                    NetworkSettings.of(settings));
            compare(spec, DType.F32, 1e-4);
        }
    }

    /** @return the relative difference of denoised images */
    private double compare(NetworkSpec spec, DType type, double tolerance) {
        NetworkWeights weights = NetworkWeights.initial(spec, random);
        for (String name : weights.trained()) {
            float[] w = weights.get(name);
            for (int i = 0; i < w.length; i++)
                if (w[i] == 0) w[i] = w.length == 1 ? 0.5f : (float) (0.1 * random.nextGaussian());
        }
        float[] x = new float[3 * spec.pixels()];
        for (int i = 0; i < x.length; i++) x[i] = (float) random.nextGaussian();
        float[] labels = new float[3 * spec.classes()];
        if (spec.classes() > 0) labels[1] = labels[spec.classes()] = 1;
        Batch batch = new Batch(x, new double[] {0.05, 0.8, 10}, labels);
        try (DenoisingNetwork trained = new Denoiser(weights);
                DenoisingNetwork inferred = new OnnxDenoiser(weights, type)) {
            double difference = difference(inferred.denoise(batch), trained.denoise(batch));
            assertThat(difference).isLessThan(tolerance);
            assertThat(difference(inferred.logvar(batch), trained.logvar(batch)))
                    .isLessThan(1e-5);
            return difference;
        }
    }

    @Test
    void moreImagesThanMemoryIsMeantToHoldAreTakenInTurns() {
        NetworkSpec spec = NetworkSpec.of(8, 1, 2, 4, List.of(1), 1);
        NetworkWeights weights = NetworkWeights.initial(spec, random);
        weights.get("unet.out_gain")[0] = 1;
        int n = 7;
        float[] x = new float[n * spec.pixels()];
        for (int i = 0; i < x.length; i++) x[i] = (float) random.nextGaussian();
        float[] labels = new float[n * 2];
        for (int i = 0; i < n; i++) labels[2 * i + i % 2] = 1;
        double[] sigma = new double[n];
        Arrays.setAll(sigma, i -> 0.1 + i);
        Batch batch = new Batch(x, sigma, labels);
        try (OnnxDenoiser all = new OnnxDenoiser(weights, DType.F32);
                OnnxDenoiser three = new OnnxDenoiser(weights, DType.F32, 3)) {
            assertThat(three.denoise(batch)).containsExactly(all.denoise(batch), within(1e-5f));
            assertThat(three.logvar(batch)).containsExactly(all.logvar(batch), within(1e-5f));
        }
    }

    @Test
    void nd4jHasOnePrecision() {
        assertThatThrownBy(() -> new Computing(Computing.Library.ND4J, Computing.Precision.F16))
                .isInstanceOf(Problem.class)
                .hasMessageContaining("computes in f32");
        assertThat(new Computing(Computing.Library.ND4J, Computing.Precision.AUTO).identity())
                .isEqualTo("nd4j f32");
    }

    private static double difference(float[] ours, float[] theirs) {
        assertThat(ours).hasSameSizeAs(theirs);
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < ours.length; i++) {
            difference += Math.pow(ours[i] - theirs[i], 2);
            norm += Math.pow(theirs[i], 2);
        }
        return Math.sqrt(difference / norm);
    }
}
