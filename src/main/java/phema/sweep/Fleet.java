package phema.sweep;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.springframework.stereotype.Service;

/** The workers and their queue. */
@Service
public class Fleet {
    /** A worker says every other second that it lives. */
    private static final Duration SILENCE = Duration.ofSeconds(10);

    private final FleetStore store;
    private final SweepStore sweeps;
    private final Queue queue;

    Fleet(FleetStore store, SweepStore sweeps, Queue queue) {
        this.store = store;
        this.sweeps = sweeps;
        this.queue = queue;
    }

    /** Those that live, by name. */
    public List<Worker> workers() {
        return store.seenAfter(Instant.now().minus(SILENCE));
    }

    /** How many live. */
    int size() {
        return workers().size();
    }

    /** Trials and syntheses that wait for a worker. */
    public int queueDepth() {
        return queue.depth();
    }

    /** Trials that failed last, the latest first. */
    public List<Trial> recentFailures(int limit) {
        return sweeps.recentFailures(limit);
    }
}
