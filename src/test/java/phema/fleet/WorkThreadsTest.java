package phema.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.kagkarlsson.shaded.jdbc.SQLRuntimeException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import phema.time.SettableClock;
import phema.time.Ticker;

class WorkThreadsTest {
    @Test
    void sayOnceThatNothingCanBeTakenAndOnceThatItCan() throws InterruptedException {
        CountDownLatch tried = new CountDownLatch(5);
        SettableClock clock = new SettableClock();
        RecordedLog log = new RecordedLog();
        try (log;
                WorkThreads threads = new WorkThreads(1, Duration.ofMillis(1), clock)) {
            for (int i = 0; i < 5; i++) {
                threads.execute(() -> {
                    tried.countDown();
                    throw new SQLRuntimeException(new SQLException("[SQLITE_FULL] Insertion failed"));
                });
                threads.execute(() -> {});
            }
            for (int i = 0; i < 2; i++) threads.execute(() -> clock.pass(Duration.ofSeconds(1)));
            threads.execute(() -> {});
        }
        assertThat(tried.getCount()).isZero();
        assertThat(log.lines(WorkThreads.class.getName()))
                .satisfiesExactly(
                        first -> assertThat(first).contains("No work can be taken out of the queue: The disk, or the"),
                        last -> assertThat(last).contains("Work is taken out of the queue again"));
    }

    /** An end of the process does not wait for a pause. */
    @Test
    void areInterruptedWhileTheyWait() throws InterruptedException {
        CountDownLatch tried = new CountDownLatch(1);
        WorkThreads threads = new WorkThreads(1, Duration.ofDays(1), Ticker.SYSTEM);
        threads.execute(() -> {
            tried.countDown();
            throw new IllegalStateException("no");
        });
        tried.await();
        threads.shutdownNow();
        assertThat(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
    }
}
