package phema.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.swagger.v3.oas.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Asks for trials of one sweep, whose evaluator is known.
 *
 * @param client who asks, as it is shown where trials are
 * @param count how many trials at most
 * @param waiting how long to wait for one where there is none, at most 60s
 */
public record SweepAskRequest(
        @Schema(defaultValue = "client", maxLength = AskRequest.MOST_NAMED, pattern = AskRequest.NAME) @Nullable
        String client,

        @Schema(defaultValue = "1", minimum = "1", maximum = "64") @Nullable
        Integer count,

        @JsonProperty("wait") @Schema(defaultValue = "0s", example = "30s", pattern = AskRequest.SECONDS) @Nullable
        String waiting) {
    public AskRequest ofAnySweep() {
        return new AskRequest(null, client, count, waiting);
    }
}
