package phema.api;

import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import phema.sweep.DescriptionChange;

/**
 * Changes what is said of a sweep. What is left out stays as it is.
 *
 * @param name of this sweep of the run, which no other of it has; an empty text takes it away
 * @param note an empty text takes it away
 * @param tags all that it has from now on
 * @param archived whether it is in no list that does not ask for archived ones
 */
public record DescriptionRequest(
        @Schema(pattern = "[A-Za-z0-9._-]{0,100}", example = "nightly") @Nullable
        String name,

        @Schema(maxLength = 2000) @Nullable String note,

        @Schema(example = "[\"paper\", \"guided\"]") @Nullable
        List<@Nullable String> tags,

        @Nullable Boolean archived) {
    public DescriptionChange change() {
        return new DescriptionChange(
                Optional.ofNullable(name),
                Optional.ofNullable(note),
                Optional.ofNullable(tags).map(given -> Choices.texts("tags", given)),
                Optional.ofNullable(archived));
    }
}
