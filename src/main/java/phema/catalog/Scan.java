package phema.catalog;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What a scan of a folder found, and what the next one may rely on.
 *
 * @param names of the files that were considered
 * @param known by file name
 */
record Scan(Run run, List<SnapshotName> names, Map<String, Known> known) {
    /** Before the first scan of a folder of which nothing is remembered. */
    static final Scan NONE = remembered(Map.of());

    Scan {
        names = List.copyOf(names);
        known = Map.copyOf(known);
    }

    /** Before the first scan of a folder that an earlier process has scanned. */
    static Scan remembered(Map<String, Known> known) {
        return new Scan(new Run("", Path.of(""), List.of(), List.of(), List.of()), List.of(), known);
    }

    /** Whether nothing has changed: the same names, and nothing new known of any of them. */
    boolean isOf(List<SnapshotName> nowNames, Map<String, Known> nowKnown) {
        return !names.isEmpty() && names.equals(nowNames) && known.equals(nowKnown);
    }
}
