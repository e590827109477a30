package phema.catalog;

import java.time.Instant;
import java.util.Map;
import phema.format.WeightFile;

/**
 * What scans know of a file.
 *
 * @param size in bytes when last looked at
 * @param modified its time stamp then
 * @param since when it was first seen with that size and time stamp, by the scanner's ticker;
 *     matters only until its content is known
 */
record RememberedFile(long size, Instant modified, long since, RememberedContent content) {
    /** What reading it gave. */
    sealed interface RememberedContent {}

    /** Not to be used yet: it may still be written. */
    record Growing(String message) implements RememberedContent {}

    /**
     * It cannot be used.
     *
     * @param lasting whether only another content can change that, as opposed to storage that failed or refused
     */
    record Broken(String message, boolean lasting) implements RememberedContent {}

    /**
     * Its structure, and its sample.
     *
     * @param file with all its tensors
     * @param plan identity of the {@link SamplePlan} that the sample was read by; empty when none was read yet
     * @param scales the constants that must be the same in all files, by tensor
     */
    record Indexed(WeightFile file, String plan, Sample sample, Map<String, Double> scales)
            implements RememberedContent {
        Indexed(WeightFile file) {
            this(file, "", Sample.EMPTY, Map.of());
        }
    }

    RememberedFile with(RememberedContent changed) {
        return new RememberedFile(size, modified, since, changed);
    }
}
