package phema.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Requests that Spring Security's firewall rejects, at once or when somebody asks for the parameter or header: they are
 * the client's fault, and every door says so.
 */
public final class RejectedRequests {
    /** A character that Unicode has not assigned. */
    private static final String NAME = "%F1%AA%9B%89=1";

    private static final String FORM = "Content-Type: application/x-www-form-urlencoded";

    private RejectedRequests() {}

    /** @param authorization headers of every request */
    public static void assertAnswered(int port, String... authorization) throws IOException {
        for (String request : List.of(
                "GET /api/v1/runs?" + NAME,
                "GET /api/v1/runs/edm2/weights.safetensors?sigmaRel=0.1&" + NAME,
                "POST /api/v1/runs/edm2/rescan?" + NAME,
                "GET /api/v1/runs;a=b",
                "GET /api/v1/runs/%5C")) assertProblem(request, exchange(port, request, "", authorization));
        assertProblem("Accept", exchange(port, "GET /api/v1/runs", "", with(authorization, "Accept: a\u0080")));
        assertProblem(
                "If-None-Match",
                exchange(
                        port,
                        "GET /api/v1/runs/edm2/weights.safetensors?sigmaRel=0.1",
                        "",
                        with(authorization, "If-None-Match: \"\u0080\"")));

        String paths = "POST /api/models/phema/edm2/paths-info/main";
        assertHub(paths, exchange(port, paths, NAME, with(authorization, FORM)));
        for (String request : List.of("GET /api/models/phema/edm2;a=b", "GET /phema/edm2;a=b/resolve/main/README.md"))
            assertHub(request, exchange(port, request, "", authorization));

        String[] browser = with(authorization, "Accept: text/html,*/*;q=0.8");
        for (String request : List.of("GET /sweeps/none?" + NAME, "GET /runs/edm2;a=b", "GET /;a=b"))
            assertPage(request, exchange(port, request, "", browser));
        String form = "POST /runs/edm2/sweeps";
        assertPage(form, exchange(port, form, NAME, with(browser, FORM)));
        RawHttp part = exchange(port, "GET /runs/edm2;a=b", "", with(browser, "HX-Request: true"));
        assertThat(part.statusLine()).startsWith("HTTP/1.1 400");
        assertThat(new String(part.body(), UTF_8)).startsWith("<p>the request is malformed");

        for (String path : List.of(
                "/",
                "/sign-in",
                "/nothing",
                "/dashboard/page.js",
                "/actuator/health",
                "/v3/api-docs",
                "/swagger-ui.html"))
            assertThat(exchange(port, "GET " + path + "?" + NAME, "", authorization)
                            .statusLine())
                    .as(path)
                    .doesNotContain(" 50");
        assertThat(exchange(port, "POST /sign-in", NAME + "&token=%zz", with(authorization, FORM))
                        .statusLine())
                .doesNotContain(" 50");
    }

    private static void assertProblem(String request, RawHttp answer) {
        assertThat(answer.statusLine()).as(request).startsWith("HTTP/1.1 400");
        assertThat(answer.hasHeader("Content-Type: application/problem+json"))
                .as(request)
                .isTrue();
        assertThat(new String(answer.body(), UTF_8)).as(request).contains("\"detail\":\"the request is malformed");
    }

    private static void assertHub(String request, RawHttp answer) {
        assertProblem(request, answer);
        assertThat(answer.hasHeader("X-Error-Code: BadRequest")).as(request).isTrue();
        assertThat(answer.head()).contains("X-Error-Message: the request is malformed");
        assertThat(new String(answer.body(), UTF_8)).as(request).contains("\"error\":\"the request is malformed");
    }

    private static void assertPage(String request, RawHttp answer) {
        assertThat(answer.statusLine()).as(request).startsWith("HTTP/1.1 400");
        assertThat(answer.hasHeader("Content-Type: text/html;charset=UTF-8"))
                .as(request)
                .isTrue();
        assertThat(new String(answer.body(), UTF_8))
                .as(request)
                .contains("<h1>Bad Request</h1>", "the request is malformed");
    }

    private static RawHttp exchange(int port, String request, String body, String... headers) throws IOException {
        String length = "Content-Length: " + body.length() + "\r\nConnection: close";
        return RawHttp.exchangeWithBody(port, request, body, with(headers, length));
    }

    private static String[] with(String[] headers, String more) {
        List<String> all = new ArrayList<>(List.of(headers));
        all.add(more);
        return all.toArray(String[]::new);
    }
}
