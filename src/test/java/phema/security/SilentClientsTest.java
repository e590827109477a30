package phema.security;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServer;
import phema.http.RawHttp;
import phema.time.SettableClock;

/** Bodies that come slowly, or are not wanted. */
class SilentClientsTest {
    private static final int PIECE = 50_000;
    private static final int IMAGE = 8 << 20;

    private final SettableClock clock = new SettableClock();
    private final Semaphore pieces = new Semaphore(0);
    private WebServer server;

    /** Reads what is sent to it piece by piece, but not what is sent to {@code /no}. */
    private final class Reader extends HttpServlet {
        private static final long serialVersionUID = 1L;

        @Override
        protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
            if (request.getRequestURI().equals("/no")) {
                response.setStatus(404);
                response.getWriter().write("not wanted");
                return;
            }
            if (request.getParameter("form") != null) return;
            ServletInputStream body = request.getInputStream();
            byte[] piece = new byte[PIECE];
            while (body.read(piece) > 0) pieces.release();
            response.getWriter().write("read");
        }
    }

    @BeforeEach
    void start() {
        TomcatServletWebServerFactory factory = new TomcatServletWebServerFactory(0);
        new SilentClients(clock).customize(factory);
        server = factory.getWebServer(
                context -> context.addServlet("reader", new Reader()).addMapping("/"));
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop();
    }

    private Socket post(String path, int length, String... headers) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.getPort());
        socket.setSoTimeout(10_000);
        RawHttp.send(socket, "POST " + path, "Content-Length: " + length + String.join("", headers));
        return socket;
    }

    private static String answer(Socket socket, int length) throws IOException {
        return new String(socket.getInputStream().readNBytes(length), ISO_8859_1);
    }

    @Test
    void whatTricklesIsEnded() throws Exception {
        try (Socket socket = post("/", 100)) {
            OutputStream out = socket.getOutputStream();
            out.write(1);
            pieces.acquire();
            clock.pass(Duration.ofSeconds(29));
            out.write(1);
            pieces.acquire();
            clock.pass(Duration.ofSeconds(2));
            out.write(1);
            assertThat(answer(socket, Integer.MAX_VALUE))
                    .startsWith("HTTP/1.1 4")
                    .contains("Connection: close");
        }
    }

    /** Tomcat reads it, whatever stands before. */
    @Test
    void aFormThatTricklesIsEnded() throws Exception {
        try (Socket socket = post("/", 1_000, "\r\nContent-Type: application/x-www-form-urlencoded")) {
            socket.setSoTimeout(5);
            int sent = 0;
            for (; sent < 900 && goesOn(socket); sent++) clock.pass(Duration.ofSeconds(20));
            assertThat(sent).isLessThan(900);
        }
    }

    /** Sends a byte. @return whether more is waited for */
    private static boolean goesOn(Socket socket) throws IOException {
        try {
            socket.getOutputStream().write('a');
            socket.getInputStream().read();
            return false;
        } catch (SocketTimeoutException e) {
            return true;
        } catch (SocketException e) {
            return false;
        }
    }

    @Test
    void anImageMayTakeMinutes() throws Exception {
        try (Socket socket = post("/", IMAGE)) {
            int read = 0;
            for (int left = IMAGE; left > 0; left -= PIECE) {
                socket.getOutputStream().write(new byte[Math.min(PIECE, left)]);
                pieces.acquire();
                clock.pass(Duration.ofSeconds(1));
                read++;
            }
            assertThat(read).isGreaterThan(160);
            assertThat(answer(socket, 13)).isEqualTo("HTTP/1.1 200 ");
        }
    }

    @Test
    void theNextRequestMayComeWithABodyThatIsRefused() throws Exception {
        try (Socket socket = post("/no", 10)) {
            assertThat(answer(socket, 13)).isEqualTo("HTTP/1.1 404 ");
            String next = "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
            socket.getOutputStream().write(("0123456789" + next).getBytes(ISO_8859_1));
            assertThat(answer(socket, Integer.MAX_VALUE)).contains("not wanted", "HTTP/1.1 200 ", "read");
        }
    }

    /** As those do that send all before they read the answer. */
    @ParameterizedTest
    @ValueSource(ints = {1 << 20, 9 << 20, 30 << 20})
    void whoeverSendsWhatIsRefusedIsTold(int length) throws Exception {
        try (Socket socket = post("/no", length)) {
            socket.getOutputStream().write(new byte[length]);
            assertThat(answer(socket, 13)).isEqualTo("HTTP/1.1 404 ");
        }
    }
}
