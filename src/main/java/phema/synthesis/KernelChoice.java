package phema.synthesis;

import phema.problem.Problem;

/** Chooses what computes the combinations. */
public enum KernelChoice {
    /** The fastest of {@link #VECTOR} and {@link #PLAIN} that this JVM can run. */
    AUTO,
    /** The Vector API. */
    VECTOR,
    /** Plain loops; the same bits as {@link #VECTOR}. */
    PLAIN,
    /**
     * ND4J, on the CPU or, in builds with {@code -Pcuda}, on a GPU. Sums in an order of its own, so results may differ
     * from the others' in the last place, and those of a range from those of the whole: for writing files, not for
     * downloads.
     */
    ND4J;

    /** @throws Problem when this JVM cannot run it */
    Kernel create() {
        boolean vectors = this != PLAIN && this != ND4J && VectorModule.isThere();
        return switch (this) {
            case AUTO -> vectors ? new VectorKernel() : new PlainKernel();
            case PLAIN -> new PlainKernel();
            case VECTOR -> {
                if (!vectors)
                    throw Problem.invalid(
                            "kernel", "the vector kernel needs a JVM started with --add-modules=" + VectorModule.NAME);
                yield new VectorKernel();
            }
            case ND4J -> new Nd4jKernel();
        };
    }
}
