package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import phema.RandomCase;
import phema.RandomCases;

class KernelTest {
    private static final float[] ODD = {
        0f, -0f, Float.MIN_VALUE, -Float.MIN_VALUE, 1e-40f, -1e-40f, Float.MIN_NORMAL, Float.MAX_VALUE, -Float.MAX_VALUE
    };

    /** Arguments of one call; more room than count and targets before the first, so that a wrong index shows. */
    private record Call(float[][] in, float[][] coefficients, int targets, int count) {
        static Call random(RandomCase random, int inputs, int targets, int count, boolean odd) {
            float[][] in = values(random, inputs, count + random.nextInt(9), odd);
            float[][] coefficients = values(random, targets + 1, inputs, odd);
            return new Call(in, coefficients, targets, count);
        }

        private static float[][] values(RandomCase random, int rows, int width, boolean odd) {
            float[][] values = new float[rows][width];
            for (float[] row : values)
                for (int i = 0; i < width; i++)
                    row[i] = odd && random.nextInt(4) == 0
                            ? ODD[random.nextInt(ODD.length)]
                            : (float) (random.nextGaussian() * Math.exp(4 * random.nextGaussian()));
            return values;
        }

        /** {@code [targets, width of in]}, of all targets but the first of the coefficients. */
        float[][] combine(Kernel kernel) {
            float[][] out = new float[targets][in[0].length];
            for (float[] row : out) Arrays.fill(row, Float.NaN);
            kernel.combine(in, in.length, coefficients, 1, targets, out, count);
            return out;
        }

        /** The same by the definition. */
        float[][] chains() {
            float[][] out = new float[targets][in[0].length];
            for (int t = 0; t < targets; t++) {
                Arrays.fill(out[t], Float.NaN);
                for (int i = 0; i < count; i++) {
                    float sum = 0;
                    for (int j = 0; j < in.length; j++) sum = Math.fma(in[j][i], coefficients[t + 1][j], sum);
                    out[t][i] = sum + 0f;
                }
            }
            return out;
        }
    }

    @RandomCases(2000)
    void plainLoopsComputeChainsOfMultiplyAdds(RandomCase random) {
        Call call = Call.random(random, random.between(1, 40), random.between(1, 9), random.between(1, 300), true);
        float[] row = call.in[random.nextInt(call.in.length)];
        if (random.nextBoolean()) row[random.nextInt(row.length)] = Float.NEGATIVE_INFINITY;
        assertThatBitsAreEqual(call.combine(new PlainKernel()), call.chains());
    }

    /** Signs of zeros included. */
    private static void assertThatBitsAreEqual(float[][] actual, float[][] expected) {
        assertThat(actual).hasDimensions(expected.length, expected[0].length);
        for (int t = 0; t < expected.length; t++) assertThat(actual[t]).isEqualTo(expected[t]);
    }

    /** n roundings of the sum and one of each coefficient: (n + 1) half units in the last place of everything added. */
    @RandomCases
    void accumulatesInSinglePrecision(RandomCase random) {
        Call call = Call.random(random, random.between(1, 40), random.between(1, 9), random.between(1, 300), false);
        for (Kernel kernel : new Kernel[] {new PlainKernel(), new Nd4jKernel()})
            assertThatErrorsAreBounded(call, call.combine(kernel));
    }

    private static void assertThatErrorsAreBounded(Call call, float[][] out) {
        int inputs = call.in.length;
        for (int t = 0; t < call.targets; t++) {
            for (int i = 0; i < call.count; i++) {
                double exact = 0;
                double magnitude = 0;
                for (int j = 0; j < inputs; j++) {
                    double term = (double) call.coefficients[t + 1][j] * call.in[j][i];
                    exact += term;
                    magnitude += Math.abs(term);
                }
                assertThat((double) out[t][i] - exact)
                        .isBetween(-(inputs + 1) * 0x1p-24 * magnitude, (inputs + 1) * 0x1p-24 * magnitude);
            }
        }
    }

    @RandomCases(2000)
    void anInputThatOnlyOtherTargetsNeedChangesNoBit(RandomCase random) {
        int inputs = random.between(2, 8);
        int count = random.between(1, 20);
        Call all = Call.random(random, inputs, 1, count, true);
        int unused = random.nextInt(inputs);
        all.coefficients[1][unused] = 0;
        float[][] in = new float[inputs - 1][];
        float[][] coefficients = new float[2][inputs - 1];
        for (int j = 0, to = 0; j < inputs; j++) {
            if (j == unused) continue;
            in[to] = all.in[j];
            coefficients[1][to++] = all.coefficients[1][j];
        }
        Call without = new Call(in, coefficients, 1, count);
        assertThatBitsAreEqual(all.combine(new PlainKernel()), without.combine(new PlainKernel()));
    }
}
