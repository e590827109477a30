package phema.catalog;

import static java.util.Comparator.comparing;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toConcurrentMap;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Stream;
import phema.format.WeightFile;
import phema.tensor.Shape;

/** Samples the files of a run that nobody has sampled alike before. */
final class RunSampling {
    private final FileIndexer indexer;
    private final Recognition recognition;
    private final Map<String, RememberedFile> known;

    /** @param known what is known of the files, by name: learns what was sampled */
    RunSampling(FileIndexer indexer, Recognition recognition, Map<String, RememberedFile> known) {
        this.indexer = indexer;
        this.recognition = recognition;
        this.known = known;
    }

    /**
     * Samples all files. Where all that would be sampled of some tensor is the same in the first file and the last, as
     * of masks, frozen layers, and tables of which a few rows are trained, those parts of it are sampled that are not.
     */
    SamplePlan sampleAll(Map<Candidate, WeightFile> files, Agreement agreement) {
        SamplePlan usual = SamplePlan.of(agreement.averaged(), files.size());
        SamplePlan plan = wasLookedAt(files, usual)
                ? usual
                : ofMoved(files, agreement, usual).orElse(usual);
        sample(files, agreement, plan);
        return plan;
    }

    /** Whether an earlier look found nothing else to sample, with half as many files or more. */
    private boolean wasLookedAt(Map<Candidate, WeightFile> files, SamplePlan usual) {
        List<String> plans = sampled(files)
                .map(RememberedFile.Sampled::plan)
                .filter(plan -> !plan.isEmpty())
                .toList();
        return plans.size() > 1
                && plans.stream().allMatch(usual.identity()::equals)
                && Integer.highestOneBit(plans.size()) == Integer.highestOneBit(files.size());
    }

    /** Empty where nothing but what is sampled usually has moved. */
    private Optional<SamplePlan> ofMoved(Map<Candidate, WeightFile> files, Agreement agreement, SamplePlan usual) {
        if (files.size() < 2) return Optional.empty();
        List<Map.Entry<Candidate, WeightFile>> all = List.copyOf(files.entrySet());
        WeightFile first = all.getFirst().getValue();
        WeightFile last = all.getLast().getValue();
        Map<Candidate, WeightFile> ends = new LinkedHashMap<>();
        ends.put(all.getFirst().getKey(), first);
        ends.put(all.getLast().getKey(), last);
        if (sampled(ends).allMatch(one -> one.plan().isEmpty())) sample(ends, agreement, usual);
        List<SampleSummary> samples = ends.entrySet().stream()
                .flatMap(end -> summary(end.getKey(), end.getValue(), usual).stream())
                .toList();
        if (samples.size() < 2) return Optional.empty();
        SortedMap<String, Shape> averaged = agreement.averaged();
        Set<String> moving = usual.movingTensors(samples);
        Set<String> still = new HashSet<>(
                moving.isEmpty() ? averaged.keySet() : usual.ranges().keySet());
        still.removeAll(moving);
        if (still.isEmpty()) return Optional.empty();
        List<SamplePlan.Part> parts = new ArrayList<>(indexer.differing(first, last, still));
        if (parts.isEmpty()) return Optional.empty();
        averaged.forEach((name, shape) -> {
            if (!still.contains(name)) parts.add(new SamplePlan.Part(name, 0, shape.elements()));
        });
        parts.sort(comparing(SamplePlan.Part::tensor).thenComparing(SamplePlan.Part::first));
        return Optional.of(SamplePlan.of(parts, files.size()));
    }

    private Optional<SampleSummary> summary(Candidate candidate, WeightFile file, SamplePlan plan) {
        return sampled(Map.of(candidate, file))
                .filter(one -> one.plan().equals(plan.identity()))
                .map(RememberedFile.Sampled::summary)
                .findFirst()
                .or(() -> indexer.sample(file, plan).map(sample -> SampleSummary.of(plan, sample, false)));
    }

    private void sample(Map<Candidate, WeightFile> files, Agreement agreement, SamplePlan plan) {
        Set<String> scales = agreement.scales();
        // The groups of one file one after the other, as what is known of it grows with each.
        Map<String, List<Map.Entry<Candidate, WeightFile>>> byFile = files.entrySet().stream()
                .collect(groupingBy(entry -> entry.getKey().fileName()));
        Map<String, RememberedFile> now = byFile.entrySet().parallelStream()
                .collect(toConcurrentMap(Map.Entry::getKey, groups -> {
                    RememberedFile file = Objects.requireNonNull(known.get(groups.getKey()));
                    for (Map.Entry<Candidate, WeightFile> group : groups.getValue())
                        file = indexer.sampled(
                                file, recognition.prefix(group.getKey()), group.getValue(), plan, scales);
                    return file;
                }));
        known.putAll(now);
    }

    private Stream<RememberedFile.Sampled> sampled(Map<Candidate, WeightFile> files) {
        return files.keySet().stream()
                .flatMap(candidate ->
                        Objects.requireNonNull(known.get(candidate.fileName())).content()
                                        instanceof RememberedFile.Indexed indexed
                                ? indexed.sampled(recognition.prefix(candidate)).stream()
                                : Stream.empty());
    }
}
