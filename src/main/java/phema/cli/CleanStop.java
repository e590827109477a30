package phema.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Sees to it that, until {@link #ended}, a signal that ends the process interrupts the work and waits until the work
 * has removed its half-written files.
 */
final class CleanStop {
    /** The most seconds that a stop takes: what cannot be interrupted must not keep the process alive. */
    private static final int MOST_SECONDS = 20;

    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook;

    CleanStop() {
        Thread worker = Thread.currentThread();
        hook = new Thread(() -> {
            worker.interrupt();
            try {
                if (!done.await(MOST_SECONDS, TimeUnit.SECONDS))
                    System.err.println(
                            "phema: ended without cleaning up; hidden files that end in .tmp can be deleted");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Runtime.getRuntime().addShutdownHook(hook);
    }

    void ended() {
        done.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending.
        }
    }
}
