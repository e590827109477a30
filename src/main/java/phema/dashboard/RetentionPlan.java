package phema.dashboard;

import java.util.List;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.solver.Retention;
import phema.synthesis.Names;
import phema.text.ByteSize;
import phema.text.Labels;

/**
 * Says which files a run can do without.
 *
 * @param maxError in percent, as it was asked for
 */
record RetentionPlan(
        String maxError, int files, List<String> deletable, String size, List<EffectRow> effects, String command) {
    record EffectRow(String width, String now, String then) {}

    static RetentionPlan of(Run run, Retention retention, double maxError) {
        List<Snapshot> deletable =
                retention.deletable().stream().map(run.snapshots()::get).toList();
        return new RetentionPlan(
                Labels.plain(maxError),
                run.snapshots().size(),
                deletable.stream().map(Snapshot::name).toList(),
                ByteSize.print(Snapshot.bytes(deletable)),
                retention.effects().stream()
                        .map(e -> new EffectRow(
                                Names.width(e.target()), Show.percent(e.before()), Show.percent(e.after())))
                        .toList(),
                "phema plan --indir " + run.folder() + " --max-error " + Labels.plain(maxError / 100));
    }
}
