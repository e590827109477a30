package phema.catalog;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Holds what a scan of a folder found, and what the next one may rely on.
 *
 * @param recognised the files that were considered; empty before the first scan
 * @param known by file name
 * @param content of the folder, when the scan began
 */
record Scan(Run run, Optional<Recognition> recognised, Map<String, RememberedFile> known, FolderContent content) {
    /** The state before the first scan of a folder of which nothing is remembered. */
    static final Scan NONE = remembered(Map.of());

    Scan {
        known = Map.copyOf(known);
    }

    /** Makes the state before the first scan of a folder that an earlier process has scanned. */
    static Scan remembered(Map<String, RememberedFile> known) {
        Run nothing = new Run("", Path.of(""), List.of(), List.of(), List.of());
        return new Scan(nothing, Optional.empty(), known, FolderContent.NONE);
    }

    /** The same, of a folder that held this when the scan began. */
    Scan of(FolderContent now) {
        return now.equals(content) ? this : new Scan(run, recognised, known, now);
    }

    /** Whether nothing has changed: the same files, meant to hold the same, and nothing new known of any of them. */
    boolean isOf(Recognition nowRecognised, Map<String, RememberedFile> nowKnown) {
        return recognised.equals(Optional.of(nowRecognised)) && known.equals(nowKnown);
    }
}
