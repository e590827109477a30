package phema.sweep;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Tells how quickly trials are evaluated, from those that ended last. */
final class Pace {
    /** The number of trials that it goes by. */
    static final int TRIALS = 21;

    /** The time without a beginning after an end that interrupts work: what was before tells nothing. */
    private static final Duration INTERRUPTION = Duration.ofMinutes(1);

    private Pace() {}

    /** One that was evaluated, and not looked up. */
    record Evaluated(Instant started, Instant ended) {}

    /**
     * Trials in a second.
     *
     * @param latest of those of a sweep, the one that ended last first
     * @param running when the first of those that are evaluated now began; empty where none is
     * @return empty where fewer than two ended without an interruption
     */
    static Optional<Double> perSecond(List<Evaluated> latest, Optional<Instant> running, Instant now) {
        if (latest.isEmpty() || isInterrupted(latest.getFirst(), running.orElse(now))) return Optional.empty();
        int since = 0;
        while (since + 1 < latest.size()
                && !isInterrupted(latest.get(since + 1), latest.get(since).started())) since++;
        if (since == 0) return Optional.empty();
        double seconds = Duration.between(latest.get(since).ended(), now).toMillis() / 1e3;
        return seconds > 0 ? Optional.of(since / seconds) : Optional.empty();
    }

    private static boolean isInterrupted(Evaluated before, Instant started) {
        return Duration.between(before.ended(), started).compareTo(INTERRUPTION) > 0;
    }
}
