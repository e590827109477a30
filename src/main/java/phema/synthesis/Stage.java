package phema.synthesis;

/** Says where the time of a synthesis goes. */
public enum Stage {
    /** Opening inputs and checking that they are what was indexed. */
    OPEN,
    READ,
    /** The conversion from stored elements to floats. */
    CONVERT,
    COMBINE,
    /** The conversion from floats to stored elements, and the check that they are finite. */
    NARROW,
    WRITE
}
