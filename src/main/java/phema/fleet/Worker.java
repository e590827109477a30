package phema.fleet;

import java.time.Instant;
import java.util.List;

/**
 * Describes a process that takes trials.
 *
 * @param name unique among all there ever were
 * @param seen its last heartbeat
 * @param version of phema that it is; empty where it is too old to say
 * @param outdated whether it is older than the database, so that it takes nothing
 * @param running what it works on
 * @param leavesAlone what it does not take, by task and id
 */
public record Worker(
        String name,
        String host,
        long pid,
        Instant since,
        Instant seen,
        String version,
        boolean outdated,
        List<TakenWork> running,
        List<LeftAlone> leavesAlone) {
    public Worker {
        running = List.copyOf(running);
        leavesAlone = List.copyOf(leavesAlone);
    }
}
