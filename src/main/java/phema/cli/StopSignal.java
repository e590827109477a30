package phema.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Notes a signal that ends the process, until this is closed, and lets the work come to an end of its own first.
 */
final class StopSignal implements AutoCloseable {
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch done = new CountDownLatch(1);
    private final Runnable heard;
    private final Thread hook = new Thread(this::stopAndWait, "stop");

    /** @param heard what to do when the signal comes, at once */
    StopSignal(Runnable heard) {
        this.heard = heard;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    boolean stopped() {
        return asked.getCount() == 0;
    }

    /** Waits for so long, or until the signal comes. @return whether it has come */
    boolean await(Duration pause) throws InterruptedException {
        return asked.await(pause.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void stopAndWait() {
        asked.countDown();
        heard.run();
        try {
            done.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        done.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending.
        }
    }
}
