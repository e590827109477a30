package phema.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import phema.time.Await;

class PatientHealthTest {
    @Test
    void tellsProbesInTimeThatTheDatabaseDoesNotAnswerAndAsksItOnce() {
        CountDownLatch back = new CountDownLatch(1);
        AtomicInteger questions = new AtomicInteger();
        PatientHealth health = new PatientHealth(() -> {
            if (questions.incrementAndGet() == 1) await(back);
            return Health.up().build();
        });
        long begun = System.nanoTime();
        assertThat(health.health().getStatus()).isEqualTo(Status.DOWN);
        assertThat(health.health().getStatus()).isEqualTo(Status.DOWN);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Patience.LONGEST.multipliedBy(2));
        assertThat(questions).hasValue(1);
        back.countDown();
        Await.until(() -> health.health().getStatus().equals(Status.UP));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
