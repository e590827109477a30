package phema.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Schema;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import phema.problem.Problem;

/**
 * Asks for trials to evaluate.
 *
 * @param evaluators remote evaluators whose trials are wanted: NAME for any version, or NAME@VERSION; all where it is
 *     left out
 * @param client who asks, as it is shown where trials are
 * @param count how many trials at most
 * @param waiting how long to wait for one where there is none, at most 60s
 */
public record AskRequest(
        @ArraySchema(
                schema = @Schema(example = "mine@1"),
                arraySchema =
                        @Schema(
                                description = "remote evaluators whose trials are wanted: NAME for any version, or"
                                        + " NAME@VERSION; all where it is left out"),
                minItems = 1)
        @Nullable
        List<@Nullable String> evaluators,

        @Schema(defaultValue = "client", maxLength = MOST_NAMED, pattern = NAME) @Nullable
        String client,

        @Schema(defaultValue = "1", minimum = "1", maximum = "64") @Nullable
        Integer count,

        @JsonProperty("wait") @Schema(defaultValue = "0s", example = "30s", pattern = SECONDS) @Nullable
        String waiting) {
    static final int MOST_NAMED = 100;

    private static final String CONTROL = "\\u0000-\\u001f\\u007f-\\u009f";

    /** The names that can be shown, as a regular expression: ends are stripped. */
    static final String NAME = "^[^" + CONTROL + "]*[^\\s" + CONTROL + "][^" + CONTROL + "]*$";

    /** The times that the description promises; others of that length are understood as well. */
    static final String SECONDS = "^([0-9]|[1-5][0-9]|60)s$";

    private static final int MOST = 64;
    private static final Duration LONGEST = Duration.ofMinutes(1);

    /** @throws Problem when one is none, or nothing is named as wanted */
    public List<String> wantedEvaluators() {
        if (evaluators == null) return List.of();
        if (evaluators.isEmpty())
            throw Problem.invalid(
                    "evaluators", "evaluators is empty; name one at least, or leave it out for trials of all");
        return Choices.texts("evaluators", evaluators);
    }

    /** @throws Problem when it is no name to show */
    public String clientName() {
        String name = Objects.requireNonNullElse(client, "client").strip();
        if (name.isEmpty() || name.length() > MOST_NAMED || name.chars().anyMatch(Character::isISOControl))
            throw Problem.invalid("client", "client must have 1 to " + MOST_NAMED + " characters that can be printed");
        return name;
    }

    /** @throws Problem when it is too many or none */
    public int wantedCount() {
        int wanted = Objects.requireNonNullElse(count, 1);
        if (wanted < 1 || wanted > MOST)
            throw Problem.invalid("count", "count must lie in 1.." + MOST + ", not " + wanted);
        return wanted;
    }

    /** @throws Problem when it is no time, or too long */
    public Duration patience() {
        if (waiting == null) return Duration.ZERO;
        try {
            Duration patience = Duration.parse("PT" + waiting.strip().toUpperCase(Locale.ROOT));
            if (!patience.isNegative() && patience.compareTo(LONGEST) <= 0) return patience;
        } catch (DateTimeParseException e) {
            // said below
        }
        throw Problem.invalid("wait", "wait must be a time from 0s to 60s, such as 30s, not " + waiting);
    }
}
