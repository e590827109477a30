package phema.format;

import java.nio.file.Path;
import java.time.Instant;

/**
 * Describes one physical file as it was when it was indexed. A weight file has one part, a sharded one several.
 *
 * @param size in bytes
 * @param digest SHA-256, in hex, of everything but tensor elements: two files with equal size, time stamp and digest
 *     are taken for the same
 */
public record FilePart(Path path, long size, Instant modified, String digest) {
    /** Returns the stamp by which the file can be told from a changed one without reading it. */
    public FileStamp stamp() {
        return new FileStamp(size, modified);
    }
}
