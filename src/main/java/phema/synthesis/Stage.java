package phema.synthesis;

/** Says where the time of a synthesis goes. */
public enum Stage {
    /** Opening inputs and checking that they are what was indexed. */
    OPEN,
    READ,
    /** From stored elements to floats. */
    CONVERT,
    COMBINE,
    /** From floats to stored elements, and the check that they are finite. */
    NARROW,
    WRITE
}
