package phema.catalog;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.catalog.Excluded.ExclusionReason;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.tensor.Shape;

/** Scans one folder once: looks at every file that the run needs, and takes those that fit together. */
final class FolderScan {
    private final FileIndexer indexer;
    private final Path folder;
    private final FolderListing listing;
    private final Recognition recognition;
    private final Scan before;
    private final Map<String, RememberedFile> known = new HashMap<>();
    private final Exclusions exclusions;

    /** The last file that is of use, as a candidate, with all its tensors, and with those that count. */
    private @Nullable Candidate taken;

    private @Nullable WeightFile similar;
    private @Nullable WeightFile similarSelected;

    /** @param before what the last scan of this folder gave; files that did not change since are not opened */
    FolderScan(FileIndexer indexer, Path folder, FolderListing listing, Scan before) {
        this.indexer = indexer;
        this.folder = folder;
        this.listing = listing;
        this.recognition = listing.recognition();
        this.before = before;
        this.exclusions = new Exclusions(folder);
    }

    Scan scan(String runName) {
        recognition
                .manifestProblem()
                .ifPresent(problem -> exclusions.add(Manifest.FILE_NAME, ExclusionReason.MANIFEST, problem));
        Map<Candidate, WeightFile> files = lookAtAll();
        if (before.isOf(recognition, known)) return before;
        Optional<String> clockNotice = compareTimes(files);
        Agreement agreement = new Agreement(files.values());
        Map<Candidate, WeightFile> agreeing = agreeing(files, agreement);
        changingCodes(agreeing).ifPresent(codes -> {
            agreeing.keySet().forEach(candidate -> exclusions.add(candidate, ExclusionReason.NO_PROFILE, codes));
            agreeing.clear();
        });
        SamplePlan plan = sampleAll(agreeing, agreement);
        Map<Candidate, RememberedFile.Indexed> sampled = new LinkedHashMap<>();
        for (Candidate candidate : agreeing.keySet())
            usable(candidate, Objects.requireNonNull(known.get(candidate.fileName())))
                    .ifPresent(indexed -> sampled.put(candidate, indexed));
        RunAssembly assembly = new RunAssembly(files, plan, sampled, recognition.network(), exclusions);
        List<String> notices = new ArrayList<>(listing.notices());
        notices.addAll(recognition.notices());
        clockNotice.ifPresent(notices::add);
        if (similar != null) notices.addAll(recognition.tensors().unmatched(similar));
        agreement.dtypeNotice().ifPresent(notices::add);
        if (!files.isEmpty() && agreement.averaged().isEmpty())
            notices.add(
                    "No tensor is averaged, since none holds floating-point weights: outputs are what the newest file"
                            + " holds.");
        if (similarSelected != null) notices.addAll(recognition.tensors().notices(similarSelected));
        notices.addAll(assembly.notices());
        Run run =
                new Run(runName, folder, assembly.snapshots(), exclusions.byName(), notices, recognition.publication());
        return new Scan(run, Optional.of(recognition), known);
    }

    /** Those that are of use as far as each can be told for itself. */
    private Map<Candidate, WeightFile> lookAtAll() {
        Map<Candidate, WeightFile> files = new LinkedHashMap<>();
        for (Candidate named : recognition.candidates()) {
            if (refused(named)) continue;
            Optional<RememberedFile> now = indexer.lookAt(folder.resolve(named.fileName()), named, before, similar);
            if (now.isEmpty()) continue;
            known.put(named.fileName(), now.get());
            Optional<RememberedFile.Indexed> usable = usable(named, now.get());
            if (usable.isEmpty()) continue;
            WeightFile file = usable.get().file();
            Candidate candidate = named.read(file);
            if (refused(candidate)) continue;
            WeightFile selected = selected(file);
            Optional<String> objection = objection(file, selected);
            if (objection.isPresent()) {
                exclusions.add(candidate, ExclusionReason.NO_PROFILE, objection.get());
                continue;
            }
            if (selected.tensors().isEmpty()) {
                exclusions.add(
                        candidate,
                        ExclusionReason.DIFFERENT,
                        recognition.tensors().emptiness(file));
                continue;
            }
            taken = candidate;
            similar = file;
            similarSelected = similarSelected == null ? selected : selected.sharingTensorsOf(similarSelected);
            files.put(candidate, similarSelected);
        }
        return files;
    }

    /** Looks at the tensors, of which there may be many, only where a file like this has not been taken already. */
    private Optional<String> objection(WeightFile file, WeightFile selected) {
        if (similar != null && recognition.tensors().sameOf(file, similar)) return Optional.empty();
        Optional<String> doubt = recognition.ground() == Recognition.Ground.NUMBERED_NAMES
                ? Questions.ofContent(file)
                : Optional.empty();
        return doubt.or(() -> recognition.tensors().objection(file, selected));
    }

    /** Takes out the files that are not of the time in their names. @return what is to be said of all */
    private Optional<String> compareTimes(Map<Candidate, WeightFile> files) {
        if (recognition.ground() == Recognition.Ground.MANIFEST) return Optional.empty();
        StatedTimes times = new StatedTimes(files);
        times.contradictions().forEach((candidate, why) -> {
            files.remove(candidate);
            exclusions.add(candidate, ExclusionReason.DIFFERENT, why);
        });
        return times.notice();
    }

