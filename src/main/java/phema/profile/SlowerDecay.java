package phema.profile;

/**
 * Forgets as another decay does, so many times as slowly.
 *
 * @param factor above 0; below 1 it forgets faster
 */
public record SlowerDecay(Decay decay, double factor) implements Decay {
    @Override
    public double logShare(double s, double t) {
        return decay.logShare(s, t) / factor;
    }

    @Override
    public double intake(double s) {
        return decay.intake(s) / factor;
    }

    @Override
    public double[] kinks(double from, double to) {
        return decay.kinks(from, to);
    }
}
