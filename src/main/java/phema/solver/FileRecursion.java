package phema.solver;

import static java.util.stream.Collectors.toMap;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import phema.profile.Impulse;

/**
 * Finds the decay of averages that are updated at files' times only, as after each epoch: each is then made of the one
 * before and the raw weights of its own time. Whether it is so is for its likelihood to say.
 */
final class FileRecursion {
    private FileRecursion() {}

    /**
     * As text, the constant decay of which that holds best.
     *
     * @param latestFirst averages of one kind, the latest first
     * @return empty where the times of files do not allow it, or no decay is nearest
     */
    static Optional<String> of(List<StoredAverage> known, List<StoredAverage> latestFirst) {
        Map<Double, double[]> raw = known.stream()
                .filter(s -> s.profile() instanceof Impulse)
                .collect(toMap(s -> s.profile().endTime(), StoredAverage::sample, (one, same) -> one));
        double every = DecaySearch.spacing(latestFirst);
        if (every < 2 || latestFirst.stream().anyMatch(s -> s.profile().endTime() % every != 0))
            return Optional.empty();
        double square = 0; // of distances from the average before to the weights
        double product = 0; // of these and those to the average
        double moved = 0; // of the averages, squared
        double rounding = 0;
        int values = 0;
        for (int i = 1; i < latestFirst.size(); i++) {
            StoredAverage average = latestFirst.get(i - 1);
            StoredAverage before = latestFirst.get(i);
            double[] weights = raw.get(average.profile().endTime());
            if (weights == null
                    || average.profile().endTime() - before.profile().endTime() != every) return Optional.empty();
            for (int k = 0; k < weights.length; k++) {
                double distance = weights[k] - before.sample()[k];
                double step = average.sample()[k] - before.sample()[k];
                square += distance * distance;
                product += distance * step;
                moved += step * step;
            }
            rounding += weights.length * before.roundingVariance();
            values += weights.length;
        }
        double left = product / square;
        if (!(left > 0 && left < 1)) return Optional.empty();
        // three standard errors, and how far rounding of what both distances are from may bend it
        double error = 3 * Math.sqrt(Math.max(0, moved - left * product) / values / square) + rounding / square;
        double simplest = DecayFamily.fewestDigits(left, error);
        return Optional.of(DecayFamily.atUpdates((int) every, left).spec().apply(simplest));
    }
}
