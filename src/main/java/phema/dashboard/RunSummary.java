package phema.dashboard;

import java.util.List;
import phema.catalog.Excluded.ExclusionReason;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.format.Tensor;
import phema.profile.Impulse;
import phema.synthesis.Names;
import phema.text.ByteSize;

/**
 * Describes a run in a few words.
 *
 * @param addressed whether an address can hold its name, so that it has a page
 * @param settles whether there are no snapshots yet, as all files are still being written
 * @param parameters elements of one snapshot's parameters
 * @param span of training that the snapshots cover
 * @param averages which ones are stored
 */
record RunSummary(
        String name,
        boolean addressed,
        int snapshots,
        int excluded,
        boolean settles,
        String size,
        String parameters,
        String span,
        String averages,
        String format,
        List<String> notices,
        Chart timeline) {
    private static final String UNADDRESSED = ";\\\n\r\u2028\u2029";

    static RunSummary of(Run run) {
        List<Snapshot> snapshots = run.snapshots();
        RunClock clock = RunClock.of(run);
        boolean none = snapshots.isEmpty();
        return new RunSummary(
                run.name(),
                isAddressed(run),
                snapshots.size(),
                run.excluded().size(),
                none
                        && !run.excluded().isEmpty()
                        && run.excluded().stream().allMatch(file -> file.reason() == ExclusionReason.GROWING),
                ByteSize.print(Snapshot.bytes(snapshots)),
                none ? "" : parameters(snapshots.getLast()),
                none
                        ? ""
                        : clock.show(snapshots.getFirst().time()) + " to "
                                + clock.show(snapshots.getLast().time()),
                String.join(", ", profiles(run)),
                none ? "" : snapshots.getLast().file().format().extension(),
                run.said(),
                RunCharts.timeline(run));
    }

    /** Servers refuse paths with one of these, encoded or not. */
    static boolean isAddressed(Run run) {
        return UNADDRESSED.chars().noneMatch(c -> run.name().indexOf(c) >= 0);
    }

    private static String parameters(Snapshot snapshot) {
        long elements = snapshot.file().tensors().stream()
                .filter(tensor -> tensor.role() == Tensor.TensorRole.PARAMETER)
                .mapToLong(Tensor::elements)
                .sum();
        return Show.count(elements);
    }

    /** Which averages are stored, sorted. */
    static List<String> profiles(Run run) {
        return run.snapshots().stream()
                .map(RunSummary::profile)
                .distinct()
                .sorted()
                .toList();
    }

    static String profile(Snapshot snapshot) {
        return snapshot.profile() instanceof Impulse ? "checkpoint" : Names.described(snapshot.profile());
    }
}
