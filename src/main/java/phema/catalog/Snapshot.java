package phema.catalog;

import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import phema.format.WeightFile;
import phema.profile.Profile;

/**
 * Describes one stored average (or raw checkpoint) of a run.
 *
 * @param name file name within the run's folder; with {@code #} and the prefix of its tensors where the file holds
 *     several sets of weights
 * @param profile of the average it holds; its end time is the snapshot's time
 * @param sample at the same positions as those of the run's other snapshots
 */
public record Snapshot(String name, WeightFile file, Profile profile, Sample sample) {
    /** Returns the time on the training job's clock: images seen for EDM2. */
    public double time() {
        return profile.endTime();
    }

    /** Returns the bytes of the files of some snapshots, of which several may be of one file. */
    public static long bytes(Collection<Snapshot> snapshots) {
        Map<Path, Long> sizes = HashMap.newHashMap(snapshots.size());
        for (Snapshot snapshot : snapshots)
            sizes.put(snapshot.file().path(), snapshot.file().size());
        return sizes.values().stream().mapToLong(size -> size).sum();
    }
}
