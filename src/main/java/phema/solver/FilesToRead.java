package phema.solver;

/** Says how many of the stored files a fit may read. */
public enum FilesToRead {
    /**
     * As few as keep the predicted error within 5 % of what all files give, and not above that of
     * {@link SolverKind#PAPER}.
     */
    FEWEST,
    /** Every one. */
    ALL
}
