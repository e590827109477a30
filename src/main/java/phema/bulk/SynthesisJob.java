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
 * @param totalBytes of all files
 * @param parts that workers write on their own; 0 where an older version was asked for it, and wrote it whole
 * @param folder that holds the files, or will
 * @param files their names, when it is done
 * @param worker that began a part of it last
 */
public record SynthesisJob(
        String id,
        SynthesisSpec spec,
        WorkState state,
        long bytes,
        long totalBytes,
        int parts,
        int partsDone,
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
