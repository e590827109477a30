package phema.synthesis;

/**
 * Computes linear combinations of many inputs into several targets at once.
 *
 * <p>Every kernel but ND4J's computes the same bits: each element is a chain of fused multiply-adds in single
 * precision, over the inputs in their order, starting from zero; a zero is positive at last, whatever underflowed. So
 * bytes do not depend on the machine, the number of threads, how a file is split into requests, or inputs that only
 * other targets need.
 */
interface Kernel {
    /**
     * {@code out[t * stride + i] = sum over j of coefficients[t * inputs + j] * in[j * stride + i]} for
     * {@code i < count}.
     *
     * @param in {@code [inputs, stride]}
     * @param coefficients {@code [targets, inputs]}
     * @param out {@code [targets, stride]}
     */
    void combine(
            float[] in,
            int inputs,
            float[] coefficients,
            int firstTarget,
            int targets,
            float[] out,
            int stride,
            int count);
}
