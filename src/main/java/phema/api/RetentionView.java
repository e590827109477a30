package phema.api;

import java.util.List;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.solver.Retention;

/**
 * Says which snapshots of a run may be deleted. A proposal: nothing is deleted.
 *
 * @param deletable names of the snapshots that may be deleted, all of them together; of the command line, paths of
 *     their files
 * @param deletableBytes their size
 * @param targets what that does to each
 * @param notices which other averages are among these, or may need what may be deleted, a sentence each
 */
public record RetentionView(
        List<String> deletable, long deletableBytes, List<RetentionEffectView> targets, List<String> notices) {
    public static RetentionView of(Run run, Retention retention, List<String> deletable, List<String> notices) {
        return new RetentionView(
                deletable,
                Snapshot.bytes(
                        retention.deletable().stream().map(run.snapshots()::get).toList()),
                retention.effects().stream().map(RetentionEffectView::of).toList(),
                List.copyOf(notices));
    }
}
