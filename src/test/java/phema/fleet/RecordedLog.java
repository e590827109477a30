package phema.fleet;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.slf4j.LoggerFactory;

/** Keeps what is logged while it is open, whatever other tests have made of the console. */
final class RecordedLog implements AutoCloseable {
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final ListAppender<ILoggingEvent> events = new ListAppender<>();

    RecordedLog() {
        events.start();
        root.addAppender(events);
    }

    /** What the logger of this name said. */
    List<String> lines(String logger) {
        return List.copyOf(events.list).stream()
                .filter(event -> event.getLoggerName().equals(logger))
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    @Override
    public void close() {
        root.detachAppender(events);
    }
}
