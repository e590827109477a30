package phema.profile;

/**
 * Describes a classic exponential average {@code p(t) = lambda exp(-lambda (T - t))} on {@code (0, T]}; the share
 * {@code exp(-lambda T)} that is left sits at 0, on the initial weights.
 *
 * @param rate {@code lambda}, per unit of time
 */
public record Exponential(double rate, double endTime) implements Profile {
    public Exponential {
        Require.positive("the decay rate", rate);
        Require.positive("the end time", endTime);
    }

    public static Exponential ofHalfLife(double halfLife, double endTime) {
        Require.positive("the half-life", halfLife);
        return new Exponential(Math.log(2) / halfLife, endTime);
    }

    /**
     * @param decay what is left of a weight after one unit of time: the {@code beta} of an average that is updated once
     *     per unit
     */
    public static Exponential ofDecay(double decay, double endTime) {
        if (!(decay > 0 && decay < 1)) throw new IllegalArgumentException("the decay must lie in (0, 1), not " + decay);
        return new Exponential(-Math.log(decay), endTime);
    }

    /** The time after which a weight counts half. */
    public double halfLife() {
        return Math.log(2) / rate;
    }

    @Override
    public double cumulative(double t) {
        return t < 0 ? 0 : t >= endTime ? 1 : Math.exp(-rate * (endTime - t));
    }

    @Override
    public double density(double t) {
        return t <= 0 || t > endTime ? 0 : rate * Math.exp(-rate * (endTime - t));
    }

    @Override
    public double meanTime() {
        return endTime + Math.expm1(-rate * endTime) / rate;
    }
}
