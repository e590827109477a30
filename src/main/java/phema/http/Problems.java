package phema.http;

import jakarta.servlet.http.HttpServletRequest;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.TypeMismatchException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.validation.FieldError;
import org.springframework.web.HttpMediaTypeNotAcceptableException;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.bind.MethodArgumentNotValidException;
import org.springframework.web.bind.MissingServletRequestParameterException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import org.springframework.web.servlet.resource.NoResourceFoundException;
import phema.fleet.Outage;
import phema.format.FormatException;
import phema.problem.Problem;
import phema.problem.Problem.ProblemKind;
import phema.problem.ShownPaths;

/** Renders every failure of a request as problem details (RFC 9457), with the field at fault where there is one. */
@RestControllerAdvice
final class Problems extends ResponseEntityExceptionHandler {
    private static final Logger log = LoggerFactory.getLogger(Problems.class);

    private final ShownPaths paths;

    Problems(ShownPaths paths) {
        this.paths = paths;
    }

    static ProblemDetail detail(HttpStatusCode status, String detail, @Nullable String field) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
        if (field != null) problem.setProperty("field", field);
        return problem;
    }

    static ResponseEntity<Object> response(ProblemDetail problem, HttpHeaders headers) {
        // Spring leaves out the default; clients that read "type" should find it.
        if (problem.getType() == null) problem.setType(URI.create("about:blank"));
        return ResponseEntity.status(problem.getStatus())
                .headers(to -> to.putAll(headers))
                // Or Spring, wary of paths that end in ".safetensors", makes browsers save it as f.txt.
                .header("Content-Disposition", "inline")
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .body(problem);
    }

    @ExceptionHandler
    ResponseEntity<Object> problem(Problem e) {
        if (e.kind() == ProblemKind.STORAGE_FULL) return unavailable(e.getMessage(), e);
        HttpStatusCode status = HttpStatusCode.valueOf(e.kind().status());
        return response(detail(status, paths.in(e.getMessage()), e.field()), HttpHeaders.EMPTY);
    }

    /** A file of the run is broken: the request was fine, and asking again will not help. */
    @ExceptionHandler
    ResponseEntity<Object> brokenFile(FormatException e) {
        String message = paths.in(Objects.requireNonNull(e.getMessage()));
        return response(detail(HttpStatus.UNPROCESSABLE_CONTENT, message, null), HttpHeaders.EMPTY);
    }

    /** Tomcat reads the query only when somebody asks for a parameter. */
    @ExceptionHandler
    ResponseEntity<Object> malformedQuery(InvalidParameterException e) {
        return response(detail(HttpStatus.BAD_REQUEST, "the query string is malformed", null), HttpHeaders.EMPTY);
    }

    /**
     * The firewall looks at names and values when somebody asks for them; whoever answers for it answers for those,
     * too.
     */
    @ExceptionHandler
    void rejected(RequestRejectedException e) throws RequestRejectedException {
        throw e;
    }

    @ExceptionHandler
    void brokenOff(BrokenOffException e) throws BrokenOffException {
        throw e;
    }

    @ExceptionHandler
    ResponseEntity<Object> unexpected(Exception e, HttpServletRequest request) {
        if (e instanceof IllegalArgumentException && request.getServletPath().startsWith("/actuator/"))
            return response(
                    detail(HttpStatus.NOT_FOUND, "there is nothing at " + request.getRequestURI(), null),
                    HttpHeaders.EMPTY); // Spring's health takes a path for a name, and refuses it so
        Optional<Outage> outage = Outage.behind(e);
        if (outage.isPresent()) return unavailable(outage.get().message(), e);
        log.error("A request failed", e);
        String detail = "The server failed while it worked on this request; its log says why.";
        return response(detail(HttpStatus.INTERNAL_SERVER_ERROR, detail, null), HttpHeaders.EMPTY);
    }

    private static ResponseEntity<Object> unavailable(String message, Exception e) {
        log.warn("{} {}", message, e.getMessage());
        HttpHeaders headers = new HttpHeaders();
        headers.set(HttpHeaders.RETRY_AFTER, Outage.SECONDS);
        return response(detail(HttpStatus.SERVICE_UNAVAILABLE, message, null), headers);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleTypeMismatch(
            TypeMismatchException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        String field = Objects.requireNonNullElse(e.getPropertyName(), "request");
        String detail = mismatch(field, e.getRequiredType(), e.getValue());
        return handleExceptionInternal(e, detail(status, detail, field), headers, status, request);
    }

    /** Query parameters that do not fit their record. */
    @Override
    protected @Nullable ResponseEntity<Object> handleMethodArgumentNotValid(
            MethodArgumentNotValidException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        FieldError error = Objects.requireNonNull(e.getFieldError());
        Class<?> type = error.unwrap(TypeMismatchException.class).getRequiredType();
        String detail = mismatch(error.getField(), type, error.getRejectedValue());
        return handleExceptionInternal(e, detail(status, detail, error.getField()), headers, status, request);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleMissingServletRequestParameter(
            MissingServletRequestParameterException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        String field = e.getParameterName();
        ProblemDetail problem = detail(status, "the query parameter " + field + " is missing", field);
        return handleExceptionInternal(e, problem, headers, status, request);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMessageNotReadable(
            HttpMessageNotReadableException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        if (e.getMostSpecificCause() instanceof Problem tooLarge) return problem(tooLarge);
        UnreadableBody body = UnreadableBody.of(e.getCause());
        return handleExceptionInternal(e, detail(status, body.detail(), body.field()), headers, status, request);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMediaTypeNotSupported(
            HttpMediaTypeNotSupportedException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        String detail = "the body's Content-Type must be " + named(e.getSupportedMediaTypes())
                + (e.getContentType() == null ? "; there is none" : ", not " + e.getContentType());
        return handleExceptionInternal(e, detail(status, detail, null), headers, status, request);
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleHttpMediaTypeNotAcceptable(
            HttpMediaTypeNotAcceptableException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        String detail = "the answer is " + named(e.getSupportedMediaTypes())
                + ", which the request's Accept does not allow: name that, or leave Accept away";
        return handleExceptionInternal(e, detail(status, detail, null), headers, status, request);
    }

    private static String named(List<MediaType> types) {
        return types.stream().map(MediaType::toString).collect(Collectors.joining(" or "));
    }

    @Override
    protected @Nullable ResponseEntity<Object> handleNoResourceFoundException(
            NoResourceFoundException e, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        ProblemDetail problem =
                detail(status, "there is nothing at /" + e.getResourcePath() + "; see /swagger-ui.html", null);
        return handleExceptionInternal(e, problem, headers, status, request);
    }

    @Override
    protected ResponseEntity<Object> createResponseEntity(
            @Nullable Object body, HttpHeaders headers, HttpStatusCode status, WebRequest request) {
        return response(body instanceof ProblemDetail problem ? problem : ProblemDetail.forStatus(status), headers);
    }

    private static String mismatch(String field, @Nullable Class<?> type, @Nullable Object value) {
        return field + " must be " + UnreadableBody.wanted(type) + ", not " + value;
    }
}
