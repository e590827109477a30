package phema.profile;

/** An averaging profile: how much each moment of training counts in an average of the trajectory. Times are on the training job's own clock. */
public sealed interface Profile permits Power, Impulse {
    /** The last moment that counts, {@code T}. */
    double endTime();

    /** {@code P(t)}: the share of the average that lies at or before {@code t}; 1 from {@link #endTime()} on. */
    double cumulative(double t);

    /** Mean time of the average. */
    double meanTime();
}
