package phema.catalog;

import static java.util.Comparator.comparing;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import phema.catalog.Excluded.ExclusionReason;
import phema.format.FilePart;
import phema.format.FormatException;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.time.Ticker;

/**
 * Finds out what a folder holds: which files are a run's snapshots, and why others are not.
 *
 * <p>A file that is still being written must not be taken. A scanner that looks again and again takes a file once its size and time stamp have stayed
 * the same for the settle time <em>by our own clock</em>, because a file server's clock may be off; only at its first look at a folder does it go by
 * the age of time stamps. A single scan cannot wait: it takes every file whose structure is complete, and calls a young one that is not
 * complete growing rather than broken.
 */
public final class RunScanner {
    /** How long a file must stay unchanged unless configured otherwise. */
    static final Duration SETTLE = Duration.ofSeconds(10);

    /** Indexes a weight file: {@link WeightFiles#read} but for tests that count. */
    interface FileReader {
        WeightFile read(Path file, Optional<WeightFile> similar, Predicate<Path> mayRead) throws IOException;
    }

    private final FileReader reader;
    private final Predicate<Path> allowed;
    private final Settling settling;
    private final boolean repeated;

    private RunScanner(FileReader reader, Predicate<Path> allowed, Settling settling, boolean repeated) {
        this.reader = reader;
        this.allowed = allowed;
        this.settling = settling;
        this.repeated = repeated;
    }

    /** @param allowed whether the real path that a symbolic link leads to may be read */
    static RunScanner repeated(FileReader reader, Predicate<Path> allowed, Settling settling) {
        return new RunScanner(reader, allowed, settling, true);
    }

    /**
     * Scans a folder once. Symbolic links are followed wherever they lead.
     *
     * @throws Problem when it is not a folder
     * @throws IOException when the folder cannot be read; files that cannot are among {@link Run#excluded()}
     */
    public static Run scan(Path folder, Selection selection) throws IOException {
        if (!Files.isDirectory(folder))
            throw Problem.invalid("indir", folder + " is not a folder; name one that holds snapshots");
        Path real = folder.toRealPath();
        Path name = real.getFileName();
        Settling settling = new Settling(SETTLE, InstantSource.system(), Ticker.SYSTEM);
        return new RunScanner(WeightFiles::read, path -> true, settling, false)
                .scan(name == null ? real.toString() : name.toString(), real, selection, Scan.NONE)
                .run();
    }

    /** @param before what the last scan of this folder gave; files that did not change since are not opened */
    Scan scan(String runName, Path folder, Selection selection, Scan before) throws IOException {
        List<String> notices = new ArrayList<>();
        Recognition recognised = recognise(folder, selection, notices);
        notices.addAll(recognised.notices());
        Map<String, RememberedFile> known = new HashMap<>();
        List<Excluded> excluded = new ArrayList<>();
        recognised.manifestProblem().ifPresent(problem -> excluded.add(manifestProblem(folder, problem)));
        Map<Candidate, WeightFile> files = lookAtAll(folder, recognised, before, known, excluded);
        if (before.isOf(recognised, known)) return before;
        Agreement agreement = new Agreement(files.values());
        SamplePlan plan = SamplePlan.of(agreement.averaged());
        Set<String> scaleNames = agreement.scales();
        Map<Candidate, RememberedFile.Indexed> sampled = new LinkedHashMap<>();
        files.forEach((candidate, file) -> {
            Optional<String> difference = agreement.difference(file);
            if (difference.isPresent()) {
                excluded.add(exclude(folder, candidate, ExclusionReason.DIFFERENT, difference.get()));
                return;
            }
            RememberedFile now = known.compute(
                    candidate.fileName(), (n, k) -> sampled(Objects.requireNonNull(k), file, plan, scaleNames));
            usable(folder, candidate, now, excluded).ifPresent(indexed -> sampled.put(candidate, indexed));
        });
        Map<String, Double> scales = usualScales(sampled.values());
        Map<Candidate, RememberedFile.Indexed> used = new LinkedHashMap<>();
        sampled.forEach((candidate, indexed) -> scaleDifference(indexed.scales(), scales)
                .ifPresentOrElse(
                        difference -> excluded.add(exclude(folder, candidate, ExclusionReason.DIFFERENT, difference)),
                        () -> used.put(candidate, indexed)));
        int[] moving = plan.moving(
                used.values().stream().map(RememberedFile.Indexed::sample).toList());
        List<Snapshot> snapshots = new ArrayList<>();
        used.forEach((candidate, indexed) -> snapshots.add(new Snapshot(
                candidate.fileName(),
                Objects.requireNonNull(files.get(candidate)),
                candidate.profile().orElseThrow(),
                indexed.sample().at(moving))));
        agreement.dtypeNotice().ifPresent(notices::add);
        notices.addAll(MissingSnapshots.notices(List.copyOf(used.keySet())));
        excluded.sort(comparing(Excluded::name));
        return new Scan(
                new Run(runName, folder, snapshots, excluded, notices, recognised.publication()),
                Optional.of(recognised),
                known);
    }

