package phema.profile;

import java.util.Optional;

/**
 * Says how a tracked average forgets, whatever the time at which it is stored: {@code P(s; t)} is the share of what it
 * holds at {@code t} that comes from at or before {@code s}, and {@code P(s; t) = P(s; u) P(u; t)} for every {@code u}
 * between, because the average is updated from nothing but itself and the weights of the moment. All snapshots of one
 * tracker share one decay.
 */
public sealed interface Decay
        permits PowerDecay, ExponentialDecay, ScheduledDecay, ChangedDecay, SlowerDecay, SteppedDecay {
    /** {@code ln P(s; t)}, for {@code 0 < s <= t}; minus infinity where nothing is left. */
    double logShare(double s, double t);

    /** {@code d ln P(s; t) / ds}: the share of the moment's weights that the average takes in per unit of time. */
    double intake(double s);

    /** Times at which the share is not smooth, at least those between two. */
    default double[] kinks(double from, double to) {
        return new double[0];
    }

    /**
     * The decay that leads to a profile; none where it is not a recursion, as for a window, or where nothing is
     * averaged.
     */
    static Optional<Decay> of(Profile profile) {
        return switch (profile) {
            case Power p -> Optional.of(new PowerDecay(p.gamma() + 1));
            case Exponential e -> Optional.of(new ExponentialDecay(e.rate()));
            case Scheduled s -> Optional.of(s.atUpdates());
            case Uniform u -> Optional.empty();
            case LearningRateDecay d -> Optional.empty();
            case Impulse i -> Optional.empty();
            case Mixture m -> Optional.empty();
        };
    }
}
