package phema.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import phema.PhemaApplication;
import phema.time.Await;

/** A fresh installation: nobody needs a token, and only this machine may ask. */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "phema.roots=src/test/resources/fixtures/edm2",
            "phema.home=target",
            "phema.catalog.settle=0s",
            "phema.security.concurrent=3",
            "phema.security.concurrent-in-all=5",
            "phema.security.rate=10",
            "spring.datasource.url=jdbc:sqlite::memory:",
            "spring.datasource.hikari.maximum-pool-size=1"
        })
@Import(LocalAccessTest.Slow.class)
class LocalAccessTest {
    private static final Semaphore ENTERED = new Semaphore(0);
    private static volatile CountDownLatch leave = new CountDownLatch(0);

    /** A request that takes as long as the test wants. */
    @RestController
    static class Slow {
        @GetMapping("/slow")
        String slow() throws InterruptedException {
            ENTERED.release();
            leave.await();
            return "done";
        }
    }

    @LocalServerPort
    int port;

    private Service service;

    @BeforeEach
    void connect() {
        service = new Service(port);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"localhost", "LOCALHOST:8080", "127.0.0.1", "127.1.2.3:80", "[::1]:8080", "phema.localhost"})
    void goesByNamesOfThisMachine(String host) throws IOException {
        assertThat(status("GET /actuator/health", host)).isEqualTo(200);
    }

    /** The last ones are names that an attacker could make lead to 127.0.0.1. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "192.0.2.1",
                "10.0.0.1:8080",
                "0.0.0.0:8080",
                "evil.example",
                "127.0.0.1.evil.example",
                "localhost.evil.example:8080",
                "xlocalhost"
            })
    void noOtherNameGetsAnAnswer(String host) throws IOException {
        for (String request :
                List.of("GET /api/v1/runs", "POST /api/v1/runs/edm2/rescan", "GET /actuator/health", "GET /"))
            assertThat(status(request, host)).isEqualTo(421);
    }

    @ParameterizedTest
    @CsvSource({
        "Sec-Fetch-Site, cross-site, 403",
        "Sec-Fetch-Site, same-site, 403",
        "Sec-Fetch-Site, same-origin, 200",
        "Sec-Fetch-Site, none, 200",
        "Origin, https://evil.example, 403",
        "Origin, null, 403",
        "Origin, http://localhost:1, 403",
        "Origin, http://localhost, 200",
        "X-Nothing, nothing, 200"
    })
    void pagesOfOtherSitesChangeNothing(String name, String value, int status) throws IOException {
        assertThat(status("POST /api/v1/runs/edm2/rescan", "localhost", name + ": " + value))
                .isEqualTo(status);
    }

    @Test
    void noOtherSiteIsAllowedToRead() throws Exception {
        HttpResponse<String> answer = service.get("/api/v1/runs", "Origin", "https://evil.example");
        assertThat(answer.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
        assertThat(answer.headers().firstValue("Cross-Origin-Resource-Policy")).hasValue("same-origin");
        HttpResponse<String> preflight = service.send(
                "OPTIONS",
                "/api/v1/runs/edm2/rescan",
                "",
                "Origin",
                "https://evil.example",
                "Access-Control-Request-Method",
                "POST");
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Origin"))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/runs",
                "/api/v1/runs/edm2/weights.safetensors?sigmaRel=0.1",
                "/nothing",
                "/swagger-ui/index.html"
            })
    void answersTellBrowsersToBeCareful(String path) throws Exception {
        HttpHeaders headers = service.get(path).headers();
        assertThat(headers.firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(headers.firstValue("X-Frame-Options")).hasValue("DENY");
        assertThat(headers.firstValue("Referrer-Policy")).hasValue("same-origin");
        assertThat(headers.firstValue("Content-Security-Policy").orElse("")).contains("frame-ancestors 'none'");
    }

    @Test
    void thereIsNothingToSignInTo() throws Exception {
        HttpResponse<String> page = service.get("/sign-in");
        assertThat(page.statusCode()).isEqualTo(302);
        assertThat(page.headers().firstValue("Location")).hasValue("/");
    }

    @Test
    void aClientWithManyRequestsUnderWayIsToldToWait() throws Exception {
        leave = new CountDownLatch(1);
        List<CompletableFuture<HttpResponse<String>>> slow = new ArrayList<>();
        for (int i = 0; i < 3; i++)
            slow.add(Service.client()
                    .sendAsync(
                            service.request("GET", "/slow", java.net.http.HttpRequest.BodyPublishers.noBody()),
                            BodyHandlers.ofString()));
        ENTERED.acquire(3);
        HttpResponse<String> refused = service.get("/api/v1/runs");
        TokenAccessTest.assertRefused(refused, 429, "has 3 requests under way");
        assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
        assertThat(service.get("/actuator/health").statusCode()).isEqualTo(200);
        leave.countDown();
        for (CompletableFuture<HttpResponse<String>> response : slow)
            assertThat(response.join().body()).isEqualTo("done");
        // The last byte comes before the filter's last line.
        Await.until(() -> service.get("/api/v1/runs").statusCode() == 200);
    }

    /** @return the status of an answer to a request with this {@code Host}, which HTTP clients do not let one choose */
    private int status(String request, String host, String... headers) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            String all = request + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\nContent-Length: 0\r\n"
                    + String.join("\r\n", headers) + (headers.length == 0 ? "" : "\r\n") + "\r\n";
            socket.getOutputStream().write(all.getBytes(StandardCharsets.ISO_8859_1));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            return Integer.parseInt(answer.substring(9, 12));
        }
    }
}
