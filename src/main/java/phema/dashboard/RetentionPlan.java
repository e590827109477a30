package phema.dashboard;

import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.Optional;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.profile.Profile;
import phema.profile.ProfileFamily;
import phema.profile.ProfileSpec;
import phema.solver.Retention;
import phema.sweep.RetentionTargets;
import phema.synthesis.Names;
import phema.text.ByteSize;
import phema.text.Labels;

/**
 * Says which files a run can do without.
 *
 * @param maxError in percent, as it was asked for
 * @param command that says the same; empty where none can
 * @param lines that give the errors elsewhere
 * @param notices which other averages it is for
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
        List<String> notices,
        String file) {
    record EffectRow(String width, String now, String then) {}

    static RetentionPlan of(Run run, Retention retention, double maxError, double end, RetentionTargets targets) {
        Optional<String> command = widths(targets, end)
                .flatMap(widths -> RunLines.plan(run, maxError / 100, end).map(line -> line + widths));
        List<Snapshot> deletable =
                retention.deletable().stream().map(run.snapshots()::get).toList();
        return new RetentionPlan(
                Labels.plain(maxError),
                run.snapshots().size(),
                deletable.stream().map(Snapshot::name).toList(),
                ByteSize.print(Snapshot.bytes(deletable)),
                retention.effects().stream()
                        .map(e ->
                                new EffectRow(name(e.target(), end), Show.percent(e.before()), Show.percent(e.after())))
                        .toList(),
                command.orElse(""),
                RunLines.retention(run, command, maxError / 100, end),
                targets.notices(),
                ChartSource.fileName(run.name(), "retention", Labels.plain(maxError)));
    }

    /** What makes a command, which does not know what is recommended, look at that too; empty where nothing does. */
    private static Optional<String> widths(RetentionTargets targets, double end) {
        if (targets.added().isEmpty()) return Optional.of("");
        List<String> specs = targets.targets().stream()
                .filter(target -> target.endTime() == end)
                .map(ProfileSpec::print)
                .filter(spec ->
                        ProfileFamily.find(spec).filter(ProfileFamily::isPower).isPresent())
                .toList();
        return specs.size() < targets.targets().size()
                ? Optional.empty()
                : Optional.of(specs.stream()
                        .map(spec -> Labels.plain(ProfileFamily.POWER.length(spec)))
                        .collect(joining(",", " --outstd ", "")));
    }

    private static String name(Profile target, double end) {
        return Names.width(target)
                + (target.endTime() == end ? "" : ", ends at time " + Labels.plain(target.endTime()));
    }
}
