package phema.synthesis;

/** Chooses what computes the combinations. */
public enum KernelChoice {
    /** Plain loops, of which the JIT compiler makes vectors. */
    PLAIN,
    /**
     * ND4J, on the CPU or, in builds with {@code -Pcuda}, on a GPU. Sums in an order of its own, so results may differ
     * from those of {@link #PLAIN} in the last place, and those of a range from those of the whole: for writing files,
     * not for downloads.
     */
    ND4J;

    Kernel create() {
        return switch (this) {
            case PLAIN -> new PlainKernel();
            case ND4J -> new Nd4jKernel();
        };
    }
}
