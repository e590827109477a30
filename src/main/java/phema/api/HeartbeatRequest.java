package phema.api;

import io.swagger.v3.oas.annotations.media.Schema;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import phema.problem.Problem;

/**
 * Says that a client goes on with its trial.
 *
 * @param progress how much of it is done
 * @param log the end of what it has printed so far; the last 64 KiB are kept
 */
public record HeartbeatRequest(
        @Schema(minimum = "0", maximum = "1", example = "0.4") @Nullable
        Double progress,

        @Nullable String log) {
    /** The number of characters that are kept, as of our own workers' trials. */
    private static final int MOST = 1 << 16;

    /** What is to be shown; empty where nothing is said. @throws Problem when progress is no share */
    public Optional<String> output() {
        if (progress != null && !(progress >= 0 && progress <= 1))
            throw Problem.invalid("progress", "progress must lie in 0..1, not " + progress);
        if (progress == null && log == null) return Optional.empty();
        String text = Objects.requireNonNullElse(log, "");
        String end = text.substring(Math.max(0, text.length() - MOST));
        if (progress == null) return Optional.of(end);
        String line = String.format(Locale.ROOT, "%.0f %% is done%n", 100 * progress);
        return Optional.of(end.isEmpty() || end.endsWith("\n") ? end + line : end + "\n" + line);
    }
}
