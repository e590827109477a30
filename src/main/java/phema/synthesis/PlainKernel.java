package phema.synthesis;

import java.util.Arrays;

/**
 * Computes combinations in plain loops, which the JIT compiler vectorizes where the processor has fused multiply-add.
 */
final class PlainKernel implements Kernel {
    @Override
    public void combine(
            float[] in,
            int inputs,
            float[] coefficients,
            int firstTarget,
            int targets,
            float[] out,
            int stride,
            int count) {
        for (int t = 0; t < targets; t++) {
            int to = t * stride;
            Arrays.fill(out, to, to + count, 0f);
            for (int j = 0; j < inputs; j++) {
                float c = coefficients[(firstTarget + t) * inputs + j];
                int from = j * stride;
                for (int i = 0; i < count; i++) out[to + i] = Math.fma(in[from + i], c, out[to + i]);
            }
            for (int i = 0; i < count; i++) out[to + i] += 0f;
        }
    }
}
