package phema.fleet;

import java.time.Instant;
import java.util.List;

/**
 * Describes a process that takes trials.
 *
 * @param name unique among all there ever were
 * @param seen its last heartbeat
 * @param running what it works on, such as {@code SWEEP/NUMBER}
 */
public record Worker(String name, String host, long pid, Instant since, Instant seen, List<String> running) {
    public Worker {
        running = List.copyOf(running);
    }
}
