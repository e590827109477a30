package phema.profile;

/**
 * Forgets at a constant rate, as a classic exponential average does: {@code P(s; t) = exp(-rate (t - s))}.
 *
 * @param rate per unit of time
 */
public record ExponentialDecay(double rate) implements Decay {
    @Override
    public double logShare(double s, double t) {
        return -rate * (t - s);
    }

    @Override
    public double intake(double s) {
        return rate;
    }
}