    private Recognition recognise(Path folder, Selection selection, List<String> notices) throws IOException {
        List<String> names = list(folder);
        if (!names.contains(Manifest.FILE_NAME))
            return Recognition.of(readable(folder, names, Recognition::mayBeSnapshot, notices), selection);
        Path file = folder.resolve(Manifest.FILE_NAME);
        try {
            Manifest manifest = Manifest.read(file, allowed);
            return manifest.recognise(readable(folder, names, manifest::names, notices), selection);
        } catch (FormatException e) {
            return Recognition.withoutManifest(String.valueOf(e.getMessage()));
        } catch (FileSystemException e) {
            if (!Files.isSymbolicLink(file)) throw e; // storage that failed, not a link in a circle
            return Recognition.withoutManifest(String.valueOf(e.getMessage()));
        }
    }

    private static Excluded manifestProblem(Path folder, String problem) {
        return new Excluded(Manifest.FILE_NAME, folder.resolve(Manifest.FILE_NAME), ExclusionReason.MANIFEST, problem);
    }

    private static List<String> list(Path folder) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            List<String> names = new ArrayList<>();
            for (Path entry : entries) names.add(String.valueOf(entry.getFileName()));
            names.sort(null);
            return names;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /** Those of the wanted names that are regular files and may be read. */
    private List<String> readable(Path folder, List<String> names, Predicate<String> wanted, List<String> notices)
            throws IOException {
        List<String> readable = new ArrayList<>();
        for (String name : names) {
            Path file = folder.resolve(name);
            if (!wanted.test(name)) continue;
            if (Files.isSymbolicLink(file) && Files.notExists(file))
                notices.add(name + " is a link to a file that does not exist and is ignored.");
            if (!Files.isRegularFile(file)) continue;
            if (leadsOutside(file)) notices.add(name + " is a link that leads outside of phema.roots and is ignored.");
            else readable.add(name);
        }
        return readable;
    }

    private boolean leadsOutside(Path entry) throws IOException {
        try {
            return Files.isSymbolicLink(entry) && !allowed.test(entry.toRealPath());
        } catch (FileSystemException e) { // it leads nowhere, or in circles
            return true;
        }
    }

    /**
     * Looks at every file that the run needs, and reads those that are new or changed.
     *
     * @param known filled with what is known of them now
     * @param excluded filled with those that are of no use already for themselves
     * @return the others
     */
    private Map<Candidate, WeightFile> lookAtAll(
            Path folder,
            Recognition recognised,
            Scan before,
            Map<String, RememberedFile> known,
            List<Excluded> excluded) {
        Map<Candidate, WeightFile> files = new LinkedHashMap<>();
        Candidate taken = null;
        WeightFile similar = null;
        WeightFile similarSelected = null;
        for (Candidate named : recognised.candidates()) {
            if (refused(folder, named, taken, excluded)) continue;
            Optional<RememberedFile> now = lookAt(folder.resolve(named.fileName()), named, before, similar);
            if (now.isEmpty()) continue;
            known.put(named.fileName(), now.get());
            Optional<RememberedFile.Indexed> usable = usable(folder, named, now.get(), excluded);
            if (usable.isEmpty()) continue;
            WeightFile file = usable.get().file();
            Candidate candidate = named.read(file);
            if (refused(folder, candidate, taken, excluded)) continue;
            WeightFile selected = similar != null
                            && similarSelected != null
                            && recognised.tensors().sameOf(file, similar)
                    ? withTensors(file, similarSelected)
                    : recognised.tensors().of(file);
            if (selected.tensors().isEmpty()) {
                excluded.add(exclude(
                        folder, candidate, ExclusionReason.DIFFERENT, "holds none of the tensors that are wanted"));
                continue;
            }
            similar = file;
            similarSelected = similarSelected == null ? selected : sharingTensors(selected, similarSelected);
            files.put(candidate, similarSelected);
            taken = candidate;
        }
        return files;
    }

