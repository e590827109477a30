package phema.fleet;

/**
 * Says that a worker does not take some work, which is left to others.
 *
 * @param worker its name
 * @param task the kind of work, as the queue names it: {@code evaluation} or {@code synthesis}; empty for all there is
 * @param work the id of a sweep or of a synthesis; empty for all there is
 * @param reason in one line for the user
 */
public record LeftAlone(String worker, String task, String work, String reason) {}
