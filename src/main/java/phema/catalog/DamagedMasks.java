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

/**
 * Finds the files that lost a mask, which is infinite in places and otherwise the same in all files: those that have it
 * would be taken for damaged. Weights of a training that diverged are infinite and the same in files as well, and then
 * the others are right; these hold NaN, mostly, and came later.
 */
final class DamagedMasks {
    private final SamplePlan plan;
    private final Map<Candidate, SampleSummary> files;
    private final Function<Candidate, SampledElements> numbers;

    /** Each file that is not to be used, and why, as the end of a sentence. */
    private final Map<Candidate, String> blamed = new LinkedHashMap<>();

    /** @param files by time */
    DamagedMasks(SamplePlan plan, Map<Candidate, SampleSummary> files, Function<Candidate, SampledElements> numbers) {
        this.plan = plan;
        this.files = files;
        this.numbers = numbers;
        Set<String> moving = plan.movingTensors(files.values());
        Set<String> notFinite = new HashSet<>();
        files.values().forEach(summary -> summary.notFinite().forEach(value -> notFinite.add(value.tensor())));
        int place = 0;
        for (String tensor : plan.ranges().sequencedKeySet()) {
            if (notFinite.contains(tensor) && moving.contains(tensor)) look(tensor, place);
            place++;
        }
    }

    Map<Candidate, String> blamed() {
        return blamed;
    }

    private void look(String tensor, int place) {
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
        return Objects.requireNonNull(files.get(candidate)).notFinite().stream()
                .filter(found -> found.tensor().equals(tensor))
                .map(SamplePlan.NotFinite::value)
                .findFirst();
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
