package phema.security;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import phema.PhemaApplication;
import phema.http.RejectedRequests;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A service that knows two tokens, over a real server. */
@SpringBootTest(
        classes = PhemaApplication.class,
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {
            "phema.roots=src/test/resources/fixtures/edm2",
            "phema.home=target",
            "phema.catalog.settle=0s",
            "spring.datasource.url=jdbc:sqlite::memory:",
            "spring.datasource.hikari.maximum-pool-size=1"
        })
class TokenAccessTest {
    private static final String READER = Tokens.random();
    private static final String WRITER = Tokens.random();
    private static final String FIT = "{\"targets\": [{\"sigmaRel\": 0.1}]}";

    @DynamicPropertySource
    static void tokens(DynamicPropertyRegistry registry) {
        registry.add("phema.security.tokens[0].name", () -> "reader");
        registry.add("phema.security.tokens[0].role", () -> "read");
        registry.add("phema.security.tokens[0].hash", () -> Tokens.hash(READER));
        registry.add("phema.security.tokens[1].name", () -> "writer");
        registry.add("phema.security.tokens[1].role", () -> "write");
        registry.add("phema.security.tokens[1].hash", () -> Tokens.hash(WRITER));
    }

    @LocalServerPort
    int port;

    private Service service;

    @BeforeEach
    void connect() {
        service = new Service(port);
    }

    @Test
    void readersElsewhereAreNotToldWhereFoldersLie() throws Exception {
        String page = service.send("GET", "/runs/edm2", "", "Authorization", "Bearer " + READER)
                .body();
        assertThat(page)
                .contains("phema inspect edm2")
                .doesNotContain(Path.of("src").toAbsolutePath().toString());
    }

    @Test
    void whoMayOnlyReadIsNotToldWhereSynthesesLie() throws Exception {
        String job = service.send(
                        "POST",
                        "/api/v1/runs/edm2/syntheses",
                        "{\"targets\": [{\"sigmaRel\": 0.1}]}",
                        "Content-Type",
                        "application/json",
                        "Authorization",
                        "Bearer " + WRITER)
                .body();
        assertThat(job).contains("\"folder\":\"/");
        assertThat(service.send("GET", "/api/v1/syntheses", "", "Authorization", "Bearer " + READER)
                        .body())
                .contains("\"folder\":\"phema.syntheses.folder/")
                .doesNotContain("\"folder\":\"/");
    }

    /** Status without a token, with one that reads, and with one that writes. */
    @ParameterizedTest
    @CsvSource({
        "GET, /api/v1/runs, 401, 200, 200",
        "HEAD, /api/v1/runs/edm2/weights.safetensors?sigmaRel=0.1, 401, 200, 200",
        "GET, /api/v1/runs/edm2/weights.safetensors?sigmaRel=0.1, 401, 200, 200",
        "POST, /api/v1/runs/edm2/fits, 401, 200, 200",
        "POST, /api/v1/runs/edm2/rescan, 401, 200, 200",
        "POST, /api/v1/runs/edm2/syntheses, 401, 403, 202",
        "POST, /api/v1/suggest, 401, 400, 400",
        "POST, /api/v1/ask, 401, 403, 400",
        "POST, /api/v1/leases/none/tell, 400, 400, 400",
        "GET, /client/phema.py, 401, 200, 200",
        "POST, /api/v1/runs/edm2/sweeps, 401, 403, 400",
        "GET, /api/v1/evaluators, 401, 200, 200",
        "POST, /runs/edm2/sweeps, 401, 403, 400",
        "POST, /sweeps/none/cancel, 401, 403, 404",
        "POST, /runs/edm2/pin/1, 401, 403, 404",
        "POST, /runs/edm2/unpin, 401, 403, 404",
        "PUT, /api/v1/runs/edm2/recommended, 401, 403, 404",
        "DELETE, /api/v1/sweeps/none, 401, 403, 404",
        "DELETE, /api/v1/runs/edm2, 401, 403, 405",
        "PUT, /api/v1/runs/edm2, 401, 403, 405",
        "GET, /api/models/phema/edm2, 401, 404, 404",
        "GET, /phema/edm2/resolve/ema-0.100/model.safetensors, 401, 404, 404",
        "POST, /api/models/phema/edm2/paths-info/main, 401, 404, 404",
        "GET, /actuator/health, 200, 200, 200",
        "GET, /actuator/health/liveness, 404, 404, 404",
        "GET, /actuator/prometheus, 401, 200, 200",
        "GET, /actuator, 401, 404, 404",
        "GET, /actuator/env, 401, 404, 404",
        "GET, /v3/api-docs, 401, 200, 200",
        "GET, /swagger-ui/index.html, 401, 200, 200",
        "GET, /nothing, 401, 404, 404"
    })
    void isByRole(String method, String path, int without, int reading, int writing) throws Exception {
        String body = method.equals("POST") ? FIT : "";
        for (Object[] expected : new Object[][] {{"", without}, {READER, reading}, {WRITER, writing}}) {
            String[] headers = expected[0].equals("")
                    ? new String[] {"Content-Type", "application/json"}
                    : new String[] {"Content-Type", "application/json", "Authorization", "Bearer " + expected[0]};
            int status = service.send(method, path, body, headers).statusCode();
            if ((int) expected[1] == 404) assertThat(status).isNotIn(401, 403);
            else
                assertThat(status)
                        .as(method + " " + path + " by " + expected[0])
                        .isEqualTo(expected[1]);
        }
    }

