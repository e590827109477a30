package phema.security;

import jakarta.servlet.ServletException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.springframework.boot.tomcat.ConfigurableTomcatWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import phema.time.Ticker;

/**
 * Lets go of clients that announce more than they send. Tomcat would read the rest of a body that was refused, so that
 * the connection can be used again, and wait for it as long as it did before, or for what it would not read to the end.
 */
@Component
final class SilentClients implements WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> {
    /** The time after which a refusal is of a body that did not come: nothing else waits for a client. */
    private static final Duration SILENCE = Duration.ofSeconds(15);

    /** The bytes that Tomcat reads of what nobody wants. */
    private static final long MOST_SWALLOWED = 2 << 20;

    private final Ticker ticker;

    SilentClients(Ticker ticker) {
        this.ticker = ticker;
    }

    @Override
    public void customize(ConfigurableTomcatWebServerFactory factory) {
        factory.addContextCustomizers(context -> context.getPipeline().addValve(new Release(ticker)));
    }

    private static final class Release extends ValveBase {
        private final Ticker ticker;

        Release(Ticker ticker) {
            super(true);
            this.ticker = ticker;
        }

        @Override
        public void invoke(Request request, Response response) throws IOException, ServletException {
            long begin = ticker.read();
            getNext().invoke(request, response);
            boolean refused = response.getStatus() >= HttpStatus.BAD_REQUEST.value();
            boolean silent = ticker.since(begin).compareTo(SILENCE) > 0;
            if (refused && (silent || request.getContentLengthLong() > MOST_SWALLOWED) && !isRead(request)) {
                response.finishResponse();
                request.getCoyoteRequest().action(ActionCode.DISABLE_SWALLOW_INPUT, null);
            }
        }

        private static boolean isRead(Request request) {
            AtomicBoolean read = new AtomicBoolean();
            request.getCoyoteRequest().action(ActionCode.REQUEST_BODY_FULLY_READ, read);
            return read.get();
        }
    }
}
