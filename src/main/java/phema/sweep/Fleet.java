package phema.sweep;

import java.util.List;
import org.springframework.stereotype.Service;

/** The workers and their queue. */
@Service
public class Fleet {
    /** Those that live, by name. */
    public List<Worker> workers() {
        throw new UnsupportedOperationException();
    }

    /** Trials and syntheses that wait for a worker. */
    public int queueDepth() {
        throw new UnsupportedOperationException();
    }

    /** Trials that failed last, the latest first. */
    public List<Trial> recentFailures(int limit) {
        throw new UnsupportedOperationException();
    }
}
