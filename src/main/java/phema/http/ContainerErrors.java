package phema.http;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Renders errors that only the servlet container saw. It includes what is written here even in a body that was started,
 * so then nothing must be.
 */
@RestController
final class ContainerErrors implements ErrorController {
    @RequestMapping("/error")
    @Nullable
    ResponseEntity<Object> error(HttpServletRequest request, HttpServletResponse response) {
        if (response.isCommitted()) return null;
        HttpStatus status = Objects.requireNonNullElse(
                request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE) instanceof Integer code
                        ? HttpStatus.resolve(code)
                        : null,
                HttpStatus.NOT_FOUND);
        ProblemDetail problem = Problems.detail(status, status.getReasonPhrase(), null);
        if (request.getAttribute(RequestDispatcher.ERROR_REQUEST_URI) instanceof String asked)
            problem.setInstance(URI.create(asked));
        return Problems.response(problem, HttpHeaders.EMPTY);
    }
}
