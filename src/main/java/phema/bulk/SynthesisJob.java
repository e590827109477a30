package phema.bulk;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import phema.fleet.WorkState;

/**
 * Describes a synthesis of many targets, and how far it is.
 *
 * @param state CANCELLED also while its partial files are being removed
 * @param bytes written so far
 * @param totalBytes of all files; 0 until it was started
 * @param folder that holds the files, or will
 * @param files their names, when it is done
 */
public record SynthesisJob(
        String id,
        SynthesisSpec spec,
        WorkState state,
        long bytes,
        long totalBytes,
        String folder,
        List<String> files,
        Optional<String> worker,
        Optional<String> error,
        Instant created,
        Optional<Instant> ended) {
    public SynthesisJob {
        files = List.copyOf(files);
    }
}
