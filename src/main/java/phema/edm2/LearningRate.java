package phema.edm2;

import phema.problem.Problem;

/**
 * Computes the learning rate: inverse square root decay after a constant stretch (arXiv 2312.02696, Eq. 67), with a
 * linear ramp at the beginning.
 *
 * @param reference rate before the decay
 * @param decay batches after which the rate falls; 0 for never
 * @param ramp images over which the rate grows from zero; 0 for none
 */
public record LearningRate(double reference, double decay, long ramp) {
    public LearningRate {
        if (!(reference > 0 && reference < Double.POSITIVE_INFINITY))
            throw Problem.invalid("lr", "the learning rate must be a number above 0, not " + reference);
        if (!(decay >= 0)) throw Problem.invalid("decay", "decay cannot be negative, as is " + decay);
        if (ramp < 0) throw Problem.invalid("rampup", "rampup cannot be negative, as is " + ramp);
    }

    /** @param nimg images seen before the step */
    double at(long nimg, int batch) {
        double rate = reference;
        if (decay > 0) rate /= Math.sqrt(Math.max(nimg / (decay * batch), 1));
        if (ramp > 0) rate *= Math.min((double) nimg / ramp, 1);
        return rate;
    }
}
