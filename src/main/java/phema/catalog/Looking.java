package phema.catalog;

import java.time.Duration;
import java.util.Optional;

/**
 * Tells how far a look at the roots is that takes long, as the first one at thousands of files does.
 *
 * @param runs that were looked at
 * @param files that were
 * @param left how long the rest takes if it goes on like that; empty while nobody can tell
 */
public record Looking(int runs, int allRuns, long files, long allFiles, Optional<Duration> left) {
    Looking and(Looking other) {
        return new Looking(
                runs + other.runs,
                allRuns + other.allRuns,
                files + other.files,
                allFiles + other.allFiles,
                left.flatMap(mine -> other.left.map(theirs -> mine.compareTo(theirs) > 0 ? mine : theirs)));
    }
}
