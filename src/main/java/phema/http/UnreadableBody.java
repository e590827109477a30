package phema.http;

import java.util.Collection;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import phema.text.StrictJson;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.PropertyBindingException;

/**
 * Says what is wrong with a body that is not the JSON that is wanted, in words of JSON.
 *
 * @param field at fault, as in {@code targets[0].sigmaRel}; null where it is the body
 */
record UnreadableBody(String detail, @Nullable String field) {
    private static final int LONGEST_NAME = 100;

    private static final String NONE = "the request needs a JSON body";

    /** The words that Python writes for numbers that are none. */
    private static final Pattern NO_NUMBER = Pattern.compile("Non-standard token '([-+]?(?:NaN|Infinity|INF))'");

    static UnreadableBody of(@Nullable Throwable cause) {
        if (cause == null) return ofBody(NONE);
        return switch (cause) {
            case PropertyBindingException unknown -> {
                String field = path(unknown);
                yield new UnreadableBody("unknown field " + field + "; there are " + known(unknown), field);
            }
            case DatabindException mismatch -> mismatch(mismatch, path(mismatch));
            case StreamReadException syntax ->
                syntax(
                        syntax,
                        syntax.processor() == null
                                ? ""
                                : path(syntax.processor().streamReadContext()));
            case JacksonException other -> ofBody("the body is not JSON: " + other.getOriginalMessage());
            default -> ofBody(NONE);
        };
    }

    private static UnreadableBody ofBody(String detail) {
        return new UnreadableBody(detail, null);
    }

    private static UnreadableBody mismatch(DatabindException e, String field) {
        if (!field.isEmpty()) return new UnreadableBody(field + " must be " + wanted(e), field);
        return ofBody(
                e.getOriginalMessage().startsWith("Trailing token")
                        ? "the body goes on after its JSON"
                        : "the body must be " + wanted(e));
    }

    private static UnreadableBody syntax(StreamReadException e, String field) {
        // What follows is about the parser, not about what it read.
        String message = e.getOriginalMessage()
                .replaceFirst("(?s) \\(start marker at .*", "")
                .replaceFirst(": enable `JsonReadFeature.*", " is none of JSON");
        if (field.isEmpty()) return ofBody("the body is not JSON: " + message);
        if (StrictJson.repeated(e).isPresent())
            return new UnreadableBody(field + " is there more than once; leave all but one away", field);
        Matcher none = NO_NUMBER.matcher(message);
        if (none.find())
            return new UnreadableBody(
                    field + " is " + none.group(1) + ", which JSON has no number for: "
                            + (field.startsWith("metrics.")
                                    ? "tell an error if there are no finite numbers"
                                    : "send a finite one, or leave it away"),
                    field);
        if (e instanceof InputCoercionException)
            return new UnreadableBody(field + " is too large or too small: " + message.replace("`", ""), field);
        return new UnreadableBody("the body is not JSON at " + field + ": " + message, null);
    }

    private static String wanted(DatabindException e) {
        String wanted = e instanceof MismatchedInputException m ? wanted(m.getTargetType()) : "something else";
        return e instanceof InvalidFormatException f ? wanted + ", not " + shown(f.getValue()) : wanted;
    }

    /** What the values of a type are in JSON. */
    static String wanted(@Nullable Class<?> type) {
        if (type == null) return "something else";
        if (type == Integer.class || type == int.class || type == Long.class || type == long.class)
            return "a whole number";
        if (type == Boolean.class || type == boolean.class) return "true or false";
        if (Number.class.isAssignableFrom(type) || type.isPrimitive()) return "a number";
        if (Collection.class.isAssignableFrom(type)) return "a list";
        return type == String.class ? "a text" : "an object";
    }

    /** Texts that one would not see in quotes. */
    private static Object shown(Object value) {
        return value instanceof String text && text.chars().allMatch(c -> c <= ' ') ? '"' + text + '"' : value;
    }

    /** As in {@code targets[0].sigmaRel}. */
    private static String path(DatabindException e) {
        String path = e.getPath().stream()
                .map(r -> r.getPropertyName() == null ? "[" + r.getIndex() + "]" : "." + r.getPropertyName())
                .collect(Collectors.joining());
        return path.startsWith(".") ? path.substring(1) : path.isEmpty() ? "" : "body" + path;
    }

    /** Where the parser stands. */
    private static String path(TokenStreamContext place) {
        String before = place.getParent() == null ? "" : path(place.getParent());
        if (place.inArray() && place.hasCurrentIndex())
            return (before.isEmpty() ? "body" : before) + "[" + place.getCurrentIndex() + "]";
        if (!place.hasCurrentName()) return before;
        String name = place.currentName();
        return (before.isEmpty() ? "" : before + ".") + name.substring(0, Math.min(LONGEST_NAME, name.length()));
    }

    private static String known(PropertyBindingException e) {
        return e.getKnownPropertyIds().stream().map(String::valueOf).sorted().collect(Collectors.joining(", "));
    }
}
