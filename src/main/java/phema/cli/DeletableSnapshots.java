package phema.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.api.RetentionView;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.format.FilePart;
import phema.problem.Problem;
import phema.profile.Profile;
import phema.profile.ProfileSpec;
import phema.solver.Retention;
import phema.synthesis.Fits;
import phema.synthesis.Names;
import phema.text.ByteSize;

/** Says which snapshots of a run may be deleted, and what that costs. */
final class DeletableSnapshots {
    private final Run run;
    private final List<String> notices;
    private final Retention retention;
    private final List<Snapshot> deletable;

    private DeletableSnapshots(Run run, Retention retention, List<String> notices) {
        this.run = run;
        this.notices = notices;
        this.retention = retention;
        deletable = retention.deletable().stream().map(run.snapshots()::get).toList();
    }

    /**
     * @param lengths sigma_rel that shall stay possible
     * @param profiles others that shall; those widths that the run can express where neither are asked for
     * @param ends times at which they shall; the latest snapshot's when there are none
     * @param maxError largest predicted relative error of lengths that are below it now
     */
    static DeletableSnapshots of(
            Run run, @Nullable NumberList lengths, List<String> profiles, List<Double> ends, double maxError) {
        Fits fits = new Fits();
        return new DeletableSnapshots(
                run, fits.retention(run, targets(fits, run, lengths, profiles, ends), maxError), notices(run, ends));
    }

    /** No service is asked what it recommends. */
    private static List<String> notices(Run run, List<Double> ends) {
        return !ends.isEmpty() || run.oldestTime() == run.newestTime()
                ? List.of()
                : List.of(
                        "Only averages that end at the newest snapshot are looked at: one that ends earlier, as what a"
                                + " service has pinned may, can need files that may be deleted. Name all times with"
                                + " --time.");
    }

    private static List<Profile> targets(
            Fits fits, Run run, @Nullable NumberList lengths, List<String> profiles, List<Double> ends) {
        List<Profile> targets = new ArrayList<>();
        for (double end : ends.isEmpty() ? List.of(run.newestTime()) : ends) {
            if (lengths != null)
                for (double sigmaRel : lengths.values()) targets.add(ProfileOptions.power(sigmaRel, end));
            else if (profiles.isEmpty()) targets.addAll(fits.expressible(run, end));
            for (String spec : profiles)
                targets.add(ProfileOptions.profile("profile", () -> ProfileSpec.parse(spec, end)));
        }
        if (targets.isEmpty())
            throw Problem.invalid(
                    "outstd",
                    "the run can express no EMA length within 10 %; say with --outstd which shall stay possible");
        return targets;
    }

    /** The physical files of all of them: of each its shards and their index, or just one. */
    List<String> files() {
        return deletable.stream().flatMap(DeletableSnapshots::files).distinct().toList();
    }

    private static Stream<String> files(Snapshot snapshot) {
        return Stream.concat(
                        Stream.of(snapshot.file().path()),
                        snapshot.file().parts().stream().map(FilePart::path))
                .map(Path::toString)
                .distinct();
    }

    RetentionView view() {
        return RetentionView.of(run, retention, files(), notices);
    }

    /** Prints what deleting them means. */
    void explain(PrintWriter out) {
        out.printf(
                "%s: %d of %d snapshots may be deleted, %s of %s%n",
                run.folder(),
                deletable.size(),
                run.snapshots().size(),
                ByteSize.print(Snapshot.bytes(deletable)),
                ByteSize.print(Snapshot.bytes(run.snapshots())));
        Table table = new Table("average", "time", "predicted error now", "after", "limit");
        for (Retention.TargetEffect effect : retention.effects())
            table.row(
                    Names.width(effect.target()),
                    "%.0f".formatted(effect.target().endTime()),
                    CommandOutput.error(effect.before()),
                    CommandOutput.error(effect.after()),
                    CommandOutput.error(effect.limit()));
        table.print(out);
        notices.forEach(notice -> out.println("note: " + notice));
        run.newer().ifPresent(files -> out.println("warning: " + files.message()));
        out.flush();
    }
}
