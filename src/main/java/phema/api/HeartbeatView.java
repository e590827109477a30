package phema.api;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Answers a heartbeat.
 *
 * @param cancel whether nobody wants the result any more: the sweep is cancelled, or the lease ran out
 * @param expires when somebody else may get the trial, unless another heartbeat comes before
 */
public record HeartbeatView(boolean cancel, @Nullable Instant expires) {
    public static HeartbeatView of(Optional<Instant> expires) {
        return new HeartbeatView(expires.isEmpty(), expires.orElse(null));
    }
}
