package phema.hub;

import java.util.Map;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import phema.problem.ShownPaths;

/**
 * Answers that something does not exist or is not done, in the hub's way: clients read the headers, which a HEAD
 * request gets too.
 */
@RestControllerAdvice
@Order(Ordered.HIGHEST_PRECEDENCE)
final class HubErrors {
    private static final int MOST = 1000;

    private final ShownPaths paths;

    HubErrors(ShownPaths paths) {
        this.paths = paths;
    }

    @ExceptionHandler
    ResponseEntity<Map<String, String>> answer(HubError e) {
        String message = paths.in(e.getMessage());
        ResponseEntity.BodyBuilder response = ResponseEntity.status(e.status())
                // Or Spring, wary of paths that end in ".safetensors", makes browsers save it as f.txt.
                .header("Content-Disposition", "inline")
                .header("X-Error-Message", header(message))
                .contentType(MediaType.APPLICATION_JSON);
        if (e.code() != null) response.header("X-Error-Code", e.code().name());
        if (e.status() == HttpStatus.METHOD_NOT_ALLOWED) response.allow(HttpMethod.GET, HttpMethod.HEAD);
        if (e.commit() != null) response.header("X-Repo-Commit", e.commit());
        return response.body(Map.of("error", message));
    }

    /** What a header field can hold: a message may name many files. */
    private static String header(String message) {
        String plain = message.replaceAll("[^\\x20-\\x7e]", "?");
        return plain.length() <= MOST ? plain : plain.substring(0, MOST) + "...";
    }
}
