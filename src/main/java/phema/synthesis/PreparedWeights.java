package phema.synthesis;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import phema.catalog.Run;
import phema.format.Format;
import phema.problem.Problem;
import phema.solver.Fit;

/**
 * Holds weights of a run that are fitted and named, and not computed yet; {@link Syntheses} computes them.
 *
 * @param targets one at least, in the order of the request
 */
public record PreparedWeights(Run run, List<FittedTarget> targets, OutputOptions output) {
    public PreparedWeights {
        targets = List.copyOf(targets);
        if (targets.isEmpty()) throw new IllegalArgumentException("there is nothing to prepare");
    }

    /** Prepares the weights of a fit that was found earlier, for a file whose name is given. */
    public static PreparedWeights of(Run run, String baseName, Fit fit, OutputOptions output) {
        return new PreparedWeights(run, List.of(new FittedTarget(baseName, fit, List.of())), output);
    }

    /** Some of the targets, with nothing else changed. */
    public PreparedWeights with(List<FittedTarget> some) {
        return new PreparedWeights(run, some, output);
    }

    /** Returns the same weights in another format: no fit depends on it. */
    public PreparedWeights in(Format format) {
        return new PreparedWeights(run, targets, output.withFormat(format));
    }

    /** Returns the same weights in files like the run's own. */
    public PreparedWeights asStored() {
        return new PreparedWeights(run, targets, output.asStored());
    }

    /** Returns the same weights in files of another size. */
    public PreparedWeights withShardSize(long bytes) {
        return new PreparedWeights(run, targets, output.withShardSize(bytes));
    }

    /** The only target. @throws IllegalStateException where there are several */
    public FittedTarget target() {
        if (targets.size() != 1) throw new IllegalStateException("there are " + targets.size() + " targets");
        return targets.getFirst();
    }

    /** The fit of all tensors that no layer claims, of each target. */
    public List<Fit> fits() {
        return targets.stream().map(FittedTarget::fit).toList();
    }

    /** Returns what the files are read as: the format asked for, or the run's own. */
    public Format format() {
        return output.format().orElseGet(() -> run.newest().file().format());
    }

    /** Counts the snapshots that are read for these targets together. */
    public int filesUsed() {
        return (int) IntStream.range(0, run.snapshots().size())
                .filter(j -> targets.stream()
                        .flatMap(target -> target.fits().stream())
                        .anyMatch(fit -> fit.coefficients().get(j) != 0))
                .count();
    }

    /** @throws Problem when two targets would be written to the same file */
    public PreparedWeights requireDistinctNames() {
        Set<String> names = new HashSet<>();
        for (FittedTarget target : targets)
            if (!names.add(target.baseName()))
                throw Problem.invalid(
                        "targets",
                        "two outputs would be named " + target.baseName()
                                + "; ask for each average once, and for lengths that differ in the first nine "
                                + "decimals");
        return this;
    }
}
