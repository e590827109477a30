package phema.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.springframework.http.HttpStatus;
import org.springframework.web.util.HtmlUtils;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes the answers of filters, which come before everything that renders problems, in the form of the door that was
 * knocked at: problem details (RFC 9457) with the headers that clients of the Hugging Face Hub read, or, for pages, a
 * page or the line that a part of one shows.
 */
final class Refusal {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String POLICY =
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    private static final String PAGE = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <meta name="viewport" content="width=device-width">
              <meta name="color-scheme" content="light dark">
              <title>phema: %1$s</title>
            </head>
            <body>
            <main>
              <h1>%1$s</h1>
              <p>%2$s</p>
              <p><a href="/">All runs</a></p>
            </main>
            </body>
            </html>
            """;

    private Refusal() {}

    /** @param why one sentence for the user: what was wrong and what to do */
    static void send(HttpServletRequest request, HttpServletResponse response, HttpStatus status, String why)
            throws IOException {
        if (response.isCommitted()) return;
        response.setStatus(status.value());
        response.setHeader("X-Error-Code", status.getReasonPhrase().replace(" ", ""));
        response.setHeader("X-Error-Message", why);
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("Cache-Control", "no-store");
        if (isForAPartOfAPage(request)) html(response, "<p>" + HtmlUtils.htmlEscape(why) + "</p>");
        else if (isForAPage(request))
            html(response, PAGE.formatted(status.getReasonPhrase(), HtmlUtils.htmlEscape(why)));
        else write(response, "application/problem+json", problem(request, status, why));
    }

    /** What a browser asks for when it goes to a page; what it downloads from the interface is none. */
    static boolean isForAPage(HttpServletRequest request) {
        return Objects.requireNonNullElse(request.getHeader("Accept"), "").contains("text/html")
                && !path(request).startsWith("/api/");
    }

    /** The address, without what a proxy puts before all of them. */
    static String path(HttpServletRequest request) {
        return request.getRequestURI().substring(request.getContextPath().length());
    }

    private static boolean isForAPartOfAPage(HttpServletRequest request) {
        return request.getHeader("HX-Request") != null;
    }

    private static void html(HttpServletResponse response, String html) throws IOException {
        response.setHeader("Content-Security-Policy", POLICY);
        write(response, "text/html;charset=UTF-8", html);
    }

    private static String problem(HttpServletRequest request, HttpStatus status, String why) {
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("type", "about:blank");
        problem.put("title", status.getReasonPhrase());
        problem.put("status", status.value());
        problem.put("detail", why);
        problem.put("instance", request.getRequestURI());
        if (isOfTheHub(path(request))) problem.put("error", why);
        return JSON.writeValueAsString(problem);
    }

    private static boolean isOfTheHub(String path) {
        return path.startsWith("/api/models/") || path.contains("/resolve/");
    }

    private static void write(HttpServletResponse response, String type, String text) throws IOException {
        byte[] body = text.getBytes(UTF_8);
        response.setContentType(type);
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
