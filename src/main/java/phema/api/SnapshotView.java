package phema.api;

import org.jspecify.annotations.Nullable;
import phema.catalog.Excluded;
import phema.catalog.Snapshot;
import phema.text.Labels;

/**
 * Describes a file of a run.
 *
 * @param name within the run's folder
 * @param state {@code usable} or {@code excluded}
 * @param reason why it is excluded, in a word
 * @param message why it is excluded and what to do, in a line
 * @param profile of the average that a usable file holds
 */
public record SnapshotView(
        String name,
        String state,
        @Nullable String reason,
        @Nullable String message,
        @Nullable ProfileView profile,
        @Nullable Long sizeBytes,
        @Nullable String format) {
    public static SnapshotView of(Snapshot snapshot) {
        return new SnapshotView(
                snapshot.name(),
                "usable",
                null,
                null,
                ProfileView.of(snapshot.profile()),
                snapshot.file().size(),
                snapshot.file().format().extension());
    }

    public static SnapshotView of(Excluded excluded) {
        return new SnapshotView(
                excluded.name(), "excluded", Labels.of(excluded.reason()), excluded.message(), null, null, null);
    }
}
