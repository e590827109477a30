package phema.catalog;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toConcurrentMap;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
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
     * Samples all files. Where all that was sampled is the same in all of them, as masks and frozen layers are, only
     * what has moved between the first and the last file is sampled instead.
     */
    SamplePlan sampleAll(Map<Candidate, WeightFile> files, Agreement agreement) {
        SortedMap<String, Shape> averaged = agreement.averaged();
        SamplePlan usual = SamplePlan.of(averaged, files.size());
        // Where that was so when the files were looked at last, it most likely still is: they need not be read twice.
        if (sampled(files).anyMatch(i -> !i.plan().isEmpty() && !i.plan().equals(usual.identity()))) {
            Optional<SamplePlan> narrow = ofMoved(files, averaged);
            if (narrow.isPresent()
                    && sampled(files).anyMatch(i -> i.plan().equals(narrow.get().identity()))) {
                sample(files, agreement, narrow.get());
                return narrow.get();
            }
        }
        sample(files, agreement, usual);
        List<SampleSummary> samples = sampled(files)
                .filter(i -> i.plan().equals(usual.identity()))
                .map(RememberedFile.Sampled::summary)
                .toList();
        if (samples.size() < 2 || !usual.movingTensors(samples).isEmpty()) return usual;
        Optional<SamplePlan> narrow = ofMoved(files, averaged);
        narrow.ifPresent(plan -> sample(files, agreement, plan));
        return narrow.orElse(usual);
    }

    /** Empty where nothing has moved. */
    private Optional<SamplePlan> ofMoved(Map<Candidate, WeightFile> files, SortedMap<String, Shape> averaged) {
        List<WeightFile> all = List.copyOf(files.values());
        SamplePlan probe = SamplePlan.ofEach(averaged);
        Optional<SampledElements> first = indexer.sample(all.getFirst(), probe);
        Optional<SampledElements> last = indexer.sample(all.getLast(), probe);
        if (first.isEmpty() || last.isEmpty()) return Optional.empty();
        SortedMap<String, Shape> moved = new TreeMap<>(averaged);
        moved.keySet()
                .retainAll(probe.movingTensors(
                        List.of(
                                SampleSummary.of(probe, first.get(), false),
                                SampleSummary.of(probe, last.get(), false))));
        return moved.isEmpty() ? Optional.empty() : Optional.of(SamplePlan.of(moved, files.size()));
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
