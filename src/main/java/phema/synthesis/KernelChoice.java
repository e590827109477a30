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

    /** Loaded when something is computed: loading vectors takes time, and much is asked that computes nothing. */
    private static final class Fastest {
        static final Kernel KERNEL = VectorModule.isThere() ? new VectorKernel() : new PlainKernel();
    }

    /** What {@link #AUTO} computes with. */
    static Kernel fastest() {
        return Fastest.KERNEL;
    }

    /** @throws Problem when this JVM cannot run it */
    Kernel create() {
        return switch (this) {
            case AUTO ->
                (in, inputs, coefficients, first, targets, out, stride, count) ->
                        fastest().combine(in, inputs, coefficients, first, targets, out, stride, count);
            case PLAIN -> new PlainKernel();
            case VECTOR -> {
                if (!VectorModule.isThere())
                    throw Problem.invalid(
                            "kernel", "the vector kernel needs a JVM started with --add-modules=" + VectorModule.NAME);
                yield new VectorKernel();
            }
            case ND4J -> new Nd4jKernel();
        };
    }
}
