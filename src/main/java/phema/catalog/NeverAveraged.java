package phema.catalog;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import phema.format.WeightFile;
import phema.tensor.Shape;

/**
 * Finds the tensors that a trainer stores with its averages and does not average: norms, biases, heads, codebooks. At
 * each time they are, bit for bit, the same in averages of different lengths, or in the raw weights and an average,
 * though they move from one time to the next. An average of any other length would hold them as they are as well.
 */
final class NeverAveraged {
    /** The fewest times of which there is more than one average. */
    private static final int TIMES = 3;

    /** The fewest numbers that are the same, over all times, of which none is so by chance. */
    private static final int NUMBERS = 64;

    /** The number of tensors of which nothing was sampled that are looked at on suspicion. */
    private static final int LOOKED_AT = 32;

    private final FileIndexer indexer;
    private final Map<Candidate, WeightFile> files;

    /** The sets of weights of each time of which there is more than one. */
    private final List<List<Candidate>> times;

    private final Set<String> names = new TreeSet<>();

    /**
     * @param files that were sampled, by time
     * @param averaged all tensors that a sample stands for
     * @param overruled whether a tensor is averaged whatever it looks like, by its name
     */
    NeverAveraged(
            FileIndexer indexer,
            Map<Candidate, WeightFile> files,
            Map<Candidate, RememberedFile.Sampled> sampled,
            SamplePlan plan,
            SortedMap<String, Shape> averaged,
            Predicate<String> overruled) {
        this.indexer = indexer;
        this.files = files;
        Map<Double, List<Candidate>> byTime = new TreeMap<>();
        sampled.keySet()
                .forEach(candidate -> byTime.computeIfAbsent(candidate.time(), time -> new ArrayList<>())
                        .add(candidate));
        times = byTime.values().stream().filter(same -> same.size() > 1).toList();
        if (times.size() < TIMES) return;
        Map<String, SamplePlan.Range> ranges = plan.ranges();
        Set<String> others = new TreeSet<>(); // that move, and are averaged
        Set<String> suspected = new TreeSet<>();
        int place = 0;
        for (String tensor : ranges.keySet()) {
            int of = place++;
            Function<Candidate, SampleSummary> summary =
                    candidate -> Objects.requireNonNull(sampled.get(candidate)).summary();
            if (!times.stream()
                    .allMatch(same -> same.stream()
                            .allMatch(one -> summary.apply(one).isSame(of, summary.apply(same.getFirst())))))
                others.add(tensor);
            else if (!summary.apply(first()).isSame(of, summary.apply(last()))) suspected.add(tensor);
        }
        if (others.isEmpty()) return; // averaging has not begun
        SortedMap<String, Shape> unsampled = new TreeMap<>(averaged);
        unsampled.keySet().removeAll(ranges.keySet());
        names.addAll(same(
                plan.ranges(),
                suspected,
                times.size(),
                candidate -> Optional.of(
                        indexer.numbers(Objects.requireNonNull(sampled.get(candidate)), file(candidate), plan))));
        if (!names.isEmpty() || !probed(some(unsampled)).isEmpty()) names.addAll(probed(unsampled));
        names.removeIf(overruled);
    }

    private Candidate first() {
        return times.getFirst().getFirst();
    }

    private Candidate last() {
        return times.getLast().getFirst();
    }

    private WeightFile file(Candidate candidate) {
        return Objects.requireNonNull(files.get(candidate));
    }

    private static SortedMap<String, Shape> some(SortedMap<String, Shape> all) {
        List<String> tensors = List.copyOf(all.keySet());
        SortedMap<String, Shape> some = new TreeMap<>();
        int count = Math.min(LOOKED_AT, tensors.size());
        for (int i = 0; i < count; i++) {
            String tensor = tensors.get((int) ((long) i * tensors.size() / count));
            some.put(tensor, Objects.requireNonNull(all.get(tensor)));
        }
        return some;
    }

    private Set<String> probed(SortedMap<String, Shape> tensors) {
        if (tensors.isEmpty()) return Set.of();
        SamplePlan probe = SamplePlan.ofEach(tensors);
        return same(probe.ranges(), tensors.keySet(), TIMES, candidate -> indexer.sample(file(candidate), probe));
    }

    /**
     * Those of some tensors that are the same in all that is of the first time, one in the middle, and the last, while
     * at least half of their numbers are others from one of these to the next.
     *
     * @param compared the number of times at which they are known to be the same if they are so at these
     */
    private Set<String> same(
            Map<String, SamplePlan.Range> ranges,
            Collection<String> tensors,
            int compared,
            Function<Candidate, Optional<SampledElements>> read) {
        if (tensors.isEmpty()) return Set.of();
        List<double[]> before = List.of();
        Set<String> same = new TreeSet<>(tensors);
        for (List<Candidate> time : List.of(times.getFirst(), times.get(times.size() / 2), times.getLast())) {
            List<double[]> values = time.stream()
                    .flatMap(candidate -> read.apply(candidate).stream())
                    .map(SampledElements::values)
                    .toList();
            if (values.size() < time.size()) return Set.of(); // whoever reads it next says why
            List<double[]> earlier = before;
            same.removeIf(tensor -> {
                SamplePlan.Range range = Objects.requireNonNull(ranges.get(tensor));
                double[] one = values.getFirst();
                return compared * (range.end() - range.begin()) < NUMBERS
                        || !values.stream()
                                .allMatch(other -> Arrays.equals(
                                        one, range.begin(), range.end(), other, range.begin(), range.end()))
                        || !earlier.isEmpty() && !moves(earlier.getFirst(), one, range);
            });
            before = values;
        }
        return same;
    }

    private static boolean moves(double[] before, double[] after, SamplePlan.Range range) {
        int moved = 0;
        for (int i = range.begin(); i < range.end(); i++) if (before[i] != after[i]) moved++;
        return 2 * moved >= range.end() - range.begin();
    }

    Set<String> names() {
        return names;
    }

    /** What is said of them; nothing where there are none. */
    Optional<String> notice() {
        if (names.isEmpty()) return Optional.empty();
        return Optional.of(names.size()
                + (names.size() == 1 ? " tensor, " : " tensors, such as ")
                + names.iterator().next()
                + ", move and are bit for bit the same in averages of different lengths, or in averages and the raw"
                + " weights: the trainer does not average them. They come out as in the newest file, as it would store"
                + " them, and no error is predicted of them. List what shall be combined like averages all the same"
                + " under parameters in " + Manifest.FILE_NAME + ".");
    }
}
