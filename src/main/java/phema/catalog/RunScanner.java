package phema.catalog;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingLong;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import phema.catalog.Excluded.Reason;
import phema.format.FilePart;
import phema.format.FormatException;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.profile.Power;
import phema.profile.SigmaRel;

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
    interface Reader {
        WeightFile read(Path file) throws IOException;
    }

    private final Reader reader;
    private final Predicate<Path> allowed;
    private final Duration settle;
    private final boolean repeated;

    private RunScanner(Reader reader, Predicate<Path> allowed, Duration settle, boolean repeated) {
        this.reader = reader;
        this.allowed = allowed;
        this.settle = settle;
        this.repeated = repeated;
    }

    /** @param allowed whether the real path that a symbolic link leads to may be read */
    static RunScanner repeated(Reader reader, Predicate<Path> allowed, Duration settle) {
        return new RunScanner(reader, allowed, settle, true);
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
        return new RunScanner(WeightFiles::read, path -> true, SETTLE, false)
                .scan(name == null ? real.toString() : name.toString(), real, selection, Scan.NONE)
                .run();
    }

    /** @param before what the last scan of this folder gave; files that did not change since are not opened */
    Scan scan(String runName, Path folder, Selection selection, Scan before) throws IOException {
        List<String> notices = new ArrayList<>();
        List<SnapshotName> listed = list(folder, notices);
        List<SnapshotName> names = select(listed, selection, notices);
        Map<String, Known> known = new HashMap<>();
        List<Excluded> excluded = new ArrayList<>();
        Map<SnapshotName, WeightFile> files = lookAtAll(folder, names, before, known, excluded);
        if (before.isOf(listed, known)) return before;
        Agreement agreement = new Agreement(files.values());
        SamplePlan plan = SamplePlan.of(agreement.averaged());
        List<Snapshot> snapshots = new ArrayList<>();
        List<SnapshotName> used = new ArrayList<>();
        files.forEach((name, file) -> {
            Optional<String> difference = agreement.difference(file);
            if (difference.isPresent()) {
                excluded.add(exclude(folder, name, Reason.DIFFERENT, name.fileName() + " " + difference.get()));
                return;
            }
            Known sampled = known.compute(name.fileName(), (n, k) -> sampled(Objects.requireNonNull(k), plan));
            usable(folder, name, sampled, excluded).ifPresent(indexed -> {
                Power profile = Power.ofSigmaRel(name.sigmaRel(), (double) name.nimg());
                snapshots.add(new Snapshot(name.fileName(), indexed.file(), profile, indexed.sample()));
                used.add(name);
            });
        });
        agreement.dtypeNotice().ifPresent(notices::add);
        notices.addAll(Gaps.notices(used));
        excluded.sort(comparing(Excluded::name));
        return new Scan(new Run(runName, folder, snapshots, excluded, notices), listed, known);
    }

    /** Files whose names are snapshots' names, by time, then sigma_rel, then preference. */
    private List<SnapshotName> list(Path folder, List<String> notices) throws IOException {
        List<SnapshotName> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                Optional<SnapshotName> name = SnapshotName.parse(String.valueOf(entry.getFileName()));
                if (name.isEmpty() || !Files.isRegularFile(entry)) continue;
                if (leadsOutside(entry))
                    notices.add(entry.getFileName() + " is a link that leads outside of phema.roots and is ignored.");
                else names.add(name.get());
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        names.sort(comparingLong(SnapshotName::nimg)
                .thenComparingDouble(SnapshotName::sigmaRel)
                .thenComparing(SnapshotName::form)
                .thenComparing(SnapshotName::fileName));
        return names;
    }

    private boolean leadsOutside(Path entry) throws IOException {
        try {
            return Files.isSymbolicLink(entry) && !allowed.test(entry.toRealPath());
        } catch (NoSuchFileException e) {
            return true;
        }
    }

    private static List<SnapshotName> select(List<SnapshotName> all, Selection selection, List<String> notices) {
        Map<String, Long> prefixes = all.stream().collect(groupingBy(SnapshotName::prefix, TreeMap::new, counting()));
        Map<String, Long> candidates = new TreeMap<>(prefixes);
        candidates.remove(SnapshotName.RECONSTRUCTION);
        String prefix = selection
                .prefix()
                .or(() -> candidates.entrySet().stream()
                        .max(Map.Entry.comparingByValue())
                        .map(Map.Entry::getKey))
                .orElse("");
        candidates.remove(prefix);
        if (selection.prefix().isEmpty() && !candidates.isEmpty())
            notices.add("Files named " + withCounts(candidates) + " are not used, because more are named " + prefix
                    + "-*: give them a folder of their own, or choose them with --inprefix.");
        List<SnapshotName> selected = all.stream()
                .filter(n -> n.prefix().equals(prefix) && selection.admits(n.sigmaRel()))
                .toList();
        if (selected.isEmpty())
            notices.add("No file is named " + (prefix.isEmpty() ? "PREFIX" : prefix)
                    + "-KKKKKKK-S.SSS.pkl or .safetensors with a width that was asked for; the folder holds "
                    + (prefixes.isEmpty() ? "none of any prefix." : withCounts(prefixes) + "."));
        return selected;
    }

    private static String withCounts(Map<String, Long> prefixes) {
        return prefixes.entrySet().stream()
                .map(e -> e.getKey() + "-* (" + e.getValue() + ")")
                .collect(joining(", "));
    }

    /**
     * Looks at every file that the run needs, and reads those that are new or changed.
     *
     * @param known filled with what is known of them now
     * @param excluded filled with those that are of no use already for themselves
     * @return the others
     */
    private Map<SnapshotName, WeightFile> lookAtAll(
            Path folder, List<SnapshotName> names, Scan before, Map<String, Known> known, List<Excluded> excluded) {
        Map<SnapshotName, WeightFile> files = new LinkedHashMap<>();
        SnapshotName taken = null;
        for (SnapshotName name : names) {
            Optional<String> noProfile = noProfile(name);
            if (noProfile.isPresent()) {
                excluded.add(exclude(folder, name, Reason.NO_PROFILE, name.fileName() + " " + noProfile.get()));
                continue;
            }
            if (taken != null && sameAverage(name, taken)) {
                String message = name.fileName() + " is the same average as " + taken.fileName() + ", which is used";
                excluded.add(exclude(folder, name, Reason.DUPLICATE, message));
                continue;
            }
            Optional<Known> now = lookAt(folder.resolve(name.fileName()), name, before, files.get(taken));
            if (now.isEmpty()) continue;
            known.put(name.fileName(), now.get());
            Optional<Known.Indexed> usable = usable(folder, name, now.get(), excluded);
            if (usable.isEmpty()) continue;
            files.put(name, usable.get().file());
            taken = name;
        }
        return files;
    }

    private static Optional<Known.Indexed> usable(
            Path folder, SnapshotName name, Known known, List<Excluded> excluded) {
        return switch (known.content()) {
            case Known.Growing growing -> {
                excluded.add(exclude(folder, name, Reason.GROWING, growing.message()));
                yield Optional.empty();
            }
            case Known.Broken broken -> {
                excluded.add(exclude(folder, name, Reason.BROKEN, broken.message()));
                yield Optional.empty();
            }
            case Known.Indexed indexed -> Optional.of(indexed);
        };
    }

    /** What is known of a file now; empty when it has just vanished. */
    private Optional<Known> lookAt(Path path, SnapshotName name, Scan before, @Nullable WeightFile similar) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            Instant modified = attributes.lastModifiedTime().toInstant();
            Optional<Known> earlier = Optional.ofNullable(before.known().get(name.fileName()))
                    .filter(k -> k.size() == attributes.size() && k.modified().equals(modified));
            if (earlier.isPresent() && stillHolds(earlier.get(), name)) return earlier;
            long since = earlier.filter(k -> !(k.content() instanceof Known.Indexed))
                    .map(Known::since)
                    .orElseGet(System::nanoTime);
            boolean settled = Duration.ofNanos(System.nanoTime() - since).compareTo(settle) >= 0
                    || (before.names().isEmpty()
                            && modified.isBefore(Instant.now().minus(settle)));
            Known.Content content = repeated && !settled
                    ? new Known.Growing(
                            name.fileName() + " has changed a moment ago; it is taken once it stays as it is")
                    : read(path, settled, similar);
            return Optional.of(new Known(attributes.size(), modified, since, content));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(new Known(0, Instant.EPOCH, 0, broken(path, e)));
        }
    }

    /** Whether a file that looks as before needs not be read. Shards may have changed while their index has not. */
    private static boolean stillHolds(Known known, SnapshotName name) throws IOException {
        boolean sharded = name.form() == SnapshotName.Form.SHARDED_SAFETENSORS;
        return switch (known.content()) {
            case Known.Indexed indexed -> !sharded || isUnchanged(indexed.file());
            case Known.Broken broken -> !sharded && broken.lasting();
            case Known.Growing growing -> false;
        };
    }

    private Known.Content read(Path path, boolean settled, @Nullable WeightFile similar) {
        try {
            WeightFile file = reader.read(path);
            for (FilePart part : file.parts()) {
                if (!allowed.test(part.path().toRealPath()))
                    return new Known.Broken(
                            path.getFileName() + " needs " + part.path()
                                    + ", which lies outside of phema.roots; move it there",
                            false);
            }
            if (!isUnchanged(file)) return new Known.Growing(path.getFileName() + " changed while it was read");
            return new Known.Indexed(similar == null ? file : sharingTensors(file, similar));
        } catch (IOException | RuntimeException e) {
            // Also a reader's own mistake: one file must not cost the others.
            return settled
                    ? broken(path, e)
                    : new Known.Growing(broken(path, e).message() + " (changed in the last " + settle.toSeconds()
                            + " s, so probably still being written: try again)");
        }
    }

    private Known sampled(Known known, SamplePlan plan) {
        if (!(known.content() instanceof Known.Indexed indexed)
                || indexed.plan().equals(plan.identity())) return known;
        Path path = indexed.file().path();
        try {
            Sample sample = SampleReader.read(indexed.file(), plan);
            if (!isUnchanged(indexed.file()))
                return known.with(new Known.Growing(path.getFileName() + " changed while it was read"));
            return known.with(new Known.Indexed(indexed.file(), plan.identity(), sample));
        } catch (IOException e) {
            return known.with(broken(path, e));
        }
    }

    private static Known.Broken broken(Path path, Exception e) {
        return e instanceof FormatException
                ? new Known.Broken(String.valueOf(e.getMessage()), true)
                : new Known.Broken(path + ": cannot be read (" + e + ")", false);
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
        return file.tensors().equals(similar.tensors())
                ? new WeightFile(file.path(), file.format(), file.parts(), file.metadata(), similar.tensors())
                : file;
    }

    private static boolean sameAverage(SnapshotName a, SnapshotName b) {
        return a.nimg() == b.nimg() && a.sigmaRel() == b.sigmaRel();
    }

    private static Optional<String> noProfile(SnapshotName name) {
        if (name.nimg() == 0) return Optional.of("holds the initial weights (kimg 0), no average");
        if (!(name.sigmaRel() > 0 && name.sigmaRel() < SigmaRel.LIMIT))
            return Optional.of(
                    "has sigma_rel " + name.sigmaRel() + " in its name, which lies outside of (0, 0.288675)");
        return Optional.empty();
    }

    private static Excluded exclude(Path folder, SnapshotName name, Reason reason, String message) {
        return new Excluded(name.fileName(), folder.resolve(name.fileName()), reason, message);
    }
}
