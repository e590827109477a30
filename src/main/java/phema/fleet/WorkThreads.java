package phema.fleet;

import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import phema.time.Ticker;

/**
 * Runs what db-scheduler does to take work out of the queue, and the work. While the database lets none be taken, as on
 * a full disk, db-scheduler tries again at once, a thousand times a second, with a stack trace each. Here a thread
 * waits after that, and the log has a line when it begins and one when it is over.
 */
final class WorkThreads extends ThreadPoolExecutor {
    private static final Logger log = LoggerFactory.getLogger(WorkThreads.class);

    private final Duration pause;
    private final Ticker ticker;
    private final AtomicBoolean failing = new AtomicBoolean();
    private volatile long failed;

    /** @param pause of a thread that could take nothing */
    WorkThreads(int threads, Duration pause, Ticker ticker) {
        super(
                threads,
                threads,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().name("phema-work-", 1).factory());
        this.pause = pause;
        this.ticker = ticker;
    }

    @Override
    public void execute(Runnable work) {
        super.execute(() -> {
            try {
                work.run();
                worked();
            } catch (RuntimeException e) {
                failed(e);
            }
        });
    }

    /** What was to be taken with something that failed may end well without being taken. */
    private void worked() {
        if (ticker.since(failed).compareTo(pause.multipliedBy(2)) > 0 && failing.getAndSet(false))
            log.info("Work is taken out of the queue again");
    }

    private void failed(RuntimeException e) {
        failed = ticker.read();
        if (!failing.getAndSet(true))
            Outage.behind(e)
                    .ifPresentOrElse(
                            outage -> log.warn("No work can be taken out of the queue: {}", outage.message()),
                            () -> log.warn("No work can be taken out of the queue", e));
        try {
            Thread.sleep(pause);
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }
}
