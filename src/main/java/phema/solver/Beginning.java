package phema.solver;

import static java.util.Comparator.comparingDouble;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Says when averages began to be made that are not as old as their run, as far as files tell: between two times.
 *
 * @param earliest the first time at which they may have been a copy of the weights for the last time
 * @param latest the last such time
 * @param every units of the clock from one update to the next, where they are known to be several; else 1
 * @param counted whether updates were counted, of which that copy was the first: the first of a mean as well
 * @param proven whether they began then; else they may as well be as old as the run
 */
public record Beginning(double earliest, double latest, double every, boolean counted, boolean proven) {
    /** What the oldest files tell which hold no average yet; empty where there are none. @param still how many */
    private static Optional<Beginning> of(List<StoredAverage> oldestFirst, int still) {
        return still == 0 || still == oldestFirst.size()
                ? Optional.empty()
                : Optional.of(new Beginning(
                        oldestFirst.get(still - 1).profile().endTime(),
                        oldestFirst.get(still).profile().endTime(),
                        1,
                        false,
                        true));
    }

    /** The same for whatever counted updates do not say better. */
    static Optional<Beginning> of(List<StoredAverage> oldestFirst, int still, Optional<Beginning> told) {
        return told.filter(Beginning::counted).or(() -> of(oldestFirst, still)).or(() -> told);
    }

    /** At one time. */
    Beginning at(double time) {
        return new Beginning(time, time, every, counted, proven);
    }

    /**
     * The number of the oldest averages that hold none yet: copies of known files of the same time, or whatever the
     * average was made with, which stands still until it begins.
     */
    public static int still(List<StoredAverage> known, List<StoredAverage> unknown) {
        List<StoredAverage> oldestFirst = unknown.stream()
                .sorted(comparingDouble(s -> s.profile().endTime()))
                .toList();
        int copies = 0;
        while (copies < oldestFirst.size() && isCopy(oldestFirst.get(copies), known)) copies++;
        int same = copies;
        while (same < oldestFirst.size() && isSame(oldestFirst.get(same), oldestFirst.get(copies))) same++;
        return same > copies + 1 ? same : copies;
    }

    static boolean isCopy(StoredAverage average, List<StoredAverage> known) {
        return known.stream()
                .anyMatch(one -> one.profile().endTime() == average.profile().endTime() && isSame(one, average));
    }

    private static boolean isSame(StoredAverage one, StoredAverage other) {
        return Arrays.equals(one.sample(), other.sample());
    }
}
