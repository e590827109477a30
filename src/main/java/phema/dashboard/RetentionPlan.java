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
 * @param command that says the same; empty where none can
 * @param lines that give the errors elsewhere
 * @param file how a file of them is called, without an extension
 */
record RetentionPlan(
        String maxError,
        int files,
        List<String> deletable,
        String size,
        List<EffectRow> effects,
        String command,
        List<CopyLine> lines,
        String file) {
    record EffectRow(String width, String now, String then) {}

    static RetentionPlan of(Run run, Retention retention, double maxError, double end) {
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
                RunLines.plan(run, maxError / 100, end).orElse(""),
                RunLines.retention(run, maxError / 100, end),
                ChartSource.fileName(run.name(), "retention", Labels.plain(maxError)));
    }
}
