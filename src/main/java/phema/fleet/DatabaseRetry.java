package phema.fleet;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedRuntimeException;

/** Retries work that a database outage interrupted, for half a minute. */
public final class DatabaseRetry {
    private static final Logger log = LoggerFactory.getLogger(DatabaseRetry.class);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(16);

    private DatabaseRetry() {}

    /** Lets time pass: {@link Thread#sleep} but for tests. */
    interface Pause {
        void take(Duration time) throws InterruptedException;
    }

    /** Hours of work shall not be lost to a database that is away for half a minute. */
    public static void persistently(Runnable record) throws InterruptedException {
        persistently(record, Thread::sleep);
    }

    static void persistently(Runnable record, Pause between) throws InterruptedException {
        for (Duration pause = Duration.ofSeconds(1); ; pause = pause.multipliedBy(2)) {
            try {
                record.run();
                return;
            } catch (NestedRuntimeException e) {
                if (pause.compareTo(LONGEST_PAUSE) > 0) throw e;
                log.warn("A result cannot be recorded yet: {}", e.getMessage());
                between.take(pause);
            }
        }
    }
}
