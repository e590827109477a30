package phema.catalog;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import phema.catalog.Excluded.ExclusionReason;
import phema.format.WeightFile;

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
    }

    List<Snapshot> snapshots() {
        int[] moving = plan.moving(
                used.values().stream().map(RememberedFile.Indexed::sample).toList());
        List<Snapshot> snapshots = new ArrayList<>();
        used.forEach((candidate, indexed) -> snapshots.add(new Snapshot(
                candidate.fileName(),
                Objects.requireNonNull(files.get(candidate)),
                candidate.profile().orElseThrow(),
                indexed.sample().at(moving))));
        return snapshots;
    }

    /** What seems to be missing; one line each. */
    List<String> notices() {
        return MissingSnapshots.notices(List.copyOf(used.keySet()));
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
