package phema.fleet;

/**
 * Names what a worker works on.
 *
 * @param task the kind of work
 * @param instance such as {@code SWEEP/NUMBER}
 */
public record TakenWork(String task, String instance) {}
