package phema.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LookProgressTest {
    private long now;
    private final LookProgress progress = new LookProgress(() -> now);

    private void pass(int seconds) {
        now += Duration.ofSeconds(seconds).toNanos();
    }

    @Test
    void saysWhatIsDoneAndHowLongTheRestTakes() {
        progress.begin(4, 100);
        for (int i = 0; i < 50; i++) progress.step();
        progress.run();
        assertThat(progress.looking()).as("one that may be short").isEmpty();
        pass(10);
        assertThat(progress.looking()).contains(new Looking(1, 4, 25, 100, Optional.of(Duration.ofSeconds(30))));
        progress.end();
        assertThat(progress.looking()).isEmpty();
    }

    @Test
    void saysNothingOfTheRestBeforeAnythingIsDone() {
        progress.begin(1, 10);
        pass(60);
        assertThat(progress.looking()).contains(new Looking(0, 1, 0, 10, Optional.empty()));
    }

    @Test
    void addsWhatSeveralRootsHold() {
        Looking one = new Looking(1, 2, 10, 20, Optional.of(Duration.ofSeconds(5)));
        Looking other = new Looking(0, 3, 1, 30, Optional.of(Duration.ofSeconds(9)));
        assertThat(one.and(other)).isEqualTo(new Looking(1, 5, 11, 50, Optional.of(Duration.ofSeconds(9))));
        assertThat(one.and(new Looking(0, 1, 0, 5, Optional.empty())).left()).isEmpty();
    }
}
