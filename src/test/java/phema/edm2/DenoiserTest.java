package phema.edm2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class DenoiserTest {
    private static final NetworkSpec SPEC = spec(Architecture.EDM2);

    private final Random random = new Random(3);

    private static NetworkSpec spec(Architecture architecture) {
        return NetworkSpec.of(architecture, 16, 2, 3, 8, List.of(1, 2), 1);
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void everyParameterHasTheGradientOfTheLoss(Architecture architecture) {
        NetworkWeights weights = shaken(architecture);
        Batch batch = masked(batch(3), architecture);
        float[] clean = normal(3 * SPEC.pixels(), 0.5);
        try (Denoiser denoiser = new Denoiser(weights, true, DataType.DOUBLE)) {
            Map<String, float[]> gradients = denoiser.gradients(batch, clean).byName();
            SameDiff graph = denoiser.graph();
            Map<String, INDArray> inputs = denoiser.inputs(batch, clean);
            for (String name : weights.trained()) {
                INDArray value = graph.getVariable(name).getArr();
                float[] gradient = Objects.requireNonNull(gradients.get(name));
                int i = random.nextInt(gradient.length);
                double at = value.getDouble(i);
                double h = 1e-4;
                value.putScalar(i, at + h);
                double above = graph.outputSingle(inputs, "loss").getDouble(0);
                value.putScalar(i, at - h);
                double below = graph.outputSingle(inputs, "loss").getDouble(0);
                value.putScalar(i, at);
                assertThat((double) gradient[i])
                        .as(name)
                        .isCloseTo((above - below) / (2 * h), within(1e-5 * (1 + Math.abs(gradient[i]))));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void everyParameterIsTrained(Architecture architecture) {
        NetworkWeights weights = shaken(architecture);
        try (Denoiser denoiser = new Denoiser(weights)) {
            Map<String, float[]> gradients =
                    denoiser.gradients(batch(4), normal(4 * SPEC.pixels(), 0.5)).byName();
            gradients.forEach((name, gradient) -> {
                for (float g : gradient) if (g != 0) return;
                throw new AssertionError(name + " has no gradient");
            });
            assertThat(gradients.keySet()).containsExactlyElementsOf(weights.trained());
        }
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void withoutNoiseAnImageStaysWhatItIs(Architecture architecture) {
        Batch batch = batch(2);
        double[] sigma = {1e-6, 1e-6};
        try (Denoiser denoiser = new Denoiser(shaken(architecture))) {
            float[] denoised = denoiser.denoise(new Batch(batch.x(), sigma, batch.labels()));
            for (int i = 0; i < denoised.length; i++) assertThat(denoised[i]).isCloseTo(batch.x()[i], within(1e-4f));
        }
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void anUntrainedNetworkPredictsTheBestLinearEstimate(Architecture architecture) {
        // The output's gain or weights are zero, so D = c_skip x, with c_skip = sd^2 / (sigma^2 + sd^2).
        Batch batch = batch(2);
        try (Denoiser denoiser = new Denoiser(NetworkWeights.initial(spec(architecture), random))) {
            float[] denoised = denoiser.denoise(batch);
            int pixels = SPEC.pixels();
            for (int i = 0; i < denoised.length; i++) {
                double sigma = batch.sigma()[i / pixels];
                assertThat((double) denoised[i]).isCloseTo(batch.x()[i] * 0.25 / (sigma * sigma + 0.25), within(1e-5));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Architecture.class)
    void anImageIsDenoisedTheSameWhateverElseIsInItsBatch(Architecture architecture) {
        Batch both = batch(2);
        Batch second = new Batch(
                java.util.Arrays.copyOfRange(both.x(), SPEC.pixels(), 2 * SPEC.pixels()),
                new double[] {both.sigma()[1]},
                java.util.Arrays.copyOfRange(both.labels(), SPEC.classes(), 2 * SPEC.classes()));
        try (Denoiser denoiser = new Denoiser(shaken(architecture))) {
            float[] alone = denoiser.denoise(second);
            float[] together = denoiser.denoise(both);
            for (int i = 0; i < alone.length; i++)
                assertThat(together[SPEC.pixels() + i]).isCloseTo(alone[i], within(1e-5f));
        }
    }

    @Test
    void magnitudesAreRootMeanSquaresOfOutputs() {
        // The first convolution sees c_in x, of unit variance, and ones; its normalized weights keep that. Zero padding
        // leaves
        // (3n-2)^2 of (3n)^2 products in an image n pixels wide.
        int n = 16;
        NetworkSpec wide = NetworkSpec.of(n, 3, 0, 256, List.of(1), 1);
        Batch batch = new Batch(
                normal(8 * wide.pixels(), Math.hypot(0.5, 1)), new double[] {1, 1, 1, 1, 1, 1, 1, 1}, new float[0]);
        try (Denoiser denoiser = new Denoiser(NetworkWeights.initial(wide, random))) {
            Map<String, Double> magnitudes = denoiser.magnitudes(batch);
            assertThat(magnitudes.get("unet.enc.16x16_conv")).isCloseTo((3 * n - 2) / (3.0 * n), within(0.03));
            assertThat(magnitudes.get("unet.out_conv")).isZero();
            assertThat(magnitudes)
                    .containsKeys("unet.dec.16x16_in0.attn_qkv", "unet.dec.16x16_block1", "unet.emb_noise");
        }
    }

    @Test
    void blocksKeepUnitVariance() {
        // 32x32: attention only at the lower levels.
        NetworkSpec wide = NetworkSpec.of(32, 3, 0, 32, List.of(1, 2), 1);
        NetworkWeights weights = NetworkWeights.initial(wide, random);
        for (UNet.BlockSpec block : weights.net().encoder()) assertUnitVariance(weights, block);
        for (UNet.BlockSpec block : weights.net().decoder()) assertUnitVariance(weights, block);
    }

    /**
     * The residual branch loses a little to the zero padding of its convolutions; an attention branch can lose all of
     * its 0.3^2 / (0.7^2 + 0.3^2).
     */
    private void assertUnitVariance(NetworkWeights weights, UNet.BlockSpec block) {
        int in = block.resample() == UNet.Resample.DOWN
                ? 2 * block.resolution()
                : block.resample() == UNet.Resample.UP ? block.resolution() / 2 : block.resolution();
        try (Denoiser denoiser = new Denoiser(weights)) {
            SameDiff sd = denoiser.graph();
            INDArray output = denoiser.block(
                            block,
                            sd.var(
                                    "input",
                                    Nd4j.create(
                                            normal(4 * block.in() * in * in, 1),
                                            new long[] {4, block.in(), in, in},
                                            'c')),
                            sd.var("embedding", Nd4j.create(normal(4 * 64, 1), new long[] {4, 64}, 'c')))
                    .eval();
            double variance = Math.pow(output.norm2Number().doubleValue(), 2) / output.length();
            double least = block.heads() == 0 ? 0.95 : 0.95 * 0.49 / 0.58;
            assertThat(variance).as(block.name()).isBetween(least, 1.05);
        }
    }

    /** Weights of which none are zero, so that everything matters. */
    private NetworkWeights shaken(Architecture architecture) {
        NetworkWeights weights = NetworkWeights.initial(spec(architecture), random);
        for (String name : weights.trained()) {
            float[] w = weights.get(name);
            for (int i = 0; i < w.length; i++)
                if (w[i] == 0) w[i] = w.length == 1 ? 0.5f : (float) (0.1 * random.nextGaussian());
        }
        return weights;
    }

    /** With dropout of a half. */
    private Batch masked(Batch batch, Architecture architecture) {
        Map<String, float[]> masks = new HashMap<>();
        for (UNet.BlockSpec block : UNet.of(spec(architecture)).blocks()) {
            float[] mask = new float[batch.size() * block.activations()];
            for (int i = 0; i < mask.length; i++) mask[i] = random.nextBoolean() ? 2 : 0;
            masks.put(block.name(), mask);
        }
        return new Batch(batch.x(), batch.sigma(), batch.labels(), masks);
    }

    @Test
    void dropoutOfNothingChangesNothing() {
        NetworkWeights weights = shaken(Architecture.EDM2);
        Batch batch = batch(2);
        Batch kept = masked(batch, Architecture.EDM2);
        kept.masks().values().forEach(mask -> Arrays.fill(mask, 1));
        try (Denoiser with = new Denoiser(weights, true);
                Denoiser without = new Denoiser(weights)) {
            assertThat(with.denoise(kept)).isEqualTo(without.denoise(batch));
        }
    }

    @Test
    void whatIsDroppedDoesNotMatter() {
        // With everything dropped, the second convolutions get nothing, whatever comes before them.
        NetworkWeights weights = shaken(Architecture.EDM2);
        Batch batch = masked(batch(2), Architecture.EDM2);
        batch.masks().values().forEach(mask -> Arrays.fill(mask, 0));
        try (Denoiser denoiser = new Denoiser(weights, true)) {
            float[] before = denoiser.denoise(batch);
            NetworkWeights other = weights.copy();
            for (String name : other.trained())
                if (name.contains("conv_res") || name.contains("emb_"))
                    for (int i = 0; i < other.get(name).length; i++) other.get(name)[i] = (float) random.nextGaussian();
            denoiser.load(other);
            assertThat(denoiser.denoise(batch)).isEqualTo(before);
        }
    }

    private Batch batch(int n) {
        double[] sigma = new double[n];
        float[] labels = new float[n * SPEC.classes()];
        for (int i = 0; i < n; i++) {
            sigma[i] = Math.exp(random.nextGaussian() - 0.4);
            labels[i * SPEC.classes() + random.nextInt(SPEC.classes())] = 1;
        }
        return new Batch(normal(n * SPEC.pixels(), 1), sigma, labels);
    }

    private float[] normal(int n, double scale) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) values[i] = (float) (scale * random.nextGaussian());
        return values;
    }
}
