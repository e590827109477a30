package phema.catalog;

import phema.format.WeightFile;
import phema.profile.Profile;

/**
 * Describes one stored average (or raw checkpoint) of a run.
 *
 * @param name file name within the run's folder
 * @param profile of the average it holds; its end time is the snapshot's time
 * @param sample at the same positions as those of the run's other snapshots
 */
public record Snapshot(String name, WeightFile file, Profile profile, Sample sample) {
    /** Returns the time on the training job's clock: images seen for EDM2. */
    public double time() {
        return profile.endTime();
    }
}
