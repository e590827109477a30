package phema.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.springdoc.core.annotations.ParameterObject;
import org.springframework.core.MethodParameter;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.method.HandlerMethod;
import org.springframework.web.servlet.HandlerInterceptor;
import phema.problem.Problem;

/**
 * Refuses query parameters that nothing would read: a typo must not quietly give other weights. Nor may one be given
 * twice, but for layers.
 */
final class QueryParameters implements HandlerInterceptor {
    /** The parameter that goes with {@link WeightsQuery} and may be given several times. */
    static final String LAYER = "layer";

    @Override
    public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
        if (!(handler instanceof HandlerMethod method)) return true;
        Set<String> known = known(method);
        request.getParameterMap().forEach((name, values) -> {
            if (!known.contains(name))
                throw Problem.invalid(
                        name,
                        "Unknown query parameter " + name + "; "
                                + (known.isEmpty() ? "there are none here" : "there are " + String.join(", ", known)));
            if (values.length > 1 && !name.equals(LAYER))
                throw Problem.invalid(name, "Query parameter " + name + " is given more than once");
        });
        return true;
    }

    private static Set<String> known(HandlerMethod method) {
        Set<String> names = new TreeSet<>();
        for (MethodParameter parameter : method.getMethodParameters()) {
            if (parameter.hasParameterAnnotation(RequestParam.class))
                names.add(parameter.getParameter().getName());
            else if (parameter.getParameterType().isAnnotationPresent(ParameterObject.class))
                Arrays.stream(parameter.getParameterType().getRecordComponents())
                        .map(RecordComponent::getName)
                        .forEach(names::add);
            if (parameter.getParameterType() == WeightsQuery.class) names.add(LAYER);
        }
        return names;
    }
}
