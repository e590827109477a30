package phema.fleet;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Service;

/** Gives access to the workers and their queue. */
@Service
public class Fleet {
    /**
     * The time after which a worker that said nothing is no longer listed, everywhere; while it lives it says so every
     * other second. Its work is given to others when db-scheduler misses its heartbeats.
     */
    public static final Duration SILENCE = Duration.ofSeconds(10);

    private final FleetStore store;
    private final Queue queue;
    private final InstantSource clock;

    Fleet(FleetStore store, Queue queue, InstantSource clock) {
        this.store = store;
        this.queue = queue;
        this.clock = clock;
    }

    /** Those that live, by name. */
    public List<Worker> workers() {
        return store.seenAfter(clock.instant().minus(SILENCE));
    }

    /** Who would take such work, of those that live. */
    public Takers takers(String task, String work) {
        return store.takers(task, work, clock.instant().minus(SILENCE));
    }

    /** From now on this worker does not take such work out of the queue. @param reason in one line for the user */
    public void leaveAlone(String task, String work, String reason) {
        store.leaveAlone(task, work, reason);
    }

    /** What this worker leaves alone of such a task, with the reasons. */
    public Map<String, String> leavesAlone(String task) {
        return store.leavesAlone(task);
    }

    /** This worker takes such work again. */
    public void takeUp(String task, String work) {
        store.takeUp(task, work);
    }

    /** Counts the workers that are running. */
    public int size() {
        return workers().size();
    }

    /** Counts what waits for a worker. */
    public int queueDepth() {
        return queue.depth();
    }
}
