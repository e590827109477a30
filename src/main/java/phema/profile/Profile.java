package phema.profile;

/**
 * Describes an averaging profile: how much each moment of training counts in an average of the trajectory. Times are on
 * the training job's own clock, from 0 on.
 */
public sealed interface Profile permits Power, Exponential, Scheduled, Uniform, LearningRateDecay, Impulse, Mixture {
    /** The last moment that counts, {@code T}. */
    double endTime();

    /** {@code P(t)}: the share of the average that lies at or before {@code t}; 1 from {@link #endTime()} on. */
    double cumulative(double t);

    /**
     * {@code p(t)}, per unit of time, without the part of the average that sits at single moments (an impulse, the
     * initial weights of an exponential average, those at which a scheduled one began).
     */
    double density(double t);

    /** Mean time of the average. */
    double meanTime();
}
