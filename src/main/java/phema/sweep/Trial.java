package phema.sweep;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import phema.evaluation.Point;
import phema.fleet.WorkState;

/**
 * Describes one point of a sweep.
 *
 * @param number within its sweep, from 0; less where it is none of its own
 * @param attempts how often a worker began it
 * @param worker that has it, or had it last
 * @param metrics by name, when it is done
 * @param cached whether the metrics are of an earlier trial that evaluated the same
 * @param error why it failed, the last time it did
 * @param weights what is known of them; empty before it began, of what clients and people tell, and of older versions
 * @param change the sweep's {@link Sweep#version} that this state came with
 */
public record Trial(
        String sweep,
        int number,
        Point point,
        WorkState state,
        int attempts,
        Optional<String> worker,
        Map<String, Double> metrics,
        boolean cached,
        Optional<String> error,
        Optional<Instant> started,
        Optional<Instant> ended,
        Optional<TrialWeights> weights,
        long change) {
    /** One of whose weights nothing is known. */
    public Trial(
            String sweep,
            int number,
            Point point,
            WorkState state,
            int attempts,
            Optional<String> worker,
            Map<String, Double> metrics,
            boolean cached,
            Optional<String> error,
            Optional<Instant> started,
            Optional<Instant> ended,
            long change) {
        this(
                sweep,
                number,
                point,
                state,
                attempts,
                worker,
                metrics,
                cached,
                error,
                started,
                ended,
                Optional.empty(),
                change);
    }

    /** A measurement that counts in a sweep as a trial would that is done; {@link #worker} is its source. */
    static Trial measured(String sweep, int number, ForeignMeasurement measurement) {
        return new Trial(
                sweep,
                number,
                measurement.point(),
                WorkState.DONE,
                0,
                Optional.of(measurement.source()),
                measurement.metrics(),
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                0);
    }

    /** Whether it is none of the sweep's own, but a measurement that somebody brought along. */
    boolean isMeasured() {
        return number < 0;
    }

    public Trial {
        metrics = Collections.unmodifiableSortedMap(new TreeMap<>(metrics));
    }
}
