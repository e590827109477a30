package phema.catalog;

import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.catalog.Excluded.ExclusionReason;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.profile.Impulse;
import phema.tensor.DType;
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

    /** The last file that is of use, as a candidate, with all its tensors, and with those that count, by group. */
    private @Nullable Candidate taken;

    private @Nullable WeightFile similar;
    private List<Part> similarParts = List.of();
    private Optional<String> lastNotice = Optional.empty();
    private CountFromZero counting = CountFromZero.of(Map.of());

    /** A file of each kind, the newest first: some may hold averages that others do not. */
    private List<WeightFile> kinds = List.of();

    /** Where the raw weights are in files that hold no average, as one that holds some says. */
    private List<WeightGroups.StatedGroup> raw = List.of();

    /**
     * One set of weights of a file.
     *
     * @param whole the file with all of its tensors
     * @param selected with those that count
     */
    private record Part(WeightGroups.WeightGroup group, WeightFile whole, WeightFile selected) {}

    /** @param before what the last scan of this folder gave; files that did not change since are not opened */
    FolderScan(FileIndexer indexer, Path folder, FolderListing listing, Scan before) {
        this.indexer = indexer;
        this.folder = folder;
        this.listing = listing;
        this.recognition = listing.recognition();
        this.before = before;
        this.exclusions = new Exclusions(folder, recognition.candidates());
    }

    Scan scan(String runName) {
        recognition
                .manifestProblem()
                .ifPresent(problem -> exclusions.add(Manifest.FILE_NAME, ExclusionReason.MANIFEST, problem));
        List<String> notices = new ArrayList<>(listing.notices());
        notices.addAll(recognition.notices());
        Map<Candidate, WeightFile> usable = lookAtAll();
        if (before.isOf(recognition, known)) return before;
        Map<Candidate, WeightFile> files = withRecorded(WrappedNames.alike(usable), notices);
        UnfitFiles unfit = new UnfitFiles(indexer, folder, recognition, exclusions);
        Optional<String> clockNotice = unfit.takeOut(files);
        CountingTensors numbers = new CountingTensors(indexer, files, recognition.tensors());
        files = numbers.asBuffers(files);
        Agreement agreement = new Agreement(files.values(), recognition.tensors()::isOfNewest);
        Optional<Twins> lateTwins = takeOutLateTwins(files, agreement);
        Map<Candidate, WeightFile> agreeing = agreeing(files, agreement);
        unfit.changingCodes(agreeing).ifPresent(codes -> {
            agreeing.keySet().forEach(candidate -> exclusions.add(candidate, ExclusionReason.NO_PROFILE, codes));
            agreeing.clear();
        });
        Optional<Twins> twins = twins(agreeing);
        twins.ifPresent(found -> {
            askFor(found, agreeing.keySet());
            agreeing.clear();
        });
        SamplePlan usual = new RunSampling(indexer, recognition, known).sampleAll(agreeing, agreement);
        Map<Candidate, RememberedFile.Sampled> sampled = new LinkedHashMap<>();
        for (Candidate candidate : agreeing.keySet())
            usable(candidate, Objects.requireNonNull(known.get(candidate.fileName())))
                    .flatMap(indexed -> indexed.sampled(recognition.prefix(candidate)))
                    .ifPresent(one -> sampled.put(candidate, one));
        NeverAveraged raw = neverAveraged(agreeing, sampled, usual, agreement);
        SamplePlan plan = usual.without(raw.names());
        UnrecordedAverages averages = new UnrecordedAverages(
                indexer,
                files,
                sampled,
                plan,
                recognition.ground() == Recognition.Ground.MANIFEST,
                manifest().ofFiles());
        Map<Candidate, RememberedFile.Sampled> used = averages.usable(exclusions);
        boolean ofAverages = !used.keySet().stream().allMatch(Candidate::isRaw);
        RunAssembly assembly = new RunAssembly(
                indexer,
                ofAverages ? CountingTensors.asBuffers(averages.files(), raw.names()) : averages.files(),
                ofAverages ? plan : usual,
                used,
                recognition.network(),
                exclusions);
        counting.notice().ifPresent(notices::add);
        lastNotice.ifPresent(notices::add);
        clockNotice.ifPresent(notices::add);
        if (!similarParts.isEmpty())
            notices.addAll(
                    recognition.tensors().unmatched(similarParts.getFirst().whole()));
        notices.addAll(new ContentNotices(recognition, folder, files, Optional.ofNullable(similar), this::whole)
                .of(!assembly.snapshots().isEmpty()));
        agreement.dtypeNotice().ifPresent(notices::add);
        if (!files.isEmpty() && agreement.averaged().isEmpty())
            notices.add(
                    "No tensor is averaged, since none holds floating-point weights: outputs are what the newest file"
                            + " holds.");
        if (!similarParts.isEmpty())
            notices.addAll(recognition.tensors().notices(similarParts.getFirst().selected()));
        notices.addAll(numbers.notices());
        if (ofAverages) raw.notice().ifPresent(notices::add);
        if (similar != null && similarParts.size() > 1)
            notices.addAll(
                    new WeightGroups(similarParts.stream().map(Part::group).toList(), Optional.empty())
                            .notices(similar));
        if (recognition.tensors().averages().isEmpty()) notices.addAll(averages.notices());
        notices.addAll(averages.contradictions());
        notices.addAll(assembly.notices());
        new KeptWeights(indexer, known.values()).notice(assembly.snapshots()).ifPresent(notices::add);
        List<Snapshot> snapshots = assembly.snapshots();
        Run run = new Run(
                runName,
                folder,
                snapshots,
                exclusions.byName(),
                notices,
                NewerFiles.of(
                        recognition,
                        snapshots,
                        exclusions.byName(),
                        counting.in(recognition.lines()),
                        lateTwins.isPresent() ? "" : manifest().ofChange(agreement, agreeing.size())),
                recognition.publication(),
                twins.or(() -> lateTwins)
                        .map(manifest()::without)
                        .orElseGet(() -> lines(
                                averages,
                                agreement.growing(),
                                assembly.snapshots().isEmpty())));
        return new Scan(run, Optional.of(recognition), known, FolderContent.NONE);
    }

    /** Those that are of use as far as each can be told for itself. */
    private Map<Candidate, WeightFile> lookAtAll() {
        Map<Candidate, WeightFile> files = new LinkedHashMap<>();
        FolderFiles folderFiles = new FolderFiles(indexer, folder, recognition, before);
        Map<String, RememberedFile> looked = folderFiles.look();
        kinds = ofEachKind(recognition.candidates().reversed().stream()
                .flatMap(candidate -> Stream.ofNullable(looked.get(candidate.fileName())))
                .flatMap(known -> known.file().stream()));
        if (recognition.ground() == Recognition.Ground.NUMBERED_NAMES) {
            counting = CountFromZero.of(indexed(looked));
            raw = kinds.stream()
                    .map(WeightGroups::rawBeside)
                    .filter(found -> !found.isEmpty())
                    .findFirst()
                    .orElse(List.of());
        }
        for (Candidate named : recognition.candidates()) {
            if (refused(counting.of(named), looked)) continue;
            RememberedFile now = looked.get(named.fileName());
            if (now == null) continue;
            known.put(named.fileName(), now);
            Optional<RememberedFile.Indexed> usable = usable(named, now);
            if (usable.isEmpty()) continue;
            WeightFile file = usable.get().file();
            if (recognition.ground() != Recognition.Ground.MANIFEST && WeightFiles.isSynthesis(file)) {
                exclusions.add(
                        named,
                        ExclusionReason.NO_PROFILE,
                        "was made by phema of other files, as its metadata say, and is no snapshot of a training job:"
                                + " give outputs a folder of their own, or name it in " + Manifest.FILE_NAME
                                + " if it is to be used");
                continue;
            }
            Candidate candidate =
                    LastCheckpoint.is(named) ? lastOf(named, file, looked) : counting.of(named.read(file), file);
            Optional<String> missing = folderFiles.missing(candidate);
            if (missing.isPresent()) {
                exclusions.add(candidate, ExclusionReason.DIFFERENT, missing.get());
                continue;
            }
            if (refused(candidate, looked)) continue;
            WeightGroups groups = candidate.group().isEmpty() ? groups(file) : WeightGroups.NONE;
            if (groups.problem().isPresent()) {
                exclusions.add(
                        candidate, ExclusionReason.DIFFERENT, groups.problem().get());
                continue;
            }
            List<Part> parts = parts(file, groups);
            Optional<String> objection = parts.stream()
                    .flatMap(part -> objection(candidate, file, part).stream())
                    .findFirst();
            if (objection.isPresent()) {
                exclusions.add(candidate, ExclusionReason.NO_PROFILE, objection.get());
                continue;
            }
            if (parts.getFirst().selected().tensors().isEmpty()) {
                exclusions.add(
                        candidate,
                        ExclusionReason.DIFFERENT,
                        recognition.tensors().emptiness(file));
                continue;
            }
            taken = candidate;
            similar = file;
            similarParts = parts;
            if (LastCheckpoint.is(named))
                lastNotice = Optional.of(
                        named.fileName() + " is taken for the last checkpoint, of the time in its metadata.");
            for (Part part : parts) {
                Candidate one = part.group().prefix().isEmpty()
                        ? candidate
                        : candidate.ofGroup(part.group().prefix(), part.group().profile());
                if (one.content() instanceof Candidate.NoAverage nothing)
                    exclusions.add(one, ExclusionReason.NO_PROFILE, nothing.why());
                else files.put(one, part.selected());
            }
        }
        return files;
    }

    /** The first of those that share their tensors, of which a run may have many. */
    private static List<WeightFile> ofEachKind(Stream<WeightFile> files) {
        Map<List<Tensor>, WeightFile> kinds = new IdentityHashMap<>();
        return files.filter(file -> kinds.putIfAbsent(file.tensors(), file) == null)
                .toList();
    }

    /** The one whose name says no time: by the key that such files have, or as the numbered files state theirs. */
    private Candidate lastOf(Candidate named, WeightFile file, Map<String, RememberedFile> looked) {
        Candidate read = named.read(file);
        if (!(read.content() instanceof Candidate.NoAverage)) return read;
        Map<Candidate, WeightFile> numbered = new HashMap<>();
        indexed(looked).forEach((candidate, other) -> {
            if (!LastCheckpoint.is(candidate)) numbered.put(counting.of(candidate), other);
        });
        Candidate known = new LastCheckpoint(numbered).of(named, file);
        return known == named ? read : known;
    }

    private Map<Candidate, WeightFile> indexed(Map<String, RememberedFile> looked) {
        Map<Candidate, WeightFile> files = new LinkedHashMap<>();
        for (Candidate candidate : recognition.candidates()) {
            @Nullable RememberedFile file = looked.get(candidate.fileName());
            if (file != null) file.file().ifPresent(read -> files.put(candidate, read));
        }
        return files;
    }

    /** The same, with the profiles of averages that the files record. */
    private Map<Candidate, WeightFile> withRecorded(Map<Candidate, WeightFile> files, List<String> notices) {
        Map<String, SequencedMap<Candidate, RecordedDecay.Recorded>> averages = new LinkedHashMap<>();
        files.forEach((candidate, file) -> {
            if (candidate.isUnrecorded())
                RecordedDecay.of(candidate.prefix(), file.metadata())
                        .ifPresent(
                                recorded -> averages.computeIfAbsent(candidate.prefix(), any -> new LinkedHashMap<>())
                                        .put(candidate, recorded));
        });
        if (averages.isEmpty()) return files;
        Map<Candidate, String> profiles = new HashMap<>();
        averages.forEach((prefix, recorded) -> {
            RecordedDecay.Profiles<Candidate> found =
                    RecordedDecay.profiles(recorded, Candidate::time, "below `" + WeightGroups.shown(prefix) + "`");
            profiles.putAll(found.byFile());
            found.notice().ifPresent(notices::add);
        });
        Map<Candidate, WeightFile> all = new LinkedHashMap<>();
        files.forEach((candidate, file) -> {
            Candidate known = candidate.withProfile(Optional.ofNullable(profiles.get(candidate)));
            if (!profiles.containsKey(candidate)) all.put(candidate, file);
            else if (known.content() instanceof Candidate.NoAverage nothing)
                exclusions.add(known, ExclusionReason.NO_PROFILE, nothing.why());
            else all.put(known, file);
        });
        return all;
    }

    private ManifestLines manifest() {
        return new ManifestLines(counting.in(recognition.lines()));
    }

    /** The sets of weights in a file; empty where it is one. */
    private WeightGroups groups(WeightFile file) {
        if (sameAsSimilar(file))
            return similarParts.getFirst().group().prefix().isEmpty()
                    ? WeightGroups.NONE
                    : new WeightGroups(similarParts.stream().map(Part::group).toList(), Optional.empty());
        List<WeightGroups.StatedGroup> stated = recognition.tensors().averages();
        if (!stated.isEmpty()) return WeightGroups.of(file, WeightGroups.heldBy(file, stated, kinds));
        if (recognition.ground() != Recognition.Ground.NUMBERED_NAMES) return WeightGroups.NONE;
        WeightGroups groups = WeightGroups.of(file);
        return groups.equals(WeightGroups.NONE) ? WeightGroups.rawOf(file, raw) : groups;
    }

    private List<Part> parts(WeightFile file, WeightGroups groups) {
        boolean same = sameAsSimilar(file);
        if (groups.groups().isEmpty()) {
            WeightFile selected = same
                    ? file.with(similarParts.getFirst().selected().tensors())
                    : shared(recognition.tensors().of(file), 0);
            return List.of(new Part(new WeightGroups.WeightGroup("", Optional.empty(), List.of()), file, selected));
        }
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < groups.groups().size(); i++) {
            WeightGroups.WeightGroup group = groups.groups().get(i);
            WeightFile whole = file.with(group.tensors());
            WeightFile selected = same
                    ? file.with(similarParts.get(i).selected().tensors())
                    : shared(recognition.tensors().of(whole), i);
            parts.add(new Part(group, whole, selected));
        }
        return parts;
    }

    private WeightFile shared(WeightFile selected, int part) {
        return part < similarParts.size()
                ? selected.sharingTensorsOf(similarParts.get(part).selected())
                : selected;
    }

    private boolean sameAsSimilar(WeightFile file) {
        return similar != null && recognition.tensors().sameOf(file, similar);
    }

    /** Looks at the tensors, of which there may be many, only where a file like this has not been taken already. */
    private Optional<String> objection(Candidate candidate, WeightFile file, Part part) {
        if (sameAsSimilar(file)) return Optional.empty();
        Optional<String> doubt = recognition.ground() == Recognition.Ground.NUMBERED_NAMES
                ? Questions.ofContent(file, recognition.lines()).or(() -> ofFolder(candidate, part))
                : Optional.empty();
        return doubt.or(() -> recognition.tensors().objection(part.whole(), part.selected()));
    }

    private WeightFile whole(Candidate candidate) {
        return Objects.requireNonNull(known.get(candidate.fileName())).file().orElseThrow();
    }

    private Optional<String> ofFolder(Candidate candidate, Part part) {
        return candidate.group().isEmpty() && part.group().prefix().isEmpty()
                ? Questions.ofFolder(folder, recognition.lines())
                : Optional.empty();
    }

    private boolean refused(Candidate candidate, Map<String, RememberedFile> looked) {
        if (candidate.content() instanceof Candidate.NoAverage nothing) {
            exclusions.add(candidate, ExclusionReason.NO_PROFILE, nothing.why());
            return true;
        }
        if (taken == null
                || candidate.profile().isEmpty()
                || !candidate.profile().equals(taken.profile())) return false;
        if (Optional.ofNullable(looked.get(candidate.fileName()))
                .flatMap(RememberedFile::file)
                .filter(this::holdsOtherWeights)
                .isPresent())
            exclusions.add(
                    candidate,
                    ExclusionReason.DIFFERENT,
                    "holds other weights than " + taken.fileName() + ", which is of the same time, and nothing says"
                            + " which are meant: keep one of them, or name the run's files in "
                            + Manifest.FILE_NAME);
        else
            exclusions.add(
                    candidate,
                    ExclusionReason.DUPLICATE,
                    "is the same average as " + taken.fileName() + ", which is used");
        return true;
    }

    /** Than the file that was taken last. One of another format is a copy: their element types may differ. */
    private boolean holdsOtherWeights(WeightFile file) {
        if (similar == null || similar.format() != file.format()) return false;
        return !kinds(file).equals(kinds(similar))
                || indexer.changed(similar, file, file.tensors()).isPresent();
    }

    private static Map<String, Map.Entry<Shape, DType>> kinds(WeightFile file) {
        return file.tensors().stream()
                .collect(toMap(Tensor::name, tensor -> Map.entry(tensor.shape(), tensor.dtype())));
    }

    private Optional<RememberedFile.Indexed> usable(Candidate candidate, RememberedFile file) {
        return switch (file.content()) {
            case RememberedFile.Growing growing -> {
                exclusions.add(candidate.fileName(), ExclusionReason.GROWING, growing.message());
                yield Optional.empty();
            }
            case RememberedFile.Broken broken -> {
                exclusions.addUnreadable(candidate, broken);
                yield Optional.empty();
            }
            case RememberedFile.Indexed indexed -> Optional.of(indexed);
        };
    }

    /** Those that hold the same tensors as most. */
    private Map<Candidate, WeightFile> agreeing(Map<Candidate, WeightFile> files, Agreement agreement) {
        ManifestLines lines = manifest();
        Map<Candidate, WeightFile> agreeing = new LinkedHashMap<>();
        files.forEach((candidate, file) -> agreement
                .growing(file)
                .map(lines::ofGrowing)
                .or(() -> agreement.difference(file))
                .ifPresentOrElse(
                        difference -> {
                            // Pieces may be too few, which nothing but their own sum says.
                            if (WeightsPath.isOfPieces(candidate.fileName()))
                                exclusions.addIncomplete(candidate, difference);
                            else exclusions.add(candidate, ExclusionReason.DIFFERENT, difference);
                        },
                        () -> agreeing.put(candidate, file)));
        return agreeing;
    }

    /**
     * A manifest that says what was found; none where files would be refused with it as they are without.
     *
     * @param ofNone whether no file can be used
     */
    private List<String> lines(UnrecordedAverages averages, List<String> growing, boolean ofNone) {
        if (averages.areExchanged()) return averages.lines();
        boolean refused = exclusions.has(ExclusionReason.BROKEN)
                || exclusions.has(ExclusionReason.DIFFERENT)
                || ofNone && exclusions.has(ExclusionReason.NO_PROFILE);
        if (refused && growing.isEmpty()) return List.of();
        List<String> ofAverages = recognition.tensors().averages().isEmpty() ? averages.lines() : List.of();
        return ofAverages.isEmpty() ? manifest().without(growing) : ofAverages;
    }

    private NeverAveraged neverAveraged(
            Map<Candidate, WeightFile> agreeing,
            Map<Candidate, RememberedFile.Sampled> sampled,
            SamplePlan plan,
            Agreement agreement) {
        return new NeverAveraged(
                indexer,
                agreeing,
                sampled,
                plan,
                agreement.averaged(),
                tensor -> recognition.tensors().overrules(tensor));
    }

    /** Two networks of each file that cannot both be raw weights; none where a manifest says which are meant. */
    private Optional<Twins> twins(Map<Candidate, WeightFile> files) {
        boolean whole = recognition.tensors().prefix().isEmpty()
                && files.keySet().stream()
                        .allMatch(candidate -> candidate.group().isEmpty()
                                && candidate.profile().orElseThrow() instanceof Impulse);
        if (!whole || files.size() < 2) return Optional.empty();
        List<Map.Entry<Candidate, WeightFile>> all = List.copyOf(files.entrySet());
        return Twins.in(
                Stream.of(all.getFirst(), all.get(all.size() - 2), all.getLast())
                        .map(entry -> averaged(entry.getValue()))
                        .toList(),
                kinds.stream()
                        .flatMap(file -> WeightGroups.averagedIn(file).stream())
                        .collect(toSet()),
                indexer::sample);
    }

    /** Takes out the newest files where they, unlike most of the run's, hold two such networks. */
    private Optional<Twins> takeOutLateTwins(Map<Candidate, WeightFile> files, Agreement agreement) {
        Map<Candidate, WeightFile> late = new LinkedHashMap<>(files);
        late.values().removeIf(file -> !agreement.isLikeNewest(file));
        if (late.isEmpty()
                || agreement.difference(late.values().iterator().next()).isEmpty()) return Optional.empty();
        Optional<Twins> twins = twins(late);
        twins.ifPresent(found -> {
            askFor(found, late.keySet());
            files.keySet().removeAll(late.keySet());
        });
        return twins;
    }

    private void askFor(Twins twins, Set<Candidate> candidates) {
        candidates.forEach(candidate ->
                exclusions.add(candidate, ExclusionReason.NO_PROFILE, twins.question(wrappers(candidate))));
    }

    private static WeightFile averaged(WeightFile selected) {
        return selected.with(
                selected.tensors().stream().filter(Tensor::isFloatingParameter).toList());
    }

    /** What is taken off the names of all tensors of a file. */
    private String wrappers(Candidate candidate) {
        return Objects.requireNonNull(known.get(candidate.fileName()))
                .file()
                .map(file -> WeightGroups.wrappers(
                        file.tensors().stream().map(Tensor::name).toList()))
                .orElse("");
    }
}
