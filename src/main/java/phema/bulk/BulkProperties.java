package phema.bulk;

import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;

/**
 * Says where bulk syntheses are written.
 *
 * @param folder where bulk syntheses are written; one that all workers of a fleet see
 */
@Validated
@ConfigurationProperties("phema.syntheses")
record BulkProperties(Path folder) {
    Path folder(String id) {
        return folder.toAbsolutePath().resolve(id);
    }

    /** Returns where an attempt writes what will be in that folder when it is complete. */
    Path pending(String id, int attempt) {
        return folder.toAbsolutePath().resolve("." + id + "-" + attempt);
    }
}
