package phema.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;

/** A service behind a proxy that shows it below a path of its own. */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "phema.roots=src/test/resources/fixtures/edm2",
            "phema.home=target",
            "phema.catalog.settle=0s",
            "server.forward-headers-strategy=framework",
            "spring.datasource.url=jdbc:sqlite::memory:",
            "spring.datasource.hikari.maximum-pool-size=1"
        })
class PathPrefixTest {
    private static final String READER = Tokens.random();

    @DynamicPropertySource
    static void tokens(DynamicPropertyRegistry registry) {
        registry.add("phema.security.tokens[0].name", () -> "reader");
        registry.add("phema.security.tokens[0].role", () -> "read");
        registry.add("phema.security.tokens[0].hash", () -> Tokens.hash(READER));
    }

    @LocalServerPort
    int port;

    private Service service = new Service(0);

    @BeforeEach
    void connect() {
        service = new Service(port);
    }

    /** What the proxy sends on, without the prefix. */
    private HttpResponse<String> send(String method, String path, String body, String... headers) throws Exception {
        String[] all = new String[headers.length + 4];
        System.arraycopy(headers, 0, all, 4, headers.length);
        all[0] = "X-Forwarded-Prefix";
        all[1] = "/phema";
        all[2] = "Content-Type";
        all[3] = "application/x-www-form-urlencoded";
        return service.send(method, path, body, all);
    }

    private static String location(HttpResponse<?> response) {
        assertThat(response.statusCode()).isEqualTo(302);
        return response.headers().firstValue("Location").orElseThrow().replaceFirst("http://localhost:\\d+", "");
    }

    @Test
    void peopleSignInBelowItAndOut() throws Exception {
        assertThat(location(send("GET", "/", "", "Accept", "text/html"))).isEqualTo("/phema/sign-in");
        assertThat(send("GET", "/sign-in", "").body()).contains("action=\"sign-in\"");
        assertThat(location(send("POST", "/sign-in", "token=wrong"))).isEqualTo("/phema/sign-in?error");
        HttpResponse<String> right = send("POST", "/sign-in", "token=" + READER);
        assertThat(location(right)).isEqualTo("/phema/");
        String cookie = right.headers().firstValue("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
        HttpResponse<String> page = send("GET", "/", "", "Accept", "text/html", "Cookie", cookie);
        assertThat(page.body()).contains("href=\"/phema/runs/edm2\"", "action=\"/phema/sign-out\"");
        assertThat(location(send("POST", "/sign-out", "", "Cookie", cookie))).isEqualTo("/phema/sign-in");
    }

    @Test
    void whatIsNoPageIsRefusedAsWithoutIt() throws Exception {
        HttpResponse<String> refused = send("GET", "/api/v1/runs", "", "Accept", "text/html");
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.body()).contains("This needs a token", "\"instance\":\"/phema/api/v1/runs\"");
        assertThat(send("GET", "/api/models/phema/edm2", "").body()).contains("\"error\":\"This needs a token");
    }
}
