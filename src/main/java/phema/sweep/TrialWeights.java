package phema.sweep;

import java.util.Locale;
import java.util.Optional;

/**
 * Says what was known of a trial's weights when its latest attempt began.
 *
 * @param predictedError relative, the greater of the network's and a guiding one's; empty where none can be predicted
 * @param gone how many of the files that were noted when the sweep was made were not there any more
 * @param noted how many were
 */
public record TrialWeights(Optional<Double> predictedError, int gone, int noted) {
    /** The predicted error from which on weights are no longer what files that are there would give, for a metric. */
    static final double LARGE = 0.01;

    /** Whether files were gone, and it may show: what others of the sweep were evaluated of was better. */
    boolean isThinned() {
        return gone > 0 && predictedError.map(error -> error > LARGE).orElse(true);
    }

    /** Whether an error that was predicted before has become large since files are gone. */
    boolean isWorseThan(TrialWeights before) {
        return isThinned()
                && before.predictedError()
                        .map(error -> predictedError.orElse(Double.POSITIVE_INFINITY) > 2 * error)
                        .orElse(false);
    }

    /** What is to be minded about them, as a sentence without its stop; empty for nothing. */
    public Optional<String> caution() {
        return isThinned()
                ? Optional.of(gone + " of the " + noted + " files noted when its sweep was made were gone, and "
                        + errorInWords("its weights"))
                : Optional.empty();
    }

    /** @param weights whose it is */
    String errorInWords(String weights) {
        return predictedError
                .map(error ->
                        "the predicted error of " + weights + String.format(Locale.ROOT, " is %.2g %%", 100 * error))
                .orElse("no error of " + weights + " can be predicted");
    }
}
