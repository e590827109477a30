package phema.dashboard;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Objects;
import java.util.Optional;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.security.web.firewall.RequestRejectedException;
import org.springframework.util.ClassUtils;
import org.springframework.web.bind.MissingServletRequestParameterException;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import org.springframework.web.servlet.ModelAndView;
import phema.fleet.Outage;
import phema.format.FormatException;
import phema.problem.Problem;
import phema.problem.Problem.ProblemKind;
import phema.problem.ShownPaths;

/** Renders failures of the pages, for people: a page, or a line on the page that asked for a part of itself. */
@ControllerAdvice(basePackageClasses = DashboardErrors.class)
@Order(Ordered.HIGHEST_PRECEDENCE)
final class DashboardErrors {
    private static final Logger log = LoggerFactory.getLogger(DashboardErrors.class);

    private final ShownPaths paths;

    DashboardErrors(ShownPaths paths) {
        this.paths = paths;
    }

    @ExceptionHandler
    ModelAndView problem(Problem e, HttpServletRequest request, HttpServletResponse response) {
        if (e.kind() == ProblemKind.STORAGE_FULL) response.setHeader(HttpHeaders.RETRY_AFTER, Outage.SECONDS);
        return view(e.kind().status(), paths.in(e.getMessage()), request);
    }

    @ExceptionHandler
    ModelAndView brokenFile(FormatException e, HttpServletRequest request) {
        return view(422, paths.in(Objects.requireNonNull(e.getMessage())), request);
    }

    @ExceptionHandler
    ModelAndView unreadable(MethodArgumentTypeMismatchException e, HttpServletRequest request) {
        Class<?> type = e.getRequiredType();
        boolean number = type != null && Number.class.isAssignableFrom(ClassUtils.resolvePrimitiveIfNecessary(type));
        return view(400, e.getName() + (number ? " must be a number, not " : " cannot be ") + e.getValue(), request);
    }

    @ExceptionHandler
    ModelAndView missing(MissingServletRequestParameterException e, HttpServletRequest request) {
        return view(400, e.getParameterName() + " is missing", request);
    }

    /** Tomcat reads the query, or a form, only when somebody asks for a parameter. */
    @ExceptionHandler
    ModelAndView malformed(InvalidParameterException e, HttpServletRequest request) {
        return view(400, "the query string or form is malformed", request);
    }

    /** The firewall looks at names and values when somebody asks for them. */
    @ExceptionHandler
    ModelAndView rejected(RequestRejectedException e, HttpServletRequest request) {
        return view(
                400, "the request is malformed: a header or the name of a parameter holds what none may hold", request);
    }

    @ExceptionHandler
    ModelAndView unexpected(Exception e, HttpServletRequest request, HttpServletResponse response) {
        Optional<Outage> outage = Outage.behind(e);
        if (outage.isPresent()) {
            log.warn("{} {}", outage.get().message(), e.getMessage());
            response.setHeader(HttpHeaders.RETRY_AFTER, Outage.SECONDS);
            return view(503, outage.get().message(), request);
        }
        log.error("A page failed", e);
        return view(500, "The server failed while it worked on this page; its log says why.", request);
    }

    private static ModelAndView view(int status, String message, HttpServletRequest request) {
        boolean part = request.getHeader("HX-Request") != null;
        ModelAndView view = new ModelAndView(part ? "dashboard/problem :: line" : "dashboard/problem");
        view.setStatus(HttpStatusCode.valueOf(status));
        view.addObject("title", HttpStatus.valueOf(status).getReasonPhrase());
        view.addObject("message", message);
        return view;
    }
}
