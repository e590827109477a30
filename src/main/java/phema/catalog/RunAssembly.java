package phema.catalog;

import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import phema.catalog.Excluded.ExclusionReason;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.profile.Impulse;

/** Makes snapshots of files that hold the same tensors: of those whose constants are what most of them have. */
final class RunAssembly {
    private final Map<Candidate, WeightFile> files;
    private final SamplePlan plan;
    private final Map<Candidate, RememberedFile.Indexed> used = new LinkedHashMap<>();

    /**
     * @param files by time, each with the tensors that count
     * @param sampled those of them that hold the same tensors
     * @param exclusions told of those that cannot be used
     */
    RunAssembly(
            Map<Candidate, WeightFile> files,
            SamplePlan plan,
            Map<Candidate, RememberedFile.Indexed> sampled,
            Exclusions exclusions) {
        this.files = files;
        this.plan = plan;
        Map<String, Double> scales = usualScales(sampled.values());
        sampled.forEach((candidate, indexed) -> scaleDifference(indexed.scales(), scales)
                .ifPresentOrElse(
                        difference -> exclusions.add(candidate, ExclusionReason.DIFFERENT, difference),
                        () -> used.put(candidate, indexed)));
        excludeNotFinite(exclusions);
    }

    /** Masks may be infinite, as long as they are the same in all files; what is averaged may not. */
    private void excludeNotFinite(Exclusions exclusions) {
        Set<String> moving = plan.movingTensors(samples());
        used.entrySet().removeIf(entry -> {
            Optional<SamplePlan.NotFinite> value = plan
                    .notFinite(entry.getValue().sample())
                    .stream()
                    .filter(found -> moving.contains(found.tensor()))
                    .findFirst();
            value.ifPresent(found -> exclusions.add(
                    entry.getKey().fileName(),
                    ExclusionReason.BROKEN,
                    entry.getValue().file().path() + ": " + SampleReader.notFinite(found.tensor(), found.value())));
            return value.isPresent();
        });
    }

    private List<Sample> samples() {
        return used.values().stream().map(RememberedFile.Indexed::sample).toList();
    }

    List<Snapshot> snapshots() {
        int[] moving = plan.moving(samples());
        List<Snapshot> snapshots = new ArrayList<>();
        used.forEach((candidate, indexed) -> snapshots.add(new Snapshot(
                candidate.fileName(),
                Objects.requireNonNull(files.get(candidate)),
                candidate.profile().orElseThrow(),
                indexed.sample().at(moving))));
        return snapshots;
    }

    /** What seems to be missing, and what is odd about the weights; one line each. */
    List<String> notices() {
        List<String> notices = new ArrayList<>(MissingSnapshots.notices(List.copyOf(used.keySet())));
        if (used.isEmpty()) return notices;
        equal().ifPresent(notices::add);
        List<SamplePlan.NotFinite> constants = plan.notFinite(samples().getFirst());
        if (!constants.isEmpty())
            notices.add((constants.size() == 1 ? "1 tensor holds" : constants.size() + " tensors hold")
                    + " values that are not finite and the same in all files, which come out as they are, such as "
                    + constants.getFirst().tensor() + " ("
                    + constants.getFirst().value() + ").");
        return notices;
    }

    /** Which files hold the same weights, and what that most likely means. */
    private Optional<String> equal() {
        Map<DoubleBuffer, List<String>> byValues = new LinkedHashMap<>();
        used.forEach((candidate, indexed) -> byValues.computeIfAbsent(
                        DoubleBuffer.wrap(indexed.sample().values()), any -> new ArrayList<>())
                .add(candidate.fileName()));
        List<List<String>> equal = byValues.entrySet().stream()
                .filter(entry ->
                        entry.getKey().hasRemaining() && entry.getValue().size() > 1)
                .map(Map.Entry::getValue)
                .toList();
        if (equal.isEmpty()) return Optional.empty();
        List<String> first = equal.getFirst();
        String which = byValues.size() == 1
                ? "All " + first.size() + " files"
                : first.size() + " files (" + first.getFirst() + " to " + first.getLast()
                        + (equal.size() == 1 ? ")" : ", and others among themselves)");
        return Optional.of(which + " are equal in the " + plan.size() + " weights that were compared. " + meaning());
    }

    private String meaning() {
        boolean averages = used.keySet().stream()
                .anyMatch(candidate ->
                        candidate.profile().filter(p -> !(p instanceof Impulse)).isPresent());
        if (!averages)
            return "The job may have trained other weights than those, or nothing, or copied one file under several"
                    + " names.";
        boolean rounded = used.keySet().stream()
                .flatMap(candidate -> Objects.requireNonNull(files.get(candidate)).tensors().stream())
                .anyMatch(t -> t.role() == Tensor.TensorRole.PARAMETER
                        && t.dtype().isFloating()
                        && t.dtype().bytes() < Float.BYTES);
        return rounded
                ? "An EMA that is kept in 16 bits with a decay near one rounds every step to no change: it is to be"
                        + " kept in f32, and may be stored in 16 bits."
                : "Averaging may not have begun, or one file was copied under several names.";
    }

    /** The constants of most files; of the newest where as many have others. */
    private static Map<String, Double> usualScales(Collection<RememberedFile.Indexed> files) {
        Map<Map<String, Double>, Integer> counts = new LinkedHashMap<>();
        Map<String, Double> usual = Map.of();
        for (RememberedFile.Indexed file : files) counts.merge(file.scales(), 1, Integer::sum);
        int most = counts.values().stream().mapToInt(n -> n).max().orElse(0);
        for (RememberedFile.Indexed file : files)
            if (Objects.requireNonNull(counts.get(file.scales())) == most) usual = file.scales();
        return usual;
    }

    private static Optional<String> scaleDifference(Map<String, Double> own, Map<String, Double> usual) {
        return usual.keySet().stream()
                .sorted()
                .filter(name -> !Objects.equals(own.get(name), usual.get(name)))
                .findFirst()
                .map(name -> "has " + name + " = " + own.get(name) + ", most of the run's files have " + usual.get(name)
                        + ": its weights are scaled otherwise and cannot be averaged with theirs");
    }
}
