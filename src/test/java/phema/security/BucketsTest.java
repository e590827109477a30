package phema.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BucketsTest {
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5); // nanoTime may overflow
    private final Buckets buckets = new Buckets(2, now::get);

    private void passes(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void grantTenSecondsWorthAtOnceAndThenTheRate() {
        for (int i = 0; i < 20; i++) assertThat(buckets.take("a")).isEmpty();
        assertThat(buckets.take("a")).contains(Duration.ofMillis(500));
        passes(Duration.ofMillis(500));
        assertThat(buckets.take("a")).isEmpty();
        assertThat(buckets.take("a")).isPresent();
        passes(Duration.ofDays(1));
        for (int i = 0; i < 20; i++) assertThat(buckets.take("a")).isEmpty();
        assertThat(buckets.take("a")).isPresent();
    }

    @Test
    void letNoClientPayForAnother() {
        for (int i = 0; i < 30; i++) buckets.take("a");
        assertThat(buckets.take("b")).isEmpty();
    }
}
