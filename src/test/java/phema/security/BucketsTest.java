package phema.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import phema.time.SettableClock;

class BucketsTest {
    private final SettableClock clock = new SettableClock();
    private final Buckets buckets = new Buckets(2, clock);

    @Test
    void grantTenSecondsWorthAtOnceAndThenTheRate() {
        for (int i = 0; i < 20; i++) assertThat(buckets.take("a")).isEmpty();
        assertThat(buckets.take("a")).contains(Duration.ofMillis(500));
        clock.jump(Duration.ofDays(1));
        assertThat(buckets.take("a")).contains(Duration.ofMillis(500));
        clock.pass(Duration.ofMillis(500));
        assertThat(buckets.take("a")).isEmpty();
        assertThat(buckets.take("a")).isPresent();
        clock.pass(Duration.ofDays(1));
        for (int i = 0; i < 20; i++) assertThat(buckets.take("a")).isEmpty();
        assertThat(buckets.take("a")).isPresent();
    }

    @Test
    void letNoClientPayForAnother() {
        for (int i = 0; i < 30; i++) buckets.take("a");
        assertThat(buckets.take("b")).isEmpty();
    }
}
