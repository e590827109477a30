package phema.time;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/**
 * Waits for what real processes and threads do. Where only time must pass, tests move a {@link SettableClock} instead.
 */
public final class Await {
    private static final Duration PATIENCE = Duration.ofMinutes(5); // machines may be very busy
    private static final Duration PAUSE = Duration.ofMillis(10);

    private Await() {}

    public static void until(Callable<Boolean> condition) {
        Awaitility.await()
                .pollInSameThread()
                .atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(PAUSE)
                .until(condition);
    }

    /** Until the condition has held for so long without a break. */
    public static void untilLasting(Duration time, Callable<Boolean> condition) {
        Awaitility.await()
                .pollInSameThread()
                .atMost(PATIENCE)
                .during(time)
                .pollDelay(Duration.ZERO)
                .pollInterval(PAUSE)
                .until(condition);
    }

    /** Lets processes go on that no condition tells of. */
    public static void whileOthersGoOn(Duration time) throws InterruptedException {
        Thread.sleep(time);
    }
}
