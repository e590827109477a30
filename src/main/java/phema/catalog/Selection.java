package phema.catalog;

import java.util.List;
import java.util.Optional;

/**
 * Says which files of a folder count as its run's snapshots: the input options of EDM2's {@code reconstruct_phema.py};
 * and which of the weights in them.
 *
 * @param prefix of the file names ({@code --inprefix}); without one, the most frequent prefix that is not {@code phema}
 * @param sigmaRels that the names may carry ({@code --instd}); any when empty
 * @param masters whether the weights are meant that an optimizer keeps in single precision
 */
public record Selection(Optional<String> prefix, List<Double> sigmaRels, boolean masters) {
    public static final Selection DEFAULT = new Selection(Optional.empty(), List.of());

    public Selection {
        sigmaRels = List.copyOf(sigmaRels);
    }

    /** Of the weights themselves. */
    public Selection(Optional<String> prefix, List<Double> sigmaRels) {
        this(prefix, sigmaRels, false);
    }

    /** The same as far as files go. */
    Selection ofFiles() {
        return new Selection(prefix, sigmaRels);
    }

    boolean admits(double sigmaRel) {
        return sigmaRels.isEmpty() || sigmaRels.stream().anyMatch(s -> Math.abs(s - sigmaRel) < 1e-9);
    }
}
