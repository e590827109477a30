package phema.bulk;

import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.validation.annotation.Validated;
import phema.text.ByteSize;

/**
 * Says where bulk syntheses are written, and how they are cut.
 *
 * @param folder where bulk syntheses are written; one that all workers of a fleet see
 * @param partSize the bytes that a part of a synthesis writes at least, where there are as many
 */
@Validated
@ConfigurationProperties("phema.syntheses")
record BulkProperties(Path folder, ByteSize partSize) {
    /** Returns where the files are when all are complete. */
    Path folder(String id) {
        return folder.toAbsolutePath().resolve(id);
    }

    /** Returns where files are that are complete while others are not. */
    Path complete(String id) {
        return folder.toAbsolutePath().resolve("." + id);
    }

    /** Returns where an attempt at a part writes. */
    Path pending(String id, int part, int attempt) {
        return folder.toAbsolutePath().resolve(attempts(id) + part + "-" + attempt);
    }

    /** The beginning of the names of the folders of all attempts, and of what older versions called so. */
    static String attempts(String id) {
        return "." + id + "-";
    }
}
