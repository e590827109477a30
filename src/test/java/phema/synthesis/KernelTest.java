package phema.synthesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import phema.RandomCase;
import phema.RandomCases;

class KernelTest {
    private static final float[] ODD = {
        0f, -0f, Float.MIN_VALUE, -Float.MIN_VALUE, 1e-40f, -1e-40f, Float.MIN_NORMAL, Float.MAX_VALUE, -Float.MAX_VALUE
    };

    /** Arguments of one call; more room than count and targets before the first, so that a wrong index shows. */
    private record Call(float[] in, int inputs, float[] coefficients, int targets, int stride, int count) {
        static Call random(RandomCase random, int inputs, int targets, int count, boolean odd) {
            int stride = count + random.nextInt(9);
            float[] in = values(random, inputs * stride, odd);
            float[] coefficients = values(random, (targets + 1) * inputs, odd);
            return new Call(in, inputs, coefficients, targets, stride, count);
        }

        private static float[] values(RandomCase random, int n, boolean odd) {
            float[] values = new float[n];
            for (int i = 0; i < n; i++)
                values[i] = odd && random.nextInt(4) == 0
                        ? ODD[random.nextInt(ODD.length)]
                        : (float) (random.nextGaussian() * Math.exp(4 * random.nextGaussian()));
            return values;
        }

        /** {@code [targets, stride]}, of all targets but the first of the coefficients. */
        float[] combine(Kernel kernel) {
            float[] out = new float[targets * stride];
            Arrays.fill(out, Float.NaN);
            kernel.combine(in, inputs, coefficients, 1, targets, out, stride, count);
            return out;
        }
    }

    /** A JVM that is told of the module when it starts writes a warning to every terminal. */
    @Test
    void vectorsAreThereWithoutTheJvmHavingBeenToldAtItsStart() {
        assertThat(ModuleLayer.boot().findModule(VectorModule.NAME)).isEmpty();
        assertThat(KernelChoice.fastest()).isInstanceOf(VectorKernel.class);
    }

    @RandomCases(2000)
    void bothKernelsComputeTheSameBits(RandomCase random) {
        Call call = Call.random(random, random.between(1, 40), random.between(1, 9), random.between(1, 300), true);
        if (random.nextBoolean()) call.in[random.nextInt(call.in.length)] = Float.NEGATIVE_INFINITY;
        assertThat(call.combine(KernelChoice.VECTOR.create()))
                .isEqualTo(call.combine(new PlainKernel()))
                .isEqualTo(call.combine(KernelChoice.AUTO.create()));
    }

    /** n roundings of the sum and one of each coefficient: (n + 1) half units in the last place of everything added. */
    @RandomCases
    void accumulatesInSinglePrecision(RandomCase random) {
        Call call = Call.random(random, random.between(1, 40), random.between(1, 9), random.between(1, 300), false);
        for (Kernel kernel : new Kernel[] {KernelChoice.VECTOR.create(), new PlainKernel(), new Nd4jKernel()})
            assertThatErrorsAreBounded(call, call.combine(kernel));
    }

    private static void assertThatErrorsAreBounded(Call call, float[] out) {
        int inputs = call.inputs;
        for (int t = 0; t < call.targets; t++) {
            for (int i = 0; i < call.count; i++) {
                double exact = 0;
                double magnitude = 0;
                for (int j = 0; j < inputs; j++) {
                    double term = (double) call.coefficients[(t + 1) * inputs + j] * call.in[j * call.stride + i];
                    exact += term;
                    magnitude += Math.abs(term);
                }
                assertThat((double) out[t * call.stride + i] - exact)
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
        all.coefficients[inputs + unused] = 0;
        float[] in = new float[(inputs - 1) * all.stride];
        float[] coefficients = new float[2 * (inputs - 1)];
        for (int j = 0, to = 0; j < inputs; j++) {
            if (j == unused) continue;
            System.arraycopy(all.in, j * all.stride, in, to * all.stride, all.stride);
            coefficients[inputs - 1 + to++] = all.coefficients[inputs + j];
        }
        Call without = new Call(in, inputs - 1, coefficients, 1, all.stride, count);
        for (Kernel kernel : new Kernel[] {new PlainKernel(), KernelChoice.VECTOR.create()})
            assertThat(all.combine(kernel)).isEqualTo(without.combine(kernel));
    }
}
