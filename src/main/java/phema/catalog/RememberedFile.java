package phema.catalog;

import java.util.Map;
import phema.format.FileStamp;
import phema.format.WeightFile;

/**
 * Holds what scans know of a file.
 *
 * @param stamp when last looked at
 * @param since when it was first seen with that stamp, by the scanner's ticker; matters only until its content is known
 */
record RememberedFile(FileStamp stamp, long since, RememberedContent content) {
    /** What reading it gave. */
    sealed interface RememberedContent {}

    /** Marks a file that is not to be used yet: it may still be written. */
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
    record Indexed(WeightFile file, String plan, SampledElements sample, Map<String, Double> scales)
            implements RememberedContent {
        Indexed(WeightFile file) {
            this(file, "", SampledElements.NONE, Map.of());
        }
    }

    RememberedFile with(RememberedContent changed) {
        return new RememberedFile(stamp, since, changed);
    }
}
