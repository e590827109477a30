package phema.cli;

import java.util.concurrent.CountDownLatch;

/** From its making until {@link #ended}, a signal that ends the process interrupts the work and waits until that has removed its half-written files. */
final class CleanStop {
    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook;

    CleanStop() {
        Thread worker = Thread.currentThread();
        hook = new Thread(() -> {
            worker.interrupt();
            try {
                done.await();
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
