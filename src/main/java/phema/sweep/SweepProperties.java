package phema.sweep;

import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/** Settings of sweeps and of those who work on them. */
final class SweepProperties {
    private SweepProperties() {}

    /** @param maxPoints most trials of one sweep */
    @Validated
    @ConfigurationProperties("phema.sweep")
    record Sweeping(@DefaultValue("10000") @Min(1) int maxPoints) {}

    /** @param folder where bulk syntheses are written; one that all workers of a fleet see */
    @Validated
    @ConfigurationProperties("phema.syntheses")
    record Storage(Path folder) {
        Path folder(String id) {
            return folder.toAbsolutePath().resolve(id);
        }

        /** Where an attempt writes what will be in that folder when it is complete. */
        Path pending(String id, int attempt) {
            return folder.toAbsolutePath().resolve("." + id + "-" + attempt);
        }
    }

    /**
     * @param enabled whether this process takes trials and syntheses
     * @param threads how many at once
     * @param drain how long a worker that is told to end goes on with what it has begun
     * @param weightsSpace of all weight files that are written for evaluators on this host
     * @param weightsAge how long one that nobody uses is kept
     * @param url where evaluators with {@code weights: url} find the service
     */
    @Validated
    @ConfigurationProperties("phema.worker")
    record Working(
            @DefaultValue("true") boolean enabled,
            @DefaultValue("1") @Min(1) int threads,
            @DefaultValue("20s") Duration drain,
            @DefaultValue("20GB") DataSize weightsSpace,
            @DefaultValue("10m") Duration weightsAge,
            @DefaultValue("http://localhost:8080") String url) {}
}
