package phema.fleet;

/**
 * Tidies what work has left. Every worker does the chores of all rooms every ten seconds beside its work; one that
 * fails is tried again then. See {@link Upkeep} for services without workers.
 */
public interface Chore {
    void run() throws Exception;
}
