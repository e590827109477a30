package phema.dashboard;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.resource.NoResourceFoundException;

/** Tells a browser that goes to an address where nothing is so, as a page; everybody else gets problem details. */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
final class UnknownPages implements HandlerExceptionResolver {
    @Override
    public @Nullable ModelAndView resolveException(
            HttpServletRequest request, HttpServletResponse response, @Nullable Object handler, Exception e) {
        String accepted = Objects.requireNonNullElse(request.getHeader(HttpHeaders.ACCEPT), "");
        if (!(e instanceof NoResourceFoundException)
                || !accepted.contains(MediaType.TEXT_HTML_VALUE)
                || request.getRequestURI().startsWith(request.getContextPath() + "/api/")) return null;
        ModelAndView view = new ModelAndView("dashboard/problem");
        view.setStatus(HttpStatus.NOT_FOUND);
        view.addObject("title", HttpStatus.NOT_FOUND.getReasonPhrase());
        view.addObject("message", "There is no page at " + request.getRequestURI() + ".");
        return view;
    }
}
