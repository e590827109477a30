package phema.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class QueueLogTest {
    private static final String SCHEDULER = "com.github.kagkarlsson.scheduler.Scheduler";
    private static final Exception FULL = new IllegalStateException(new SQLException("[SQLITE_FULL] no room"));
    private static final Exception BUG = new IllegalStateException("a bug");

    @Test
    void leavesOutWhatTheSchedulerSaysOfOutagesAlone() {
        Logger scheduler = LoggerFactory.getLogger(SCHEDULER);
        QueueLog filter = new QueueLog();
        RecordedLog log = new RecordedLog();
        filter.add();
        try (log) {
            scheduler.error("first", FULL);
            scheduler.error("second {}", "execution", FULL);
            scheduler.error("third {}", "execution", BUG);
            scheduler.error("fourth {}", "execution");
            LoggerFactory.getLogger(QueueLogTest.class).error("fifth", FULL);
        } finally {
            filter.remove();
        }
        assertThat(log.lines(SCHEDULER)).containsExactly("third execution", "fourth execution");
        assertThat(log.lines(QueueLogTest.class.getName())).containsExactly("fifth");
    }
}