    private static boolean refused(
            Path folder, Candidate candidate, @Nullable Candidate taken, List<Excluded> excluded) {
        if (candidate.content() instanceof Candidate.NoAverage nothing) {
            excluded.add(exclude(folder, candidate, ExclusionReason.NO_PROFILE, nothing.why()));
            return true;
        }
        if (taken == null
                || candidate.profile().isEmpty()
                || !candidate.profile().equals(taken.profile())) return false;
        String message = "is the same average as " + taken.fileName() + ", which is used";
        excluded.add(exclude(folder, candidate, ExclusionReason.DUPLICATE, message));
        return true;
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

    private static Optional<RememberedFile.Indexed> usable(
            Path folder, Candidate candidate, RememberedFile known, List<Excluded> excluded) {
        return switch (known.content()) {
            case RememberedFile.Growing growing -> {
                excluded.add(excluded(folder, candidate, ExclusionReason.GROWING, growing.message()));
                yield Optional.empty();
            }
            case RememberedFile.Broken broken -> {
                excluded.add(excluded(folder, candidate, ExclusionReason.BROKEN, broken.message()));
                yield Optional.empty();
            }
            case RememberedFile.Indexed indexed -> Optional.of(indexed);
        };
    }

    /** What is known of a file now; empty when it has just vanished. */
    private Optional<RememberedFile> lookAt(Path path, Candidate candidate, Scan before, @Nullable WeightFile similar) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            Instant modified = attributes.lastModifiedTime().toInstant();
            Optional<RememberedFile> earlier = Optional.ofNullable(
                            before.known().get(candidate.fileName()))
                    .filter(k -> k.size() == attributes.size() && k.modified().equals(modified));
            if (earlier.isPresent() && stillHolds(earlier.get(), candidate.isSharded())) return earlier;
            long since = earlier.filter(k -> !(k.content() instanceof RememberedFile.Indexed))
                    .map(RememberedFile::since)
                    .orElseGet(settling.ticker()::read);
            boolean settled = settling.isOver(since) || (before.recognised().isEmpty() && settling.seemsOver(modified));
            RememberedFile.RememberedContent content = repeated && !settled
                    ? new RememberedFile.Growing(
                            candidate.fileName() + " has changed a moment ago; it is taken once it stays as it is")
                    : read(path, settled, similar);
            return Optional.of(new RememberedFile(attributes.size(), modified, since, content));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(new RememberedFile(0, Instant.EPOCH, 0, broken(path, e)));
        }
    }

    /** Whether a file that looks as before needs not be read. Shards may have changed while their index has not. */
    private static boolean stillHolds(RememberedFile known, boolean sharded) throws IOException {
        return switch (known.content()) {
            case RememberedFile.Indexed indexed -> !sharded || isUnchanged(indexed.file());
            case RememberedFile.Broken broken -> !sharded && broken.lasting();
            case RememberedFile.Growing growing -> false;
        };
    }

    private RememberedFile.RememberedContent read(Path path, boolean settled, @Nullable WeightFile similar) {
        try {
            WeightFile file = reader.read(path, Optional.ofNullable(similar), allowed);
            if (!isUnchanged(file))
                return new RememberedFile.Growing(path.getFileName() + " changed while it was read");
            return new RememberedFile.Indexed(similar == null ? file : sharingTensors(file, similar));
        } catch (IOException | RuntimeException e) {
            // Also a reader's own mistake: one file must not cost the others.
            return settled
                    ? broken(path, e)
                    : new RememberedFile.Growing(broken(path, e).message() + " (changed in the last "
                            + settling.time().toSeconds() + " s, so probably still being written: try again)");
        }
    }

    private RememberedFile sampled(RememberedFile known, WeightFile selected, SamplePlan plan, Set<String> scaleNames) {
        if (!(known.content() instanceof RememberedFile.Indexed indexed)
                || indexed.plan().equals(plan.identity())) return known;
        Path path = indexed.file().path();
        try {
            Sample sample = SampleReader.read(selected, plan, allowed);
            Map<String, Double> scales = SampleReader.scales(selected, scaleNames, allowed);
            if (!isUnchanged(indexed.file()))
                return known.with(new RememberedFile.Growing(path.getFileName() + " changed while it was read"));
            return known.with(new RememberedFile.Indexed(indexed.file(), plan.identity(), sample, scales));
        } catch (IOException | RuntimeException e) {
            return known.with(broken(path, e));
        }
    }

    private static RememberedFile.Broken broken(Path path, Exception e) {
        return e instanceof FormatException
                ? new RememberedFile.Broken(String.valueOf(e.getMessage()), true)
                : new RememberedFile.Broken(path + ": cannot be read (" + e + ")", false);
    }

    private static boolean isUnchanged(WeightFile file) throws IOException {
        try {
            for (FilePart part : file.parts()) {
                BasicFileAttributes now = Files.readAttributes(part.path(), BasicFileAttributes.class);
                if (now.size() != part.size()
                        || !now.lastModifiedTime().toInstant().equals(part.modified())) return false;
            }
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** Files of a run usually have equal indexes: thousands of them then need the memory of one. */
    static WeightFile sharingTensors(WeightFile file, WeightFile similar) {
        return file.tensors().equals(similar.tensors()) ? withTensors(file, similar) : file;
    }

    private static WeightFile withTensors(WeightFile file, WeightFile similar) {
        return new WeightFile(file.path(), file.format(), file.parts(), file.metadata(), similar.tensors());
    }

    /** @param why as the end of a sentence */
    private static Excluded exclude(Path folder, Candidate candidate, ExclusionReason reason, String why) {
        return excluded(folder, candidate, reason, candidate.fileName() + " " + why);
    }

    private static Excluded excluded(Path folder, Candidate candidate, ExclusionReason reason, String message) {
        return new Excluded(candidate.fileName(), folder.resolve(candidate.fileName()), reason, message);
    }
}
