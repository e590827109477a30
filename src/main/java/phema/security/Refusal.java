package phema.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.http.HttpStatus;
import tools.jackson.databind.json.JsonMapper;

/** Answers of filters, which come before everything that renders problems: as problem details (RFC 9457), and as clients of the Hugging Face Hub read errors. */
final class Refusal {
    private static final JsonMapper JSON = new JsonMapper();

    private Refusal() {}

    /** @param why one sentence for the user: what was wrong and what to do */
    static void send(HttpServletRequest request, HttpServletResponse response, HttpStatus status, String why)
            throws IOException {
        if (response.isCommitted()) return;
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("type", "about:blank");
        problem.put("title", status.getReasonPhrase());
        problem.put("status", status.value());
        problem.put("detail", why);
        problem.put("instance", request.getRequestURI());
        byte[] body = JSON.writeValueAsString(problem).getBytes(UTF_8);
        response.setStatus(status.value());
        response.setHeader("X-Error-Code", status.getReasonPhrase().replace(" ", ""));
        response.setHeader("X-Error-Message", why);
        response.setHeader("Cache-Control", "no-store");
        response.setContentType("application/problem+json");
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
