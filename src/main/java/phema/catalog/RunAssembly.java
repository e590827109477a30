package phema.catalog;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import phema.catalog.Excluded.ExclusionReason;
import phema.format.NetworkSetting;
import phema.format.NetworkSettings;
import phema.format.WeightFile;
import phema.profile.Impulse;

/**
 * Makes snapshots of files that hold the same tensors: of those whose constants, and the settings of whose network, are
 * what most of them have.
 */
final class RunAssembly {
    private final FileIndexer indexer;
    private final Map<Candidate, WeightFile> files;
    private final SamplePlan plan;
    private final Map<Candidate, RememberedFile.Sampled> used = new LinkedHashMap<>();
    private final NetworkSettings manifest;
    private final List<String> contradictions = new ArrayList<>();
    private final List<String> doubts = new ArrayList<>();

    /** What any of the files states. */
    private NetworkSettings network;

    /**
     * @param files by time, each with the tensors that count
     * @param sampled those of them that hold the same tensors
     * @param manifest settings that count whatever files state
     * @param exclusions told of those that cannot be used
     */
    RunAssembly(
            FileIndexer indexer,
            Map<Candidate, WeightFile> files,
            SamplePlan plan,
            Map<Candidate, RememberedFile.Sampled> sampled,
            NetworkSettings manifest,
            Exclusions exclusions) {
        this.indexer = indexer;
        this.files = files;
        this.plan = plan;
        this.manifest = manifest;
        Map<String, Double> scales = usual(
                sampled.values().stream().map(RememberedFile.Sampled::scales).toList(), Map.of());
        network = usual(
                sampled.keySet().stream()
                        .map(candidate -> stated(file(candidate)))
                        .filter(stated -> !stated.equals(NetworkSettings.NONE))
                        .toList(),
                NetworkSettings.NONE);
        sampled.forEach((candidate, one) -> scaleDifference(one.scales(), scales)
                .or(() -> settingDifference(candidate, file(candidate)))
                .ifPresentOrElse(
                        difference -> exclusions.add(candidate, ExclusionReason.DIFFERENT, difference),
                        () -> used.put(candidate, one)));
        new LostWeights(plan, byCandidate()).found().forEach((candidate, why) -> {
            exclusions.add(candidate, ExclusionReason.BROKEN, why);
            used.remove(candidate);
        });
        excludeDamaged(exclusions);
        excludeNotFinite(exclusions);
    }

    private void excludeDamaged(Exclusions exclusions) {
        DamagedConstants constants = new DamagedConstants(plan, byCandidate(), this::numbers);
        constants.blamed().forEach((candidate, why) -> {
            exclusions.add(candidate, ExclusionReason.DIFFERENT, why);
            used.remove(candidate);
        });
        doubts.addAll(constants.notices());
    }

    private Map<Candidate, SampleSummary> byCandidate() {
        Map<Candidate, SampleSummary> summaries = new LinkedHashMap<>();
        used.forEach((candidate, one) -> summaries.put(candidate, one.summary()));
        return summaries;
    }

    private SampledElements numbers(Candidate candidate) {
        return indexer.numbers(Objects.requireNonNull(used.get(candidate)), file(candidate), plan);
    }

    /** Masks may be infinite, as long as they are the same in all files; what is averaged may not. */
    private void excludeNotFinite(Exclusions exclusions) {
        if (summaries().stream().allMatch(summary -> summary.notFinite().isEmpty())) return;
        Set<String> moving = plan.movingTensors(summaries());
        used.entrySet().removeIf(entry -> {
            Optional<SamplePlan.NotFinite> value = entry.getValue().summary().notFinite().stream()
                    .filter(found -> moving.contains(found.tensor()))
                    .findFirst();
            value.ifPresent(found -> exclusions.add(
                    entry.getKey().fileName(),
                    ExclusionReason.BROKEN,
                    file(entry.getKey()).path() + ": " + SampleReader.notFinite(found.tensor(), found.value())));
            return value.isPresent();
        });
    }

    private WeightFile file(Candidate candidate) {
        return Objects.requireNonNull(files.get(candidate));
    }

    private List<SampleSummary> summaries() {
        return used.values().stream().map(RememberedFile.Sampled::summary).toList();
    }

    /** What images depend on, and the manifest leaves to files. */
    private NetworkSettings stated(WeightFile file) {
        return NetworkSettings.of(file.metadata())
                .only(setting -> setting.matters() && !manifest.stated().containsKey(setting));
    }

