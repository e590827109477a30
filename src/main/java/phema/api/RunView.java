package phema.api;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.format.Tensor;
import phema.sweep.Advice;

/**
 * Describes a run.
 *
 * @param snapshots how many can be used
 * @param excluded how many files cannot, for the reasons that its snapshots list
 * @param firstTime of a usable snapshot, on the training job's clock (images seen for EDM2)
 * @param sizeBytes of all usable snapshots
 * @param format of the newest usable snapshot
 * @param tensors of one snapshot
 * @param elements of one snapshot, in all tensors
 * @param recommended the average that its weights should be, and the hub's main is: pinned, else what may be
 *     taken of that which its sweeps found; none while there is neither
 * @param offered what else its sweeps found, the latest first, and why it was not taken
 * @param notices about the run as a whole, such as gaps, that the database cannot say what is recommended, or
 *     that what is pinned was pinned for other weights
 */
public record RunView(
        String name,
        int snapshots,
        int excluded,
        @Nullable Double firstTime,
        @Nullable Double lastTime,
        long sizeBytes,
        @Nullable String format,
        int tensors,
        long elements,
        @Nullable RecommendedView recommended,
        List<RecommendedView> offered,
        List<String> notices) {
    public static RunView of(Run run, Advice advice) {
        List<Snapshot> snapshots = run.snapshots();
        boolean none = snapshots.isEmpty();
        List<Tensor> tensors = none ? List.of() : snapshots.getLast().file().tensors();
        return new RunView(
                run.name(),
                snapshots.size(),
                run.excluded().size(),
                none ? null : snapshots.getFirst().time(),
                none ? null : snapshots.getLast().time(),
                Snapshot.bytes(snapshots),
                none ? null : snapshots.getLast().file().format().extension(),
                tensors.size(),
                tensors.stream().mapToLong(Tensor::elements).sum(),
                advice.recommended().map(RecommendedView::of).orElse(null),
                advice.offered().stream().map(RecommendedView::of).toList(),
                Stream.of(run.said().stream(), advice.doubt().stream(), advice.leftPin().stream())
                        .flatMap(notices -> notices)
                        .toList());
    }
}
