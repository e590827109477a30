package phema.synthesis;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Computes combinations with the Vector API: accumulators of four targets by two vectors stay in registers while all
 * inputs pass by, so that every loaded vector serves four targets; a single target gets eight accumulators instead, to
 * keep the multiply-add units busy.
 */
final class VectorKernel implements Kernel {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();

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
        int t = 0;
        for (; t + 4 <= targets; t += 4)
            four(in, inputs, coefficients, (firstTarget + t) * inputs, out, t * stride, stride, count);
        for (; t < targets; t++)
            one(in, inputs, coefficients, (firstTarget + t) * inputs, out, t * stride, stride, count);
    }

    private static void four(float[] in, int inputs, float[] c, int c0, float[] out, int o0, int stride, int count) {
        int c1 = c0 + inputs;
        int c2 = c1 + inputs;
        int c3 = c2 + inputs;
        int i = 0;
        for (; i + 2 * LANES <= count; i += 2 * LANES) {
            FloatVector a00 = FloatVector.zero(SPECIES), a01 = a00, a10 = a00, a11 = a00;
            FloatVector a20 = a00, a21 = a00, a30 = a00, a31 = a00;
            for (int j = 0, at = i; j < inputs; j++, at += stride) {
                FloatVector x0 = FloatVector.fromArray(SPECIES, in, at);
                FloatVector x1 = FloatVector.fromArray(SPECIES, in, at + LANES);
                FloatVector k = FloatVector.broadcast(SPECIES, c[c0 + j]);
                a00 = x0.fma(k, a00);
                a01 = x1.fma(k, a01);
                k = FloatVector.broadcast(SPECIES, c[c1 + j]);
                a10 = x0.fma(k, a10);
                a11 = x1.fma(k, a11);
                k = FloatVector.broadcast(SPECIES, c[c2 + j]);
                a20 = x0.fma(k, a20);
                a21 = x1.fma(k, a21);
                k = FloatVector.broadcast(SPECIES, c[c3 + j]);
                a30 = x0.fma(k, a30);
                a31 = x1.fma(k, a31);
            }
            int o = o0 + i;
            a00.add(0f).intoArray(out, o);
            a01.add(0f).intoArray(out, o + LANES);
            o += stride;
            a10.add(0f).intoArray(out, o);
            a11.add(0f).intoArray(out, o + LANES);
            o += stride;
            a20.add(0f).intoArray(out, o);
            a21.add(0f).intoArray(out, o + LANES);
            o += stride;
            a30.add(0f).intoArray(out, o);
            a31.add(0f).intoArray(out, o + LANES);
        }
        for (int t = 0; t < 4; t++) tail(in, inputs, c, c0 + t * inputs, out, o0 + t * stride, stride, i, count);
    }

    private static void one(float[] in, int inputs, float[] c, int c0, float[] out, int o0, int stride, int count) {
        int i = 0;
        for (; i + 8 * LANES <= count; i += 8 * LANES) {
            FloatVector a0 = FloatVector.zero(SPECIES), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
            for (int j = 0, at = i; j < inputs; j++, at += stride) {
                FloatVector k = FloatVector.broadcast(SPECIES, c[c0 + j]);
                a0 = FloatVector.fromArray(SPECIES, in, at).fma(k, a0);
                a1 = FloatVector.fromArray(SPECIES, in, at + LANES).fma(k, a1);
                a2 = FloatVector.fromArray(SPECIES, in, at + 2 * LANES).fma(k, a2);
                a3 = FloatVector.fromArray(SPECIES, in, at + 3 * LANES).fma(k, a3);
                a4 = FloatVector.fromArray(SPECIES, in, at + 4 * LANES).fma(k, a4);
                a5 = FloatVector.fromArray(SPECIES, in, at + 5 * LANES).fma(k, a5);
                a6 = FloatVector.fromArray(SPECIES, in, at + 6 * LANES).fma(k, a6);
                a7 = FloatVector.fromArray(SPECIES, in, at + 7 * LANES).fma(k, a7);
            }
            int o = o0 + i;
            a0.add(0f).intoArray(out, o);
            a1.add(0f).intoArray(out, o + LANES);
            a2.add(0f).intoArray(out, o + 2 * LANES);
            a3.add(0f).intoArray(out, o + 3 * LANES);
            a4.add(0f).intoArray(out, o + 4 * LANES);
            a5.add(0f).intoArray(out, o + 5 * LANES);
            a6.add(0f).intoArray(out, o + 6 * LANES);
            a7.add(0f).intoArray(out, o + 7 * LANES);
        }
        tail(in, inputs, c, c0, out, o0, stride, i, count);
    }

    private static void tail(
            float[] in, int inputs, float[] c, int c0, float[] out, int o0, int stride, int from, int count) {
        for (int i = from; i < count; i++) {
            float sum = 0;
            for (int j = 0, at = i; j < inputs; j++, at += stride) sum = Math.fma(in[at], c[c0 + j], sum);
            out[o0 + i] = sum + 0f;
        }
    }
}
