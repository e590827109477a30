package phema.catalog;

import static java.util.Comparator.comparingInt;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Relates the updates that an average has counted to the run's clock. One file's count tells little: all files of an
 * average have one unit, and a count that is less than it should be began anew, with the average.
 *
 * @param batch units of the clock in one update
 * @param began the time at which the count was 0; below 0 where an earlier job had begun to count
 */
record AverageClock(double batch, double began) {
    /** @param updates that a file of that time has counted */
    record Reading(double time, long updates) {}

    /** The error of a time, as its share, that changes no average. */
    private static final double SAME_TIME = 1e-3;

    /** The most updates in a unit of the clock, or units in an update, that are believed of one file alone. */
    private static final int LARGEST_OF_ONE = 64;

    /** Returns one for each reading, in the order given, which is by time; none where no unit explains them. */
    static List<AverageClock> of(List<Reading> readings) {
        if (readings.isEmpty()) return List.of();
        return units(readings).stream()
                .flatMap(batch -> explained(readings, batch).stream())
                .filter(AverageClock::isCredible)
                .min(comparingInt(clocks -> (int)
                        clocks.stream().map(AverageClock::began).distinct().count()))
                .orElse(List.of());
    }

    /** Whether an average that began at one time held nothing at another, rounding apart. */
    static boolean isNotBefore(double began, double time) {
        return began >= time * (1 - SAME_TIME);
    }

    /** One first, and all that some readings suggest. */
    private static Set<Double> units(List<Reading> readings) {
        Set<Double> units = new LinkedHashSet<>(Set.of(1.0));
        Reading before = new Reading(0, 0);
        for (Reading reading : readings) {
            unit(reading.time(), reading.updates()).ifPresent(units::add);
            unit(reading.time() - before.time(), reading.updates() - before.updates())
                    .ifPresent(units::add);
            before = reading;
        }
        return units;
    }

    /** A whole number of units in an update, or of updates in a unit. */
    private static Optional<Double> unit(double time, long updates) {
        if (!(time > 0 && updates > 0)) return Optional.empty();
        return Optional.of(time >= updates ? (double) Math.round(time / updates) : 1.0 / Math.round(updates / time));
    }

    /** Empty where a count would have begun anew before a file that it does not go on from. */
    private static Optional<List<AverageClock>> explained(List<Reading> readings, double batch) {
        List<AverageClock> clocks = new ArrayList<>();
        double before = Double.NEGATIVE_INFINITY;
        for (Reading reading : readings) {
            double tolerance = Math.max(batch, SAME_TIME * reading.time());
            double own = reading.time() - reading.updates() * batch;
            AverageClock clock = new AverageClock(batch, Math.abs(own) <= tolerance ? 0 : own);
            if (!clocks.isEmpty() && Math.abs(own - clocks.getLast().began()) <= tolerance) clock = clocks.getLast();
            else if (own < before - tolerance) return Optional.empty();
            clocks.add(clock);
            before = reading.time();
        }
        return Optional.of(clocks);
    }

    /** Whether two files that go on from each other say so, or one since the clock's beginning. */
    private static boolean isCredible(List<AverageClock> clocks) {
        AverageClock first = clocks.getFirst();
        if (IntStream.range(1, clocks.size()).anyMatch(i -> clocks.get(i).equals(clocks.get(i - 1)))) return true;
        return first.began() == 0
                && (first.batch() == 1
                        || clocks.size() == 1 && Math.max(first.batch(), 1 / first.batch()) <= LARGEST_OF_ONE);
    }
}
