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
import org.jspecify.annotations.Nullable;
import phema.catalog.Excluded.ExclusionReason;
import phema.format.WeightFile;

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
        SamplePlan plan = SamplePlan.of(agreement.averaged(), files.size());
        RunAssembly assembly = new RunAssembly(files, plan, sampleAll(files, agreement, plan), exclusions);
        List<String> notices = new ArrayList<>(listing.notices());
        notices.addAll(recognition.notices());
        clockNotice.ifPresent(notices::add);
        if (similar != null) notices.addAll(recognition.tensors().unmatched(similar));
        agreement.dtypeNotice().ifPresent(notices::add);
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

    /** Those that hold the same tensors as most, with their samples. */
    private Map<Candidate, RememberedFile.Indexed> sampleAll(
            Map<Candidate, WeightFile> files, Agreement agreement, SamplePlan plan) {
        Set<String> scales = agreement.scales();
        Map<Candidate, RememberedFile.Indexed> sampled = new LinkedHashMap<>();
        files.forEach((candidate, file) -> {
            Optional<String> difference = agreement.difference(file);
            if (difference.isPresent()) {
                exclusions.add(candidate, ExclusionReason.DIFFERENT, difference.get());
                return;
            }
            RememberedFile now = known.compute(
                    candidate.fileName(), (n, k) -> indexer.sampled(Objects.requireNonNull(k), file, plan, scales));
            usable(candidate, now).ifPresent(indexed -> sampled.put(candidate, indexed));
        });
        return sampled;
    }
}