    private Optional<String> settingDifference(Candidate candidate, WeightFile file) {
        NetworkSettings own = stated(file);
        List<NetworkSetting> different = own.contradictions(network);
        if (!different.isEmpty())
            return Optional.of("states that its network has " + own.listed(different)
                    + ", where others of the run have "
                    + network.listed(different) + ": an average of both would be neither. If they are of one "
                    + "network all the same, say so in " + Manifest.FILE_NAME + ", as in network: {"
                    + different.getFirst().key()
                    + ": " + different.getFirst().usual() + "}");
        network = network.or(own);
        NetworkSettings all = NetworkSettings.of(file.metadata());
        List<NetworkSetting> overruled = manifest.contradictions(all);
        if (!overruled.isEmpty() && contradictions.isEmpty())
            contradictions.add(Manifest.FILE_NAME + " states that the network has " + manifest.listed(overruled)
                    + ", and " + candidate.fileName() + " " + all.listed(overruled) + "; " + Manifest.FILE_NAME
                    + " counts.");
        return Optional.empty();
    }

    List<Snapshot> snapshots() {
        if (used.isEmpty()) return List.of();
        Candidate newest = List.copyOf(used.keySet()).getLast();
        int[] moving = plan.moving(summaries(), () -> numbers(newest));
        NetworkSettings settings = manifest.or(network);
        List<Snapshot> snapshots = new ArrayList<>();
        used.forEach((candidate, one) -> {
            WeightFile file = file(candidate);
            Supplier<Sample> sample = sample(indexer, one, file, plan, moving);
            snapshots.add(new Snapshot(
                    candidate.name(),
                    settings.statedBy(file),
                    candidate.profile().orElseThrow(),
                    Sample.later(sample)));
        });
        return snapshots;
    }

    /** Of no more than it needs, as it lives as long as the run. */
    private static Supplier<Sample> sample(
            FileIndexer indexer, RememberedFile.Sampled sampled, WeightFile file, SamplePlan plan, int[] positions) {
        return () -> indexer.numbers(sampled, file, plan).at(positions);
    }

    /** What seems to be missing, what is contradicted, and what is odd about the weights; one line each. */
    List<String> notices() {
        List<String> notices = new ArrayList<>(MissingSnapshots.notices(List.copyOf(used.keySet())));
        notices.addAll(contradictions);
        notices.addAll(doubts);
        if (used.isEmpty()) return notices;
        Map<Candidate, WeightFile> usedFiles = new LinkedHashMap<>(files);
        usedFiles.keySet().retainAll(used.keySet());
        OverwrittenRun.notice(usedFiles).ifPresent(notices::add);
        equal().ifPresent(notices::add);
        List<SamplePlan.NotFinite> constants = summaries().getFirst().notFinite();
        if (!constants.isEmpty())
            notices.add((constants.size() == 1 ? "1 tensor holds" : constants.size() + " tensors hold")
                    + " values that are not finite and the same in all files, which come out as they are, such as "
                    + constants.getFirst().tensor() + " ("
                    + constants.getFirst().value() + ").");
        return notices;
    }

    /** Which files hold the same weights, and what that most likely means. */
    private Optional<String> equal() {
        Map<ByteBuffer, List<String>> byValues = new LinkedHashMap<>();
        used.forEach((candidate, one) -> byValues.computeIfAbsent(
                        ByteBuffer.wrap(one.summary().tensors()), any -> new ArrayList<>())
                .add(candidate.name()));
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
                .flatMap(candidate -> file(candidate).tensors().stream())
                .anyMatch(t -> t.isFloatingParameter() && t.dtype().bytes() < Float.BYTES);
        return rounded
                ? "An EMA that is kept in 16 bits with a decay near one rounds every step to no change: it is to be"
                        + " kept in f32, and may be stored in 16 bits."
                : "Averaging may not have begun, or one file was copied under several names.";
    }

    /** What most files have; what the newest has where as many have something else. */
    private static <T> T usual(List<T> all, T none) {
        Map<T, Integer> counts = new LinkedHashMap<>();
        for (T one : all) counts.merge(one, 1, Integer::sum);
        int most = counts.values().stream().mapToInt(n -> n).max().orElse(0);
        return all.reversed().stream()
                .filter(one -> Objects.requireNonNull(counts.get(one)) == most)
                .findFirst()
                .orElse(none);
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