    private WeightFile selected(WeightFile file) {
        return similar != null
                        && similarSelected != null
                        && recognition.tensors().sameOf(file, similar)
                ? file.with(similarSelected.tensors())
                : recognition.tensors().of(file);
    }

    private boolean refused(Candidate candidate) {
        if (candidate.content() instanceof Candidate.NoAverage nothing) {
            exclusions.add(candidate, ExclusionReason.NO_PROFILE, nothing.why());
            return true;
        }
        if (taken == null
                || candidate.profile().isEmpty()
                || !candidate.profile().equals(taken.profile())) return false;
        exclusions.add(
                candidate, ExclusionReason.DUPLICATE, "is the same average as " + taken.fileName() + ", which is used");
        return true;
    }

    private Optional<RememberedFile.Indexed> usable(Candidate candidate, RememberedFile file) {
        return switch (file.content()) {
            case RememberedFile.Growing growing -> {
                exclusions.add(candidate.fileName(), ExclusionReason.GROWING, growing.message());
                yield Optional.empty();
            }
            case RememberedFile.Broken broken -> {
                exclusions.add(candidate.fileName(), ExclusionReason.BROKEN, broken.message());
                yield Optional.empty();
            }
            case RememberedFile.Indexed indexed -> Optional.of(indexed);
        };
    }

    /** Those that hold the same tensors as most. */
    private Map<Candidate, WeightFile> agreeing(Map<Candidate, WeightFile> files, Agreement agreement) {
        Map<Candidate, WeightFile> agreeing = new LinkedHashMap<>();
        files.forEach((candidate, file) -> agreement
                .difference(file)
                .ifPresentOrElse(
                        difference -> exclusions.add(candidate, ExclusionReason.DIFFERENT, difference),
                        () -> agreeing.put(candidate, file)));
        return agreeing;
    }

    /** Why none of the files can be averaged; integers that look like codes are, where they change. */
    private Optional<String> changingCodes(Map<Candidate, WeightFile> files) {
        if (files.size() < 2) return Optional.empty();
        List<WeightFile> all = List.copyOf(files.values());
        NotAveraged kinds = new NotAveraged(all.getLast().tensors());
        List<Tensor> maybe = all.getLast().tensors().stream()
                .filter(tensor -> kinds.neighbourOfCodes(tensor).isPresent()
                        && !recognition.tensors().overrules(tensor))
                .toList();
        return indexer.changed(all.getFirst(), all.getLast(), maybe)
                .map(tensor -> "holds integers that change between files, `" + tensor.name() + "` (" + tensor.dtype()
                        + "), beside `"
                        + kinds.neighbourOfCodes(tensor).orElseThrow()
                        + "`: codes of quantised weights cannot be averaged; save the weights dequantised, as bf16 or"
                        + " f32, or list the tensor under buffers in " + Manifest.FILE_NAME
                        + " if it is something else");
    }

    /**
     * Samples all files. Where all that was sampled is the same in all of them, as masks and frozen layers are, only
     * what has moved between the first and the last file is sampled instead.
     */
    private SamplePlan sampleAll(Map<Candidate, WeightFile> files, Agreement agreement) {
        SortedMap<String, Shape> averaged = agreement.averaged();
        SamplePlan usual = SamplePlan.of(averaged, files.size());
        // Where that was so when the files were looked at last, it most likely still is: they need not be read twice.
        if (indexed(files).anyMatch(i -> !i.plan().isEmpty() && !i.plan().equals(usual.identity()))) {
            Optional<SamplePlan> narrow = ofMoved(files, averaged);
            if (narrow.isPresent()
                    && indexed(files).anyMatch(i -> i.plan().equals(narrow.get().identity()))) {
                sample(files, agreement, narrow.get());
                return narrow.get();
            }
        }
        sample(files, agreement, usual);
        List<SampledElements> samples = indexed(files)
                .filter(i -> i.plan().equals(usual.identity()))
                .map(RememberedFile.Indexed::sample)
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
        moved.keySet().retainAll(probe.movingTensors(List.of(first.get(), last.get())));
        return moved.isEmpty() ? Optional.empty() : Optional.of(SamplePlan.of(moved, files.size()));
    }

    private void sample(Map<Candidate, WeightFile> files, Agreement agreement, SamplePlan plan) {
        Set<String> scales = agreement.scales();
        List<Map.Entry<Candidate, WeightFile>> entries = List.copyOf(files.entrySet());
        List<RememberedFile> now = entries.parallelStream()
                .map(entry -> indexer.sampled(
                        Objects.requireNonNull(known.get(entry.getKey().fileName())), entry.getValue(), plan, scales))
                .toList();
        for (int i = 0; i < now.size(); i++) known.put(entries.get(i).getKey().fileName(), now.get(i));
    }

    private Stream<RememberedFile.Indexed> indexed(Map<Candidate, WeightFile> files) {
        return files.keySet().stream()
                .map(candidate ->
                        Objects.requireNonNull(known.get(candidate.fileName())).content())
                .filter(RememberedFile.Indexed.class::isInstance)
                .map(RememberedFile.Indexed.class::cast);
    }
}
