package phema.fleet;

import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Says what this process does for the fleet.
 *
 * @param enabled whether it takes work from the queue
 * @param threads how much at once
 * @param drain how long a worker that is told to end goes on with what it has started
 */
@Validated
@ConfigurationProperties("phema.worker")
public record WorkerProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("1") @Min(1) int threads,
        @DefaultValue("20s") Duration drain) {}
