package phema.synthesis;

import java.util.Arrays;

/**
 * Computes combinations in plain loops, which the JIT compiler vectorizes where the processor has fused multiply-add:
 * each row is an array of its own and has the same index everywhere, so that no row can be taken for another. Every
 * value that is loaded serves four targets, and every sum takes in four inputs, which is about what registers hold; a
 * target alone takes in eight.
 */
final class PlainKernel implements Kernel {
    @Override
    public void combine(
            float[][] in, int inputs, float[][] coefficients, int firstTarget, int targets, float[][] out, int count) {
        for (int t = 0; t < targets; t++) Arrays.fill(out[t], 0, count, 0f);
        int t = 0;
        for (; t + 4 <= targets; t += 4) {
            int j = 0;
            for (; j + 4 <= inputs; j += 4) addFourToFour(in, j, coefficients, firstTarget + t, out, t, count);
            for (; j < inputs; j++)
                for (int k = t; k < t + 4; k++) add(in[j], coefficients[firstTarget + k][j], out[k], count);
        }
        for (; t < targets; t++) {
            float[] row = coefficients[firstTarget + t];
            int j = 0;
            for (; j + 8 <= inputs; j += 8) addEight(in, j, row, out[t], count);
            for (; j < inputs; j++) add(in[j], row[j], out[t], count);
        }
        for (t = 0; t < targets; t++) makeZerosPositive(out[t], count);
    }

    /** Adds four inputs from {@code j} on to four targets from {@code t} on, whose coefficients begin at {@code c}. */
    private static void addFourToFour(
            float[][] in, int j, float[][] coefficients, int c, float[][] out, int t, int count) {
        float[] in0 = in[j], in1 = in[j + 1], in2 = in[j + 2], in3 = in[j + 3];
        float[] out0 = out[t], out1 = out[t + 1], out2 = out[t + 2], out3 = out[t + 3];
        float[] a = coefficients[c], b = coefficients[c + 1], d = coefficients[c + 2], e = coefficients[c + 3];
        float a0 = a[j], a1 = a[j + 1], a2 = a[j + 2], a3 = a[j + 3];
        float b0 = b[j], b1 = b[j + 1], b2 = b[j + 2], b3 = b[j + 3];
        float d0 = d[j], d1 = d[j + 1], d2 = d[j + 2], d3 = d[j + 3];
        float e0 = e[j], e1 = e[j + 1], e2 = e[j + 2], e3 = e[j + 3];
        for (int i = 0; i < count; i++) {
            float x0 = in0[i], x1 = in1[i], x2 = in2[i], x3 = in3[i];
            out0[i] = Math.fma(x3, a3, Math.fma(x2, a2, Math.fma(x1, a1, Math.fma(x0, a0, out0[i]))));
            out1[i] = Math.fma(x3, b3, Math.fma(x2, b2, Math.fma(x1, b1, Math.fma(x0, b0, out1[i]))));
            out2[i] = Math.fma(x3, d3, Math.fma(x2, d2, Math.fma(x1, d1, Math.fma(x0, d0, out2[i]))));
            out3[i] = Math.fma(x3, e3, Math.fma(x2, e2, Math.fma(x1, e1, Math.fma(x0, e0, out3[i]))));
        }
    }

    private static void addEight(float[][] in, int j, float[] c, float[] out, int count) {
        float[] in0 = in[j], in1 = in[j + 1], in2 = in[j + 2], in3 = in[j + 3];
        float[] in4 = in[j + 4], in5 = in[j + 5], in6 = in[j + 6], in7 = in[j + 7];
        float c0 = c[j], c1 = c[j + 1], c2 = c[j + 2], c3 = c[j + 3];
        float c4 = c[j + 4], c5 = c[j + 5], c6 = c[j + 6], c7 = c[j + 7];
        for (int i = 0; i < count; i++) {
            float four = Math.fma(in3[i], c3, Math.fma(in2[i], c2, Math.fma(in1[i], c1, Math.fma(in0[i], c0, out[i]))));
            out[i] = Math.fma(in7[i], c7, Math.fma(in6[i], c6, Math.fma(in5[i], c5, Math.fma(in4[i], c4, four))));
        }
    }

    private static void add(float[] in, float c, float[] out, int count) {
        for (int i = 0; i < count; i++) out[i] = Math.fma(in[i], c, out[i]);
    }

    private static void makeZerosPositive(float[] out, int count) {
        for (int i = 0; i < count; i++) out[i] += 0f;
    }
}
