package phema.fleet;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.springframework.stereotype.Component;

/**
 * Leaves out what db-scheduler has to say of {@link Outage}s, every few seconds with a stack trace, as long as one
 * lasts: {@link Heartbeat} and {@link WorkThreads} say when it begins and when it is over.
 */
@Component
final class QueueLog extends TurboFilter {
    private static final String SCHEDULER = "com.github.kagkarlsson.";

    @PostConstruct
    void add() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext loggers) loggers.addTurboFilter(this);
    }

    @PreDestroy
    void remove() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext loggers)
            loggers.getTurboFilterList().remove(this);
    }

    @Override
    public FilterReply decide(
            @Nullable Marker marker,
            Logger logger,
            Level level,
            @Nullable String format,
            Object @Nullable [] values,
            @Nullable Throwable failure) {
        if (!logger.getName().startsWith(SCHEDULER)) return FilterReply.NEUTRAL;
        @Nullable Object last = failure;
        if (last == null && values != null && values.length > 0) last = values[values.length - 1];
        return last instanceof Throwable e && Outage.behind(e).isPresent() ? FilterReply.DENY : FilterReply.NEUTRAL;
    }
}
