package phema.web;

import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import phema.problem.Problem;

/**
 * Sends server-sent events of what workers, wherever they run, write into the database: looked at twice a second, each
 * connection on a thread of its own.
 */
@Component
class Events {
    private static final Logger log = LoggerFactory.getLogger(Events.class);
    private static final Duration PAUSE = Duration.ofMillis(500);
    /** The number of pauses after which a comment is sent, since comments find out that a client has gone. */
    private static final int PAUSES_PER_COMMENT = 20;

    private volatile boolean closing;

    /** What happens. */
    interface Feed {
        /** Sends what is new. @return whether more may come */
        boolean sendTo(SseEmitter client) throws IOException;
    }

    SseEmitter stream(Feed feed) {
        SseEmitter client = new SseEmitter(0L);
        Thread.ofVirtual().name("events").start(() -> run(feed, client));
        return client;
    }

    private void run(Feed feed, SseEmitter client) {
        try {
            for (int i = 0; !closing && feed.sendTo(client); i++) {
                if (i % PAUSES_PER_COMMENT == 0) client.send(SseEmitter.event().comment(""));
                Thread.sleep(PAUSE);
            }
            client.complete();
        } catch (IOException | IllegalStateException clientHasGone) {
            client.complete();
        } catch (Problem whatItToldOfHasGone) {
            client.complete();
        } catch (InterruptedException | RuntimeException e) {
            // Nothing else can be said in a stream that has started.
            log.warn("A stream of events broke off", e);
            client.complete();
        }
    }

    /** Whether whoever waits for something had better answer. */
    boolean isClosing() {
        return closing;
    }

    /** The server waits for its connections. */
    @EventListener(ContextClosedEvent.class)
    void close() {
        closing = true;
    }
}
