package phema.sweep;

import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Limits what a sweep may ask for.
 *
 * @param maxPoints most trials of one sweep
 */
@Validated
@ConfigurationProperties("phema.sweep")
record SweepProperties(@DefaultValue("10000") @Min(1) int maxPoints) {}
