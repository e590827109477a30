package phema.sweep;

import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Limits what a sweep may ask for.
 *
 * @param maxPoints most trials of one sweep
 * @param retention how long sweeps are kept after they ended; for ever where there is none
 */
@Validated
@ConfigurationProperties("phema.sweep")
record SweepProperties(
        @DefaultValue("10000") @Min(1) int maxPoints,
        @DurationMin(seconds = 1) @Nullable Duration retention) {}