    @Test
    void pagesHaveNoButtonsThatWouldBeRefused() throws Exception {
        String page = "/runs/edm2/sweeps";
        assertThat(service.send("GET", page, "", "Authorization", "Bearer " + READER)
                        .body())
                .contains("Sweeps of edm2")
                .doesNotContain("Start sweep");
        assertThat(service.send("GET", "/runs/edm2", "", "Authorization", "Bearer " + READER)
                        .body())
                .contains("Recommended EMA length")
                .doesNotContain("id=\"pin");
        assertThat(service.send("GET", page, "", "Authorization", "Bearer " + WRITER)
                        .body())
                .contains("Start sweep");
    }

    @Test
    void whatTheFirewallRejectsIsTheClientsFaultAtEveryDoor() throws Exception {
        RejectedRequests.assertAnswered(port, "Authorization: Bearer " + WRITER);
    }

    @Test
    void withoutATokenSaysHowToSendOne() throws Exception {
        HttpResponse<String> response = service.get("/api/v1/runs");
        assertRefused(response, 401, "Authorization: Bearer TOKEN");
        assertThat(response.headers().firstValue("WWW-Authenticate")).hasValue("Bearer realm=\"phema\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer wrong", "bearer phema_", "Bearer \u00e9"})
    void withAWrongTokenIsRefusedAsTheHubDoes(String authorization) throws Exception {
        HttpResponse<String> response = service.get("/actuator/health", "Authorization", authorization);
        assertRefused(response, 401, "Invalid credentials in Authorization header");
        assertThat(response.headers().firstValue("WWW-Authenticate").orElse("")).contains("error=\"invalid_token\"");
        assertThat(response.headers().firstValue("X-Error-Message"))
                .hasValue("Invalid credentials in Authorization header");
    }

    @Test
    void theHashIsNoToken() throws Exception {
        assertThat(bearer("/api/v1/runs", Tokens.hash(WRITER)).statusCode()).isEqualTo(401);
    }

    @Test
    void aReaderLearnsThatWritingNeedsMore() throws Exception {
        HttpResponse<String> response =
                service.send("DELETE", "/api/v1/runs/edm2", "", "Authorization", "Bearer " + READER);
        assertRefused(response, 403, "needs a token with the role write");
    }

    @Test
    void healthTellsNoDetails() throws Exception {
        for (HttpResponse<String> response :
                new HttpResponse[] {service.get("/actuator/health"), bearer("/actuator/health", WRITER)})
            assertThat(new JsonMapper().readTree(response.body()).propertyNames())
                    .containsOnly("status", "groups");
    }

    @Test
    void downloadsKeepTheirEntityTagsAndNothingElseIsStored() throws Exception {
        String weights = "/api/v1/runs/edm2/weights.safetensors?sigmaRel=0.1";
        HttpResponse<String> first = bearer(weights, READER);
        String tag = first.headers().firstValue("ETag").orElseThrow();
        assertThat(first.headers().firstValue("Cache-Control")).hasValue("no-cache");
        assertThat(service.get(weights, "Authorization", "Bearer " + READER, "If-None-Match", tag)
                        .statusCode())
                .isEqualTo(304);
        assertThat(service.get(weights, "If-None-Match", tag).statusCode()).isEqualTo(401);
        assertThat(bearer("/api/v1/runs", READER).headers().firstValue("Cache-Control"))
                .hasValue("private, no-store");
    }

    @Test
    void peopleSignInWithTheirTokenAndOut() throws Exception {
        HttpResponse<String> page = service.get("/anything", "Accept", "text/html,application/xhtml+xml");
        assertThat(page.statusCode()).isEqualTo(302);
        assertThat(page.headers().firstValue("Location")).hasValue("/sign-in");
        HttpResponse<String> form = service.get("/sign-in");
        assertThat(form.body()).contains("<form method=\"post\" action=\"sign-in\">", "name=\"token\"");
        assertThat(form.headers().firstValue("Content-Security-Policy").orElse(""))
                .contains("default-src 'none'");

        HttpResponse<String> wrong = signIn("wrong");
        assertThat(wrong.headers().firstValue("Location").orElse("")).endsWith("/sign-in?error");
        assertThat(wrong.headers().allValues("Set-Cookie"))
                .as("nothing is remembered for someone who has not signed in")
                .isEmpty();
        assertThat(service.get("/sign-in?error").body()).contains("No such token");

        HttpResponse<String> right = signIn(READER);
        assertThat(right.statusCode()).isEqualTo(302);
        String cookie = right.headers().firstValue("Set-Cookie").orElseThrow();
        assertThat(cookie)
                .startsWith("phema_session=")
                .contains("HttpOnly", "SameSite=Strict")
                .doesNotContain(READER);
        String session = cookie.substring(0, cookie.indexOf(';'));
        assertThat(service.get("/api/v1/runs", "Cookie", session).statusCode()).isEqualTo(200);
        assertThat(service.send("DELETE", "/api/v1/runs/edm2", "", "Cookie", session)
                        .statusCode())
                .isEqualTo(403);

        assertThat(service.send("POST", "/sign-out", "", "Cookie", session, "Sec-Fetch-Site", "cross-site")
                        .statusCode())
                .isEqualTo(403);
        assertThat(service.send("POST", "/sign-out", "", "Cookie", session).statusCode())
                .isEqualTo(302);
        assertThat(service.get("/api/v1/runs", "Cookie", session).statusCode()).isEqualTo(401);
    }

