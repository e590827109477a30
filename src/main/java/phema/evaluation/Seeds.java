package phema.evaluation;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.problem.Problem;

/** Lists seeds from {@code first} to {@code last}, both included: one image each, as EDM2's scripts count them. */
public record Seeds(long first, long last) {
    private static final Pattern FORM = Pattern.compile("(\\d{1,10})(?:-(\\d{1,10}))?");

    public Seeds {
        if (first < 0 || last < first)
            throw Problem.invalid(
                    "seeds", "seeds go from a first to a last one, as in 0-49999, not " + first + "-" + last);
    }

    /** {@code 0-49999}, or a single seed. */
    @JsonCreator
    public static Seeds parse(String text) {
        Matcher matcher = FORM.matcher(text.strip());
        if (!matcher.matches()) throw Problem.invalid("seeds", "seeds must be a range such as 0-49999, not " + text);
        long first = Long.parseLong(matcher.group(1));
        return new Seeds(first, matcher.group(2) == null ? first : Long.parseLong(matcher.group(2)));
    }

    /** How many images. */
    public long count() {
        return last - first + 1;
    }

    @Override
    @JsonValue
    public String toString() {
        return first + "-" + last;
    }
}
