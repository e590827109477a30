package phema.catalog;

import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.profile.Impulse;
import phema.tensor.DType;

/**
 * Tells numbers that count, such as a step or a rate's schedule, from weights where they are stored as floating-point
 * tensors of one element: by what raw checkpoints hold there.
 */
final class CountingTensors {
    /** The most files that are read, as a look at a few tells. */
    private static final int FILES = 16;

    /** The fewest files in which a straight line is none by chance. */
    private static final int LINE = 4;

    /** The distance from a straight line, as a share of its rise, that is the rounding of what counts. */
    private static final double STRAIGHT = 1e-6;

    /** The least rise of a line in units of the last place, since fewer are straight of themselves. */
    private static final double RISE = 100;

    /** The largest unit of the last place with which a whole number is none by chance. */
    private static final double FINE = 1.0 / 16;

    private final Set<String> names;

    /** @param files by time */
    CountingTensors(FileIndexer indexer, Map<Candidate, WeightFile> files, TensorSelection selection) {
        List<Candidate> raw = files.keySet().stream()
                .filter(candidate -> candidate
                        .profile()
                        .filter(profile -> profile instanceof Impulse)
                        .isPresent())
                .toList();
        names = raw.size() < 2 ? Set.of() : counting(indexer, files, spread(raw), selection);
    }

    /** The first, the last, and some between. */
    private static List<Candidate> spread(List<Candidate> raw) {
        int count = Math.min(FILES, raw.size());
        List<Candidate> some = new ArrayList<>();
        for (int i = 0; i < count; i++) some.add(raw.get((int) ((long) i * (raw.size() - 1) / (count - 1))));
        return some;
    }

    private static Set<String> counting(
            FileIndexer indexer, Map<Candidate, WeightFile> files, List<Candidate> raw, TensorSelection selection) {
        WeightFile newest = Objects.requireNonNull(files.get(raw.getLast()));
        List<Tensor> weights =
                newest.tensors().stream().filter(Tensor::isFloatingParameter).toList();
        Map<String, DType> types = new LinkedHashMap<>();
        for (Tensor tensor : weights)
            if (tensor.elements() == 1 && !selection.overrules(tensor)) types.put(tensor.name(), tensor.dtype());
        if (types.isEmpty()) return Set.of(); // nearly always
        Map<String, Double> last = indexer.numbers(newest, types.keySet());
        Map<String, Double> first = indexer.numbers(Objects.requireNonNull(files.get(raw.getFirst())), types.keySet());
        types.keySet().removeIf(name -> Objects.equals(first.get(name), last.get(name)));
        if (types.isEmpty()) return Set.of();
        Map<Candidate, Map<String, Double>> values = new LinkedHashMap<>();
        for (Candidate candidate : raw)
            values.put(candidate, indexer.numbers(Objects.requireNonNull(files.get(candidate)), types.keySet()));
        Set<String> counting = new TreeSet<>();
        types.forEach((name, type) -> {
            double[] times =
                    values.keySet().stream().mapToDouble(Candidate::time).toArray();
            double[] numbers = values.values().stream()
                    .mapToDouble(of -> of.getOrDefault(name, Double.NaN))
                    .toArray();
            if (areWhole(numbers, type) || areOnLine(times, numbers, type)) counting.add(name);
        });
        return counting.size() < weights.size() ? counting : Set.of(); // what counts stands beside weights
    }

    private static boolean areWhole(double[] numbers, DType type) {
        for (double number : numbers) if (number != Math.rint(number) || type.ulp(number) > FINE) return false;
        return true;
    }

    private static boolean areOnLine(double[] times, double[] numbers, DType type) {
        int end = numbers.length - 1;
        double rise = numbers[end] - numbers[0];
        double unit = Math.max(type.ulp(numbers[0]), type.ulp(numbers[end]));
        if (numbers.length < LINE || !(Math.abs(rise) > RISE * unit)) return false;
        for (int i = 1; i < end; i++) {
            double line = numbers[0] + rise * (times[i] - times[0]) / (times[end] - times[0]);
            if (!(Math.abs(numbers[i] - line) <= unit + STRAIGHT * Math.abs(rise))) return false;
        }
        return true;
    }

    /** The same files, which are to give these numbers as the newest has them. */
    Map<Candidate, WeightFile> asBuffers(Map<Candidate, WeightFile> files) {
        return asBuffers(files, names);
    }

    /** The same files, which are to give some tensors as the newest has them. */
    static Map<Candidate, WeightFile> asBuffers(Map<Candidate, WeightFile> files, Set<String> names) {
        if (names.isEmpty()) return files;
        Map<List<Tensor>, List<Tensor>> shared = new IdentityHashMap<>(); // the files of a run mostly share one list
        Map<Candidate, WeightFile> same = new LinkedHashMap<>();
        files.forEach((candidate, file) -> same.put(
                candidate, file.with(shared.computeIfAbsent(file.tensors(), tensors -> asBuffers(tensors, names)))));
        return same;
    }

    private static List<Tensor> asBuffers(Collection<Tensor> tensors, Set<String> names) {
        return tensors.stream()
                .map(tensor ->
                        names.contains(tensor.name()) ? tensor.as(tensor.name(), Tensor.TensorRole.BUFFER) : tensor)
                .toList();
    }

    /** What is said of them; nothing where there are none. */
    List<String> notices() {
        if (names.isEmpty()) return List.of();
        return List.of(names.size() + (names.size() == 1 ? " tensor is" : " tensors are")
                + " taken from the newest file, not averaged: numbers that count, such as "
                + names.iterator().next() + ". List what shall be averaged all the same under parameters in "
                + Manifest.FILE_NAME + ".");
    }
}
