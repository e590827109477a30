package phema.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.CannotGetJdbcConnectionException;

class DatabaseRetryTest {
    private final List<Duration> pauses = new ArrayList<>();
    private int failures;

    private void record() {
        if (failures-- > 0) throw new CannotGetJdbcConnectionException("away");
    }

    @Test
    void waitsHalfAMinuteForTheDatabase() throws Exception {
        failures = 5;
        DatabaseRetry.persistently(this::record, pauses::add);
        assertThat(pauses).extracting(Duration::toSeconds).containsExactly(1L, 2L, 4L, 8L, 16L);
    }

    @Test
    void waitsNoLonger() {
        failures = 6;
        assertThatThrownBy(() -> DatabaseRetry.persistently(this::record, pauses::add))
                .isInstanceOf(CannotGetJdbcConnectionException.class);
        assertThat(pauses).hasSize(5);
    }
}
