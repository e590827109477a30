package phema.solver;

/** How many of the stored files a fit may read. */
public enum Files {
    /** As few as keep the predicted error within 5 % of what all files give. */
    FEWEST,
    /** Every one. */
    ALL
}
