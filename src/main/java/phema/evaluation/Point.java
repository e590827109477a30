package phema.evaluation;

import java.util.Optional;

/**
 * What a trial evaluates.
 *
 * @param sigmaRel EMA length of the weights
 * @param time where their average ends, on the training job's clock
 * @param guidance strength, 1 for none
 * @param guide the guiding network, where it is another one
 * @param seeds of the images
 */
public record Point(double sigmaRel, double time, double guidance, Optional<Guide> guide, Seeds seeds) {
    /** Weights that guide. */
    public record Guide(String run, double sigmaRel, double time) {}

    /** Another point of the same time and guiding network. */
    public Point with(double otherSigmaRel, double otherGuidance, Seeds otherSeeds) {
        return new Point(otherSigmaRel, time, otherGuidance, guide, otherSeeds);
    }
}
