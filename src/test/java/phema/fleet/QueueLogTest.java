package phema.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class QueueLogTest {
    private static final Exception FULL = new IllegalStateException(new SQLException("[SQLITE_FULL] no room"));
    private static final Exception BUG = new IllegalStateException("a bug");

    @Test
    void leavesOutWhatTheSchedulerSaysOfOutagesAlone(CapturedOutput output) {
        Logger scheduler = LoggerFactory.getLogger("com.github.kagkarlsson.scheduler.Scheduler");
        QueueLog filter = new QueueLog();
        filter.add();
        try {
            scheduler.error("first", FULL);
            scheduler.error("second {}", "execution", FULL);
            scheduler.error("third {}", "execution", BUG);
            scheduler.error("fourth {}", "execution");
            LoggerFactory.getLogger(QueueLogTest.class).error("fifth", FULL);
        } finally {
            filter.remove();
        }
        assertThat(output.toString()).doesNotContain("first", "second").contains("third", "a bug", "fourth", "fifth");
    }
}
