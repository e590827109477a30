package phema.evaluation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import phema.problem.Problem;
import tools.jackson.databind.JsonNode;

/** Reads what requests say of axes, naming the field that is wrong. */
final class AxisJson {
    private AxisJson() {}

    static boolean isMissing(@Nullable JsonNode json) {
        return json == null || json.isNull() || json.isMissingNode();
    }

    /** Empty where there is none. */
    static <T> List<T> list(String field, @Nullable JsonNode json, BiFunction<String, JsonNode, T> one) {
        List<T> list = new ArrayList<>();
        if (json == null || isMissing(json)) return list;
        if (!json.isArray()) throw Problem.invalid(field, field + " must be a list");
        for (JsonNode element : json) {
            if (element.isNull()) throw Problem.invalid(field, field + " holds null");
            list.add(one.apply(field + "[" + list.size() + "]", element));
        }
        return List.copyOf(list);
    }

    static double number(String field, JsonNode json) {
        if (json.isNumber()) return oneZero(json.doubleValue());
        try {
            if (json.isString()) return oneZero(Double.parseDouble(json.stringValue()));
        } catch (NumberFormatException e) {
            // said below
        }
        throw Problem.invalid(field, field + " must be a number, not " + json);
    }

    /** Points at 0 and at -0.0 are one, which {@code equals} and texts would tell apart. */
    static double oneZero(double value) {
        return value == 0 ? 0 : value;
    }

    static String text(String field, JsonNode json) {
        if (!json.isString()) throw Problem.invalid(field, field + " must be a text, not " + json);
        return json.stringValue();
    }
}
