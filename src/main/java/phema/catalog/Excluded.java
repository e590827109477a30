package phema.catalog;

import java.nio.file.Path;
import phema.format.OneLine;

/**
 * Describes a file in a run's folder that no synthesis reads.
 *
 * @param message for the user: what is wrong and what to do, one line
 */
public record Excluded(String name, Path path, ExclusionReason reason, String message) {
    public Excluded {
        message = OneLine.of(message);
    }

    /** Why. */
    public enum ExclusionReason {
        /** Still being written. */
        GROWING,
        /** Breaks a rule of its format, or holds NaN or infinity. */
        BROKEN,
        /** Holds no average, like the initial weights at time 0. */
        NO_PROFILE,
        /** Another file of the run has the same time and profile. */
        DUPLICATE,
        /** It is the run's manifest, and wrong or missing: there are no snapshots then. */
        MANIFEST,
        /**
         * Its tensors differ in name or shape from those of most of the run, or are integers where those are not; or
         * its metadata contradict its name.
         */
        DIFFERENT
    }
}