    @Test
    void aSessionThatSomebodyElseChoseIsNotTaken() throws Exception {
        String chosen = "phema_session=0123456789ABCDEF0123456789ABCDEF";
        HttpResponse<String> right = signIn(READER, "Cookie", chosen);
        assertThat(right.headers().firstValue("Set-Cookie").orElse(""))
                .isNotBlank()
                .doesNotContain(chosen);
        assertThat(service.get("/api/v1/runs", "Cookie", chosen).statusCode()).isEqualTo(401);
    }

    @Test
    void nobodyGetsASessionWhoDoesNotSignIn() throws Exception {
        assertThat(service.get("/api/v1/runs").headers().firstValue("Set-Cookie"))
                .isEmpty();
        assertThat(service.get("/", "Accept", "text/html").headers().firstValue("Set-Cookie"))
                .isEmpty();
        assertThat(bearer("/api/v1/runs", READER).headers().firstValue("Set-Cookie"))
                .isEmpty();
    }

    @Test
    void aBodyOfMoreThanAMegabyteIsRefusedWhetherItSaysSoOrNot() throws Exception {
        String large = "{\"targets\": [" + " ".repeat(1 << 20) + "]}";
        HttpResponse<String> said = service.send(
                "POST",
                "/api/v1/runs/edm2/fits",
                large,
                "Content-Type",
                "application/json",
                "Authorization",
                "Bearer " + READER);
        assertRefused(said, 413, "1 MiB at most");
        HttpResponse<String> chunked = Service.client()
                .send(
                        service.request(
                                "POST",
                                "/api/v1/runs/edm2/fits",
                                BodyPublishers.ofInputStream(
                                        () -> new ByteArrayInputStream(large.getBytes(StandardCharsets.UTF_8))),
                                "Content-Type",
                                "application/json",
                                "Authorization",
                                "Bearer " + READER),
                        BodyHandlers.ofString());
        assertRefused(chunked, 413, "1 MiB at most");
    }

    @Test
    void moreThanAThousandTargetsAreRefused() throws Exception {
        String body = "{\"targets\": [" + "{\"sigmaRel\": 0.1},".repeat(1000) + "{\"sigmaRel\": 0.1}]}";
        HttpResponse<String> response = service.send(
                "POST",
                "/api/v1/runs/edm2/fits",
                body,
                "Content-Type",
                "application/json",
                "Authorization",
                "Bearer " + READER);
        assertRefused(response, 400, "targets must hold 1 to 1000 profiles");
    }

    /** What evaluates weights runs as the service's user: only its configuration says what that is. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"evaluator\": {\"type\": \"command\", \"command\": [\"touch\", \"phema-canary\"]}",
                "\"evaluator\": \"builtin\", \"command\": [\"touch\", \"phema-canary\"]",
                "\"evaluator\": \"touch phema-canary\"",
                "\"evaluator\": \"../../bin/sh\""
            })
    void noRequestBringsACommand(String evaluator) throws Exception {
        HttpResponse<String> response = service.send(
                "POST",
                "/api/v1/runs/edm2/sweeps",
                "{\"axes\": {\"sigmaRel\": [0.1]}, " + evaluator + "}",
                "Content-Type",
                "application/json",
                "Authorization",
                "Bearer " + WRITER);
        assertThat(response.statusCode())
                .as(response.body())
                .isBetween(400, 499)
                .isNotIn(401, 403);
        assertThat(service.get("/api/v1/sweeps", "Authorization", "Bearer " + WRITER)
                        .body())
                .contains("\"total\":0");
    }

    private HttpResponse<String> bearer(String path, String token) throws Exception {
        return service.get(path, "Authorization", "Bearer " + token);
    }

    private HttpResponse<String> signIn(String token, String... headers) throws Exception {
        String[] all = java.util.stream.Stream.concat(
                        java.util.stream.Stream.of(
                                "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin"),
                        java.util.stream.Stream.of(headers))
                .toArray(String[]::new);
        return service.send("POST", "/sign-in", "token=" + URLEncoder.encode(token, StandardCharsets.UTF_8), all);
    }

    static void assertRefused(HttpResponse<String> response, int status, String says) {
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        JsonNode problem = new JsonMapper().readTree(response.body());
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(problem.at("/status").asInt()).isEqualTo(status);
        assertThat(problem.at("/detail").asString()).contains(says);
    }
}
