package phema.security;

/** Says what the bearer of a token may do. */
public enum Role {
    /** Look, compute and download. */
    READ,
    /** May also start, change and stop what the service keeps. */
    WRITE
}
