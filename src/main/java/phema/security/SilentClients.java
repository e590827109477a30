package phema.security;

import jakarta.servlet.ServletException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.apache.coyote.InputBuffer;
import org.apache.tomcat.util.net.ApplicationBufferHandler;
import org.springframework.boot.tomcat.ConfigurableTomcatWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.stereotype.Component;
import phema.time.Ticker;

/**
 * Lets go of clients that announce more than they send, or send it byte by byte. Of a body that nobody wants as much is
 * read as clients need that send all before they read the answer, and no longer than they keep sending: Tomcat would
 * wait a minute for each byte.
 */
@Component
final class SilentClients implements WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> {
    private final Ticker ticker;

    SilentClients(Ticker ticker) {
        this.ticker = ticker;
    }

    @Override
    public void customize(ConfigurableTomcatWebServerFactory factory) {
        factory.addEngineValves(new Release(ticker));
    }

    /** Around everything, the pages of errors included. */
    private static final class Release extends ValveBase {
        private final Ticker ticker;

        Release(Ticker ticker) {
            super(true);
            this.ticker = ticker;
        }

        @Override
        public void invoke(Request request, Response response) throws IOException, ServletException {
            org.apache.coyote.Request connection = request.getCoyoteRequest();
            InputBuffer all = connection.getInputBuffer(); // the next request comes out of it, too
            PunctualBody body = new PunctualBody(all, ticker);
            connection.setInputBuffer(body);
            try {
                getNext().invoke(request, response);
            } finally {
                connection.setInputBuffer(all);
            }
            Rest rest = new Rest(connection, ticker);
            // Who asked whether to send it was told by the answer.
            if (request.isAsync() || connection.hasExpectation() || rest.isRead()) return;
            response.finishResponse();
            if (body.isLate() || !rest.discard()) connection.action(ActionCode.DISABLE_SWALLOW_INPUT, null);
        }
    }

    /** Shows Tomcat what it has read, as the next request may have come with it. */
    private static final class Sink implements ApplicationBufferHandler {
        private ByteBuffer buffer = EMPTY_BUFFER;

        @Override
        public void setByteBuffer(ByteBuffer buffer) {
            this.buffer = buffer;
        }

        @Override
        public ByteBuffer getByteBuffer() {
            return buffer;
        }

        @Override
        public void expand(int size) {}
    }

    /** What comes of a body after its answer. */
    private record Rest(org.apache.coyote.Request connection, Ticker ticker) {
        private static final long MOST = 32 << 20;
        private static final Duration LONGEST = Duration.ofSeconds(30);
        private static final Duration SILENCE = Duration.ofSeconds(2);
        private static final long PAUSE_MILLIS = 10;

        boolean isRead() {
            AtomicBoolean read = new AtomicBoolean();
            connection.action(ActionCode.REQUEST_BODY_FULLY_READ, read);
            return read.get();
        }

        /** @return whether all of it came, so that the connection can be used again */
        boolean discard() {
            long begin = ticker.read();
            long last = begin;
            long bytes = 0;
            Sink sink = new Sink();
            try {
                while (!isRead() && bytes < MOST && ticker.since(begin).compareTo(LONGEST) < 0) {
                    connection.action(ActionCode.AVAILABLE, true);
                    if (connection.getAvailable() > 0) {
                        bytes += Math.max(0, connection.doRead(sink));
                        last = ticker.read();
                    } else if (ticker.since(last).compareTo(SILENCE) < 0) Thread.sleep(PAUSE_MILLIS);
                    else break;
                }
            } catch (IOException e) {
                return false; // the client has gone
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return isRead();
        }
    }
}
