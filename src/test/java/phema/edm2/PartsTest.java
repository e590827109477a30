package phema.edm2;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class PartsTest {
    /** A part as a function of variables named a, b, c, in order. */
    private interface Part {
        SDVariable of(SameDiff sd, SDVariable[] inputs);
    }

    private static final Part CONV3 = (sd, v) -> Parts.conv(sd, v[0], v[1], 16, 3);
    private static final Part CONV1 = (sd, v) -> Parts.conv(sd, v[0], v[1], 16, 1);
    private static final Part LINEAR = (sd, v) -> Parts.linear(sd, v[0], v[1], 16);
    private static final Part SILU = (sd, v) -> Parts.silu(sd, v[0]);
    private static final Part SUM = (sd, v) -> Parts.sum(v[0], v[1], 0.3);
    private static final Part CONCAT = (sd, v) -> Parts.concat(sd, v[0], 16, v[1], 8, 0.5);
    private static final Part FOURIER = (sd, v) -> Parts.fourier(sd, v[0], v[1], v[2]);
    private static final Part PIXEL_NORM = (sd, v) -> Parts.pixelNorm(v[0], 16);
    private static final Part UP = (sd, v) -> Parts.resample(sd, v[0], UNet.Resample.UP);
    private static final Part DOWN = (sd, v) -> Parts.resample(sd, v[0], UNet.Resample.DOWN);
    private static final Part ATTENTION = (sd, v) -> Parts.attention(sd, v[0], 8, 2, 4);
    private static final Part ADM_CONV3 = (sd, v) -> AdmParts.conv(sd, v[0], v[1], v[2], 3);
    private static final Part ADM_CONV1 = (sd, v) -> AdmParts.conv(sd, v[0], v[1], v[2], 1);
    private static final Part ADM_LINEAR = (sd, v) -> AdmParts.linear(sd, v[0], v[1], v[2]);
    private static final Part GROUP_NORM = (sd, v) -> AdmParts.groupNorm(sd, v[0], v[1], v[2], 16, 4);
    private static final Part MODULATE = (sd, v) -> AdmParts.modulate(sd, v[0], v[1], 4);
    private static final Part DOT_PRODUCT = (sd, v) -> Parts.attend(sd, Parts.split(v[0], 8, 2, 4), 8, 2, 4);

    private final Random random = new Random(1);

    @Test
    void everyPartHasTheGradientOfItsOutput() {
        assertGradient(CONV3, shape(2, 16, 4, 4), shape(4, 16, 3, 3));
        assertGradient(CONV1, shape(2, 16, 4, 4), shape(4, 16, 1, 1));
        assertGradient(LINEAR, shape(3, 16), shape(4, 16));
        assertGradient(SILU, shape(2, 4, 4, 4));
        assertGradient(SUM, shape(2, 4, 4, 4), shape(2, 4, 4, 4));
        assertGradient(CONCAT, shape(2, 16, 4, 4), shape(2, 8, 4, 4));
        assertGradient(FOURIER, shape(3, 1), shape(8), shape(8));
        assertGradient(PIXEL_NORM, shape(2, 16, 4, 4));
        assertGradient(UP, shape(2, 4, 4, 4));
        assertGradient(DOWN, shape(2, 4, 4, 4));
        assertGradient(ATTENTION, shape(2, 24, 4, 4));
    }

    @Test
    void everyPartOfTheBaselineHasTheGradientOfItsOutput() {
        assertGradient(ADM_CONV3, shape(2, 16, 4, 4), shape(4, 16, 3, 3), shape(4));
        assertGradient(ADM_CONV1, shape(2, 16, 4, 4), shape(4, 16, 1, 1), shape(4));
        assertGradient(ADM_LINEAR, shape(3, 16), shape(4, 16), shape(4));
        assertGradient(GROUP_NORM, shape(2, 16, 4, 4), shape(16), shape(16));
        assertGradient(MODULATE, shape(2, 4, 4, 4), shape(2, 8));
        assertGradient(DOT_PRODUCT, shape(2, 24, 4, 4));
    }

    @Test
    void gradientsHoldForOneImageOfOnePixelToo() {
        assertGradient(CONV3, shape(1, 16, 1, 1), shape(1, 16, 3, 3));
        assertGradient(LINEAR, shape(1, 16), shape(1, 16));
        assertGradient(PIXEL_NORM, shape(1, 16, 1, 1));
        assertGradient(ADM_CONV3, shape(1, 16, 1, 1), shape(1, 16, 3, 3), shape(1));
        assertGradient(ADM_LINEAR, shape(1, 16), shape(1, 16), shape(1));
        assertGradient(
                (sd, v) -> AdmParts.groupNorm(sd, v[0], v[1], v[2], 4, 1), shape(1, 4, 1, 1), shape(4), shape(4));
    }

    @Test
    void unitVarianceStaysUnitVariance() {
        assertUnitVariance(CONV1, shape(16, 16, 16, 16), shape(64, 16, 1, 1));
        assertUnitVariance(LINEAR, shape(512, 16), shape(64, 16));
        assertUnitVariance(SILU, shape(16, 16, 16, 16));
        assertUnitVariance(SUM, shape(16, 16, 16, 16), shape(16, 16, 16, 16));
        assertUnitVariance(CONCAT, shape(16, 16, 16, 16), shape(16, 8, 16, 16));
        assertUnitVariance(PIXEL_NORM, shape(16, 16, 16, 16));
        assertUnitVariance(UP, shape(16, 16, 16, 16));
    }

    @Test
    void aWideConvolutionKeepsUnitVarianceButForItsZeroPadding() {
        int n = 16;
        double[] out = run(CONV3, Map.of(), shape(16, 16, n, n), shape(64, 16, 3, 3));
        double inside = 0;
        for (int i = 0; i < out.length; i++) {
            int x = i % n;
            int y = i / n % n;
            if (x > 0 && x < n - 1 && y > 0 && y < n - 1) inside += out[i] * out[i];
        }
        assertThat(inside / (16 * 64 * (n - 2) * (n - 2))).isBetween(0.95, 1.05);
        // Of the (3n)^2 products per image, pair of channels and square of taps, the padding leaves (3n - 2)^2.
        double left = Math.pow((3 * n - 2) / (3.0 * n), 2);
        assertThat(meanSquare(out)).isBetween(0.95 * left, 1.05 * left);
    }

    @Test
    void downSamplingKeepsWhatNeighboursShareAndAQuarterOfWhatTheyDoNot() {
        // The mean of four independent values of unit variance has the variance 1/4; the block normalizes pixels right
        // after it.
        assertThat(meanSquare(run(DOWN, Map.of(), shape(16, 16, 16, 16)))).isBetween(0.95 / 4, 1.05 / 4);
        assertUnitVariance(
                (sd, v) -> Parts.resample(sd, Parts.resample(sd, v[0], UNet.Resample.UP), UNet.Resample.DOWN),
                shape(16, 16, 16, 16));
        assertUnitVariance(
                (sd, v) -> Parts.pixelNorm(Parts.resample(sd, v[0], UNet.Resample.DOWN), 16), shape(16, 16, 16, 16));
    }

    @Test
    void fourierFeaturesHaveUnitVarianceWhateverTheirInput() {
        // Frequencies and phases as they are drawn, 2 pi N(0, 1) and 2 pi U(0, 1): a wide normal phase is uniform, too.
        Map<Integer, Double> drawn = Map.of(1, 2 * Math.PI, 2, 2 * Math.PI);
        assertThat(meanSquare(run(FOURIER, drawn, shape(512, 1), shape(256), shape(256))))
                .isBetween(0.95, 1.05);
        assertThat(meanSquare(run(
                        FOURIER,
                        Map.of(0, 0.0, 1, 2 * Math.PI, 2, 2 * Math.PI),
                        shape(2, 1),
                        shape(4096),
                        shape(4096))))
                .isBetween(0.95, 1.05);
    }

    @Test
    void attentionKeepsUnitVarianceOfValuesThatAgree() {
        // Every output is a weighted mean of values of unit magnitude: of one, or of equal ones, it is that value.
        assertUnitVariance((sd, v) -> Parts.attention(sd, v[0], 64, 1, 1), shape(64, 192, 1, 1));
        Part alike = (sd, v) -> Parts.attention(sd, sd.cnn().upsampling2d(v[0], 4, 4, true), 64, 2, 4);
        assertUnitVariance(alike, shape(64, 192, 1, 1));
    }

    @Test
    void attentionShrinksIndependentValuesAsMuchAsItsWeightsSay() {
        // Scores of independent unit vectors are q.k / sqrt(d), close to N(0, 1), so weights are log-normal and the
        // variance of a mean of
        // n values is E[w^2] n = E[exp(2s)] / (n E[exp(s)]^2) = e / n.
        int side = 16;
        int n = side * side;
        double[] out = run((sd, v) -> Parts.attention(sd, v[0], 64, 1, side), Map.of(), shape(4, 192, side, side));
        assertThat(meanSquare(out) * n / Math.E).isBetween(0.8, 1.2);
    }

    @Test
    void groupNormGivesEveryGroupItsMeanAndVariance() {
        int channels = 16;
        double[] x = new double[2 * channels * 16];
        for (int i = 0; i < x.length; i++) x[i] = 3 + 5 * random.nextGaussian();
        Backend.start();
        SameDiff sd = SameDiff.create();
        double[] out = AdmParts.groupNorm(
                        sd,
                        sd.var("x", Nd4j.create(x, shape(2, channels, 4, 4), 'c')),
                        sd.var("w", Nd4j.ones(DataType.DOUBLE, channels).mul(2)),
                        sd.var("b", Nd4j.ones(DataType.DOUBLE, channels)),
                        channels,
                        4)
                .eval()
                .dup('c')
                .data()
                .asDouble();
        int group = 4 * 16; // four channels of 4x4
        for (int first = 0; first < x.length; first += group) {
            double[] part = java.util.Arrays.copyOfRange(x, first, first + group);
            double mean = java.util.Arrays.stream(part).average().orElseThrow();
            double variance = java.util.Arrays.stream(part)
                    .map(v -> (v - mean) * (v - mean))
                    .average()
                    .orElseThrow();
            for (int i = 0; i < group; i++)
                assertThat(out[first + i])
                        .isCloseTo(2 * (part[i] - mean) / Math.sqrt(variance + 1e-5) + 1, within(1e-10));
        }
    }

    @Test
    void groupsHaveAtLeastFourChannelsAndOneSize() {
        assertThat(AdmParts.groups(2)).isEqualTo(1);
        assertThat(AdmParts.groups(16)).isEqualTo(4);
        assertThat(AdmParts.groups(20)).isEqualTo(5);
        assertThat(AdmParts.groups(132)).isEqualTo(22);
        assertThat(AdmParts.groups(256)).isEqualTo(32);
    }

    @Test
    void concatenationGivesBothInputsEqualShares() {
        double[] out = run(CONCAT, Map.of(0, 1.0, 1, 1.0), shape(8, 16, 8, 8), shape(8, 8, 8, 8));
        double first = 0;
        double second = 0;
        for (int i = 0; i < out.length; i++) {
            if (i / 64 % 24 < 16) first += out[i] * out[i];
            else second += out[i] * out[i];
        }
        assertThat(first / second).isBetween(0.9, 1.1);
    }

    @Test
    void convolutionOfAConstantIsTheSumOfItsNormalizedWeights() {
        // 16 inputs x 1 tap, weights all 3: normalized to 1, divided by sqrt(16); sum over 16 inputs of ones is 4.
        double[] out = run(CONV1, Map.of(0, 0.0, 1, 0.0), shape(1, 16, 1, 1), shape(1, 16, 1, 1));
        assertThat(out[0]).isZero();
        Backend.start();
        SameDiff sd = SameDiff.create();
        SDVariable x = sd.var("x", Nd4j.ones(DataType.DOUBLE, 1, 16, 1, 1));
        SDVariable w = sd.var("w", Nd4j.ones(DataType.DOUBLE, 1, 16, 1, 1).mul(3));
        double expected = 16 * (3 / (1e-4 + 3)) / 4;
        assertThat(Parts.conv(sd, x, w, 16, 1).eval().getDouble(0)).isCloseTo(expected, within(1e-12));
    }

    private static org.assertj.core.data.Offset<Double> within(double e) {
        return org.assertj.core.data.Offset.offset(e);
    }

    private static long[] shape(long... dims) {
        return dims;
    }

    private INDArray normal(long[] shape, double scale) {
        double[] values = new double[(int) java.util.Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) values[i] = scale * random.nextGaussian();
        return Nd4j.create(values, shape, 'c');
    }

    private double[] run(Part part, Map<Integer, Double> scales, long[]... shapes) {
        Backend.start();
        SameDiff sd = SameDiff.create();
        SDVariable[] inputs = new SDVariable[shapes.length];
        for (int i = 0; i < shapes.length; i++)
            inputs[i] = sd.var("v" + i, normal(shapes[i], scales.getOrDefault(i, 1.0)));
        return part.of(sd, inputs).eval().dup('c').data().asDouble();
    }

    private void assertUnitVariance(Part part, long[]... shapes) {
        assertThat(meanSquare(run(part, Map.of(), shapes))).isBetween(0.95, 1.05);
    }

    private static double meanSquare(double[] values) {
        double squares = 0;
        for (double value : values) squares += value * value;
        return squares / values.length;
    }

    /** Compares with central differences of a random projection of the output. */
    private void assertGradient(Part part, long[]... shapes) {
        Backend.start();
        SameDiff sd = SameDiff.create();
        SDVariable[] inputs = new SDVariable[shapes.length];
        for (int i = 0; i < shapes.length; i++) inputs[i] = sd.var("v" + i, normal(shapes[i], 1));
        SDVariable out = part.of(sd, inputs);
        SDVariable direction = sd.constant(normal(out.eval().shape(), 1));
        SDVariable loss = out.mul(direction).sum();
        sd.setLossVariables(loss);
        Backend.silently(sd::createGradFunction);
        Map<String, INDArray> gradients = sd.calculateGradients(
                new LinkedHashMap<>(),
                java.util.Arrays.stream(inputs).map(SDVariable::name).toList());
        for (SDVariable input : inputs) {
            INDArray value = input.getArr();
            double[] analytic = Objects.requireNonNull(gradients.get(input.name()))
                    .dup('c')
                    .data()
                    .asDouble();
            for (int probe = 0; probe < 8; probe++) {
                long i = random.nextInt(analytic.length);
                double at = value.getDouble(i);
                double h = 1e-5;
                value.putScalar(i, at + h);
                double above =
                        sd.outputSingle(new LinkedHashMap<>(), loss.name()).getDouble(0);
                value.putScalar(i, at - h);
                double below =
                        sd.outputSingle(new LinkedHashMap<>(), loss.name()).getDouble(0);
                value.putScalar(i, at);
                assertThat(analytic[(int) i])
                        .as(input.name() + " at " + i)
                        .isCloseTo((above - below) / (2 * h), within(1e-6 * Math.max(1, Math.abs(analytic[(int) i]))));
            }
        }
    }
}
