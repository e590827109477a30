package phema.format;

import java.nio.file.Path;
import java.util.List;

/**
 * Says what was compared in a weight file, all of which was read, and what nothing in it allows to compare.
 *
 * @param file for a sharded one its index
 * @param bytes of all physical files
 * @param verified what is as it should be, one line each
 * @param notVerifiable what may be wrong without anybody noticing, one line each
 * @param faults what is wrong, one line each that names the entry or tensor; none where nothing was found
 */
public record Verification(
        Path file, long bytes, List<String> verified, List<String> notVerifiable, List<String> faults) {
    public Verification {
        verified = verified.stream().map(OneLine::of).toList();
        notVerifiable = notVerifiable.stream().map(OneLine::of).toList();
        faults = faults.stream().map(OneLine::of).toList();
    }

    /** Whether nothing wrong was found. */
    public boolean isSound() {
        return faults.isEmpty();
    }
}
