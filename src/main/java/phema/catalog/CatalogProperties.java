package phema.catalog;

import jakarta.validation.Valid;
import jakarta.validation.constraints.NotEmpty;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Says where files are.
 *
 * @param roots folders that hold runs, at any depth; also {@code s3://bucket/prefix}
 * @param home folder of the database and of what jobs write
 */
@Validated
@ConfigurationProperties("phema")
public record CatalogProperties(
        @NotEmpty List<Path> roots,
        Path home,
        @DefaultValue @Valid Polling catalog) {
    /**
     * Says how new files are noticed.
     *
     * @param poll pause between two looks at a root; polling sees what other machines write to a network file system,
     *     notifications do not
     * @param settle how long a new file must stay unchanged before it is read
     * @param firstLook how long the start waits for the first look at the roots, which goes on beside what follows
     */
    public record Polling(
            @DefaultValue("10s") @DurationMin(millis = 100) Duration poll,
            @DefaultValue("10s") @DurationMin Duration settle,
            @DefaultValue("10s") @DurationMin Duration firstLook) {}
}
