package phema.catalog;

import static java.util.stream.Collectors.toSet;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import phema.format.WeightFile;
import phema.profile.Scheduled;
import phema.solver.Beginning;
import phema.text.Labels;

/**
 * Tells which averages began later than their run, and which files are older: torch's {@code AveragedModel} stands
 * still until its first update, which copies the weights, and counts its updates.
 */
final class LateAverages {
    /** The fault of a file from before, as the end of a sentence. */
    static final String BEFORE =
            "holds what the average was made with, and no average: averaging had not begun by then";

    private static final String COUNTER = "n_averaged";

    private final Map<Candidate, WeightFile> files;
    private final List<Candidate> candidates;
    private final Function<Candidate, SampledElements> numbers;
    private final Set<Candidate> before = new HashSet<>();
    private final Map<String, Optional<Beginning>> told = new HashMap<>();

    /**
     * @param candidates by time
     * @param set the set of weights that one is of
     */
    LateAverages(
            Map<Candidate, WeightFile> files,
            List<Candidate> candidates,
            Function<Candidate, String> set,
            Function<Candidate, SampledElements> numbers) {
        this.files = files;
        this.candidates = candidates;
        this.numbers = numbers;
        Map<String, List<Candidate>> averages = new LinkedHashMap<>();
        for (Candidate candidate : candidates)
            if (!candidate.group().isEmpty() && !candidate.isRaw())
                averages.computeIfAbsent(set.apply(candidate), any -> new ArrayList<>())
                        .add(candidate);
        averages.forEach((prefix, own) -> {
            before.addAll(before(prefix, own));
            told.put(prefix, told(prefix, own));
        });
    }

    /** Whether a file holds what its average was made with. */
    boolean isBefore(Candidate candidate) {
        return before.contains(candidate);
    }

    /** When the averages of one set began, as far as their counts, and older files without them, tell. */
    Optional<Beginning> told(String prefix) {
        return told.getOrDefault(prefix, Optional.empty());
    }

    /** What a trainer averages unless told otherwise, since the averages of one set began; empty if that is open. */
    List<String> usual(String prefix, String decay) {
        Optional<Beginning> begun = told(prefix);
        if (begun.isEmpty()) return List.of(decay);
        if (begun.get().earliest() != begun.get().latest()) return List.of();
        boolean mean = decay.equals("swa");
        double after = begun.get().latest() - (mean ? begun.get().every() : 0);
        return List.of(decay + (mean ? ":" : ",") + "after=" + Labels.plain(after));
    }

    private List<Candidate> before(String prefix, List<Candidate> own) {
        int still = own.getFirst().isUnrecorded() || hasNotBegun(own.getFirst()) ? still(own) : 0;
        return IntStream.range(0, own.size())
                .filter(i -> updates(prefix, own.get(i)).filter(n -> n == 0).isPresent()
                        || i < still
                        || hasNotBegun(own.get(i)) && !isRaw(own.get(i)))
                .mapToObj(own::get)
                .toList();
    }

    private static boolean hasNotBegun(Candidate candidate) {
        return candidate
                .profile()
                .filter(profile -> profile instanceof Scheduled scheduled
                        && scheduled.decay().begin() >= candidate.time())
                .isPresent();
    }

    /** The number of the oldest files that hold the same, if they are several and others are left. */
    private int still(List<Candidate> own) {
        int still = 1;
        while (still < own.size() && areEqual(own.getFirst(), own.get(still))) still++;
        return still > 1 && still < own.size() ? still : 0;
    }

    /** Whether it is a copy of the raw weights of its time, or those are not there. */
    private boolean isRaw(Candidate candidate) {
        return candidates.stream()
                .filter(other -> other.isRaw() && other.time() == candidate.time())
                .findFirst()
                .filter(raw -> !areEqual(raw, candidate))
                .isEmpty();
    }

    private boolean areEqual(Candidate one, Candidate other) {
        return Arrays.equals(numbers.apply(one).values(), numbers.apply(other).values());
    }

    private Optional<Beginning> told(String prefix, List<Candidate> own) {
        List<Candidate> begun =
                own.stream().filter(candidate -> !before.contains(candidate)).toList();
        if (begun.isEmpty()) return Optional.empty();
        List<AverageClock.Reading> counted = begun.stream()
                .flatMap(candidate -> updates(prefix, candidate).stream()
                        .map(updates -> new AverageClock.Reading(candidate.time(), updates)))
                .toList();
        List<AverageClock> clocks = AverageClock.of(counted).stream().distinct().toList();
        if (clocks.size() == 1) return begun(counted, clocks.getFirst());
        double first = begun.getFirst().time();
        if (begun.size() < own.size())
            return Optional.of(
                    new Beginning(own.get(own.size() - begun.size() - 1).time(), first, 1, false, true));
        Set<Double> times = own.stream().map(Candidate::time).collect(toSet());
        List<Double> without = candidates.stream()
                .map(Candidate::time)
                .filter(time -> !times.contains(time))
                .toList();
        return without.isEmpty() || without.getLast() > first
                ? Optional.empty()
                : Optional.of(new Beginning(without.getLast(), first, 1, false, false));
    }

    /** The first update is a copy. */
    private static Optional<Beginning> begun(List<AverageClock.Reading> counted, AverageClock clock) {
        double every = clock.batch();
        if (every <= 1) {
            double copied = clock.began() + every;
            return clock.began() == 0 ? Optional.empty() : Optional.of(new Beginning(copied, copied, 1, true, true));
        }
        double after = 0;
        double latest = Double.POSITIVE_INFINITY;
        for (AverageClock.Reading reading : counted) {
            after = Math.max(after, reading.time() - reading.updates() * every);
            latest = Math.min(latest, reading.time() - (reading.updates() - 1) * every);
        }
        return after < latest ? Optional.of(new Beginning(after + 1, latest, every, true, true)) : Optional.empty();
    }

    private Optional<Long> updates(String prefix, Candidate candidate) {
        String key = prefix.equals("state_dict.") ? AverageWords.COUNTER + "." + COUNTER : prefix + COUNTER;
        return StatedTimes.number(Objects.requireNonNull(files.get(candidate)).metadata(), key);
    }
}
