package phema.api;

import java.util.List;
import org.jspecify.annotations.Nullable;
import phema.catalog.Excluded;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.text.Labels;

/**
 * Describes what a folder of snapshots holds.
 *
 * @param snapshots that syntheses may read, by time
 * @param excluded the others
 * @param notices about the folder as a whole
 * @param manifest lines of a phema.yaml that would say the same, or is asked for
 * @param report where it was asked for
 */
public record FolderView(
        String folder,
        List<UsableView> snapshots,
        List<ExcludedView> excluded,
        List<String> notices,
        List<String> manifest,
        @Nullable ReportView report) {
    /** A file that syntheses may read. @param tensors how many it has */
    public record UsableView(String name, ProfileView profile, String format, long sizeBytes, int tensors) {
        static UsableView of(Snapshot snapshot) {
            return new UsableView(
                    snapshot.name(),
                    ProfileView.of(snapshot.profile()),
                    snapshot.file().format().extension(),
                    snapshot.file().size(),
                    snapshot.file().tensors().size());
        }
    }

    /** A file that no synthesis reads. @param reason in a word or two; the message says it in a line */
    public record ExcludedView(String name, String reason, String message) {
        static ExcludedView of(Excluded excluded) {
            return new ExcludedView(excluded.name(), Labels.inWords(excluded.reason()), excluded.message());
        }
    }

    public static FolderView of(Run run, @Nullable ReportView report) {
        return new FolderView(
                run.folder().toString(),
                run.snapshots().stream().map(UsableView::of).toList(),
                run.excluded().stream().map(ExcludedView::of).toList(),
                run.said(),
                run.manifest(),
                report);
    }
}
