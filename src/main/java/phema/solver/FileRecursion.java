package phema.solver;

import static java.util.stream.Collectors.toMap;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import phema.profile.Impulse;
import phema.text.Labels;

/**
 * Finds what averages are that are updated at files' times only, as after each epoch: each is then made of the one
 * before and the raw weights of its own time, by a constant decay, or as the mean of all. Whether it is so is for its
 * likelihood to say.
 *
 * @param every time between updates, and files
 * @param updates by time
 */
record FileRecursion(double every, List<Update> updates) {
    /**
     * What an update did, in sums over all weights.
     *
     * @param before the number of times {@code every} up to the file before
     * @param square of the distances from the average before to the weights
     * @param product of these and those to the average
     * @param moved of the latter, squared
     * @param rounding variance of all the former
     */
    private record Update(double before, double square, double product, double moved, double rounding, int values) {
        /** What is left unexplained where a share of the distance is gone. */
        double left(double share) {
            return moved - 2 * share * product + share * share * square;
        }
    }

    /**
     * As text, what explains the averages best.
     *
     * @param latestFirst averages of one kind, the latest first
     * @return empty where the times of files do not allow it, or nothing explains them
     */
    static Optional<String> of(List<StoredAverage> known, List<StoredAverage> latestFirst) {
        Map<Double, double[]> raw = known.stream()
                .filter(s -> s.profile() instanceof Impulse)
                .collect(toMap(s -> s.profile().endTime(), StoredAverage::sample, (one, same) -> one));
        double every = DecaySearch.spacing(latestFirst);
        if (every < 1 || latestFirst.stream().anyMatch(s -> s.profile().endTime() % every != 0))
            return Optional.empty();
        List<Update> updates = new ArrayList<>();
        for (int i = latestFirst.size() - 1; i > 0; i--) {
            StoredAverage average = latestFirst.get(i - 1);
            StoredAverage before = latestFirst.get(i);
            double[] weights = raw.get(average.profile().endTime());
            if (weights == null
                    || average.profile().endTime() - before.profile().endTime() != every) return Optional.empty();
            updates.add(update(before, average, weights, before.profile().endTime() / every));
        }
        return new FileRecursion(every, updates).likeliest();
    }

    private static Update update(StoredAverage before, StoredAverage average, double[] weights, double time) {
        double square = 0;
        double product = 0;
        double moved = 0;
        for (int k = 0; k < weights.length; k++) {
            double distance = weights[k] - before.sample()[k];
            double step = average.sample()[k] - before.sample()[k];
            square += distance * distance;
            product += distance * step;
            moved += step * step;
        }
        return new Update(time, square, product, moved, weights.length * before.roundingVariance(), weights.length);
    }

    private Optional<String> likeliest() {
        double square = updates.stream().mapToDouble(Update::square).sum();
        double share = updates.stream().mapToDouble(Update::product).sum() / square;
        if (!(share > 0 && share < 1)) return Optional.empty();
        double left = updates.stream().mapToDouble(update -> update.left(share)).sum();
        int begin = IntStream.range(0, (int) updates.getLast().before())
                .boxed()
                .min(Comparator.comparingDouble(this::leftOfMean))
                .orElse(0);
        if (leftOfMean(begin) < left)
            return Optional.of("swa:" + (begin == 0 ? "" : "after=" + Labels.plain(begin * every) + ",") + "every="
                    + Labels.plain(every));
        double values = updates.stream().mapToInt(Update::values).sum();
        double rounding = updates.stream().mapToDouble(Update::rounding).sum();
        // three standard errors, and how far rounding of what both distances are from may bend it
        double error = 3 * Math.sqrt(Math.max(0, left) / values / square) + rounding / square;
        return Optional.of(DecayFamily.atUpdates(every, share)
                .spec()
                .apply(DecayFamily.fewestDigits(share, share - error, share + error)));
    }

    /** What the mean of all weights since a time, until which it is a copy of them, leaves unexplained. */
    private double leftOfMean(int begin) {
        return updates.stream()
                .mapToDouble(update -> update.left(1 / Math.max(1, update.before() - begin + 1)))
                .sum();
    }
}
