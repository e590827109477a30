package phema.catalog;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Finds the files that lost what is the same in the others, or are of another run: averaged, it would be right in none.
 *
 * <p>Masks are infinite in places, so that the files that have them would be taken for damaged. Weights of a training
 * that diverged are infinite and the same in files as well, and then the others are right; these hold NaN, mostly, and
 * came later. What is finite, as frequencies of embeddings are, and the same in the first file, the last and most
 * between, is no weight that was trained for a time: that would not come back to where it was.
 */
final class DamagedConstants {
    /** The least number of sampled values of what is finite: a flag or a scale may come and go. */
    private static final int LEAST = 8;

    /** The least difference, as a part of the largest value: rounded weights that hardly move may come back. */
    private static final double DIFFERENT = 0.05;

    /** The number of other files that are alike from which on one at an end is remarkable. */
    private static final int LIKE_OTHERS = 3;

    private final SamplePlan plan;
    private final Map<Candidate, SampleSummary> files;
    private final List<Candidate> all;
    private final Function<Candidate, SampledElements> numbers;

    /** Each file that is not to be used, and why, as the end of a sentence. */
    private final Map<Candidate, String> blamed = new LinkedHashMap<>();

    /** Tensors in which a file at an end differs from all others. */
    private final Map<Candidate, List<String>> doubtful = new LinkedHashMap<>();

    /** @param files by time */
    DamagedConstants(
            SamplePlan plan, Map<Candidate, SampleSummary> files, Function<Candidate, SampledElements> numbers) {
        this.plan = plan;
        this.files = files;
        this.all = List.copyOf(files.keySet());
        this.numbers = numbers;
        Set<String> moving = plan.movingTensors(files.values());
        Set<String> notFinite = new HashSet<>();
        files.values().forEach(summary -> summary.notFinite().forEach(value -> notFinite.add(value.tensor())));
        int place = 0;
        for (String tensor : plan.ranges().sequencedKeySet()) {
            if (moving.contains(tensor)) {
                if (notFinite.contains(tensor)) lookAtInfinite(tensor, place);
                else lookAtFinite(tensor, place);
            }
            place++;
        }
    }

    Map<Candidate, String> blamed() {
        return blamed;
    }

    /** What is odd about files that are used nevertheless; one sentence each. */
    List<String> notices() {
        return doubtful.entrySet().stream()
                .map(entry -> {
                    List<String> tensors = entry.getValue();
                    String more = tensors.size() == 1 ? "" : " (and " + (tensors.size() - 1) + " more)";
                    return "In " + entry.getKey().name() + ", tensor " + tensors.getFirst() + more
                            + " is unlike that of all other files, where it is the same: unless training left it alone"
                            + " in all of these, this file is damaged, or of another run.";
                })
                .toList();
    }

    private void lookAtFinite(String tensor, int place) {
        SamplePlan.Range range = Objects.requireNonNull(plan.ranges().get(tensor));
        if (range.end() - range.begin() < LEAST) return;
        Candidate first = all.getFirst();
        if (!summary(all.getLast()).isSame(place, summary(first))) {
            lookAtEnd(tensor, place, first, all.subList(1, all.size()));
            lookAtEnd(tensor, place, all.getLast(), all.subList(0, all.size() - 1));
            return;
        }
        List<Candidate> others = all.stream()
                .filter(candidate -> !summary(candidate).isSame(place, summary(first)))
                .toList();
        if (2 * others.size() < all.size())
            blame(
                    others.stream()
                            .filter(other -> areDifferent(other, first, tensor))
                            .toList(),
                    "holds other values in tensor " + tensor + " than " + (all.size() - others.size())
                            + " of the run's files, where it is the same in all, from the first to the last: this file"
                            + " is damaged, or of another run. If it does not matter, list the tensor under buffers in "
                            + Manifest.FILE_NAME);
    }

    /** Notes a tensor that is the same in all files but one at an end, where training may have left it alone. */
    private void lookAtEnd(String tensor, int place, Candidate end, List<Candidate> others) {
        Candidate other = others.getFirst();
        if (others.size() >= LIKE_OTHERS
                && others.stream().allMatch(each -> summary(each).isSame(place, summary(other)))
                && areDifferent(end, other, tensor))
            doubtful.computeIfAbsent(end, none -> new ArrayList<>()).add(tensor);
    }

    private boolean areDifferent(Candidate one, Candidate other, String tensor) {
        double[] values = sample(one, tensor);
        double[] usual = sample(other, tensor);
        double largest = Arrays.stream(usual).map(Math::abs).max().orElse(0);
        return IntStream.range(0, usual.length).anyMatch(i -> Math.abs(values[i] - usual[i]) > DIFFERENT * largest);
    }

    private void lookAtInfinite(String tensor, int place) {
        Map<ByteBuffer, List<Candidate>> alike = new LinkedHashMap<>();
        files.forEach((candidate, summary) -> value(candidate, tensor)
                .ifPresent(any -> alike.computeIfAbsent(summary.values(place), values -> new ArrayList<>())
                        .add(candidate)));
        for (List<Candidate> having : alike.values()) {
            if (2 * having.size() < files.size()) continue;
            double[] values = sample(having.getFirst(), tensor);
            if (Arrays.stream(values).anyMatch(Double::isNaN)) continue;
            judge(tensor, having, isMask(values));
            return;
        }
    }

    /** @param having those that hold the same infinities, at least half of the files */
    private void judge(String tensor, List<Candidate> having, boolean mask) {
        List<Candidate> others = new ArrayList<>(files.keySet());
        others.removeAll(new HashSet<>(having));
        boolean more = having.size() > others.size();
        String places = value(having.getFirst(), tensor).orElseThrow() + " in places";
        if (more && mask)
            blame(
                    others,
                    "holds other values in tensor " + tensor + " than " + having.size()
                            + " of the run's files, where it is the same in all, and " + places
                            + ": this file is damaged, or of another run");
        else if (more || mask)
            blame(
                    List.copyOf(files.keySet()),
                    "cannot be used: tensor " + tensor + " is " + places + " and the same in " + named(having)
                            + ", and something else in " + named(others)
                            + "; which of them are damaged cannot be told. Take those away, or, if it does not matter,"
                            + " list the tensor under buffers in " + Manifest.FILE_NAME);
    }

    private void blame(List<Candidate> which, String why) {
        which.forEach(candidate -> blamed.putIfAbsent(candidate, why));
    }

    private Optional<Double> value(Candidate candidate, String tensor) {
        return summary(candidate).notFinite().stream()
                .filter(found -> found.tensor().equals(tensor))
                .map(SamplePlan.NotFinite::value)
                .findFirst();
    }

    private SampleSummary summary(Candidate candidate) {
        return Objects.requireNonNull(files.get(candidate));
    }

    private double[] sample(Candidate candidate, String tensor) {
        SamplePlan.Range range = Objects.requireNonNull(plan.ranges().get(tensor));
        return Arrays.copyOfRange(numbers.apply(candidate).values(), range.begin(), range.end());
    }

    /** Whether infinity stands beside one other value alone, as in what is added to attention: no weights do so. */
    private static boolean isMask(double[] values) {
        return values.length > 2
                && Arrays.stream(values).distinct().count() == 2
                && Arrays.stream(values).anyMatch(Double::isFinite);
    }

    private static String named(List<Candidate> some) {
        return some.getFirst().name() + (some.size() == 1 ? "" : " and " + (some.size() - 1) + " more");
    }
}
