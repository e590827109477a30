package phema.synthesis;

/**
 * Computes linear combinations of many inputs into several targets at once.
 *
 * <p>{@link PlainKernel} computes the same bits everywhere: each element is a chain of fused multiply-adds in single
 * precision, over the inputs in their order, starting from zero; a zero is positive at last, whatever underflowed. So
 * bytes do not depend on the machine, the number of threads, how a file is split into requests, or inputs that only
 * other targets need.
 */
interface Kernel {
    /**
     * {@code out[t][i] = sum over j of coefficients[firstTarget + t][j] * in[j][i]} for {@code t < targets},
     * {@code j < inputs}, {@code i < count}. Rows may be longer, and more.
     *
     * @param in {@code [inputs, count]}
     * @param coefficients {@code [firstTarget + targets, inputs]}
     * @param out {@code [targets, count]}
     */
    void combine(
            float[][] in, int inputs, float[][] coefficients, int firstTarget, int targets, float[][] out, int count);
}
