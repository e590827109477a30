package phema.catalog;

import java.nio.file.Path;
import java.util.List;

/**
 * One training job's files.
 *
 * @param snapshots that syntheses may read, by time, then by profile; all hold the same tensors
 * @param notices about the run as a whole, such as gaps between snapshots; one line each
 */
public record Run(String name, Path folder, List<Snapshot> snapshots, List<Excluded> excluded, List<String> notices) {
    public Run {
        snapshots = List.copyOf(snapshots);
        excluded = List.copyOf(excluded);
        notices = List.copyOf(notices);
    }
}
