package phema.catalog;

import static java.util.stream.Collectors.joining;

import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.StreamSupport;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Service;
import phema.format.FormatException;
import phema.format.NetworkSettings;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.time.Ticker;

/**
 * Holds the runs below the configured roots, as the latest scans found them. Nothing here waits for storage but
 * {@link #rescan}, and {@link #run} for what is not known yet.
 *
 * <p>A run's name is its folder's path below the root with {@code __} for each separator, so that it fits into one
 * segment of a URL; a root that itself holds snapshots goes by its own name. Of two runs with one name that of the
 * earlier root counts, and says so.
 */
@Service
public class Catalog {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final List<RootWatcher> watchers;
    private final Duration poll;
    private final Duration firstLook;
    private final Ticker ticker;
    private volatile long begun;
    private volatile SortedMap<String, Run> runs = Collections.emptySortedMap();

    /** Runs with their names, by what the watchers found. */
    private Map<Run, Run> named = new IdentityHashMap<>();

    @Autowired
    Catalog(CatalogProperties properties, IndexStore store, InstantSource clock, Ticker ticker) {
        this(properties, store, WeightFiles::read, clock, ticker);
    }

    Catalog(
            CatalogProperties properties,
            IndexStore store,
            RunScanner.FileReader reader,
            InstantSource clock,
            Ticker ticker) {
        this.ticker = ticker;
        poll = properties.catalog().poll();
        Settling settling = new Settling(properties.catalog().settle(), clock, ticker);
        firstLook = properties.catalog().firstLook();
        watchers = properties.roots().stream()
                .map(root -> {
                    LookProgress progress = new LookProgress(ticker);
                    RunScanner scanner = RunScanner.repeated(reader, this::mayRead, settling, progress::step);
                    return new RootWatcher(root, scanner, store, this::publish, progress, ticker);
                })
                .toList();
    }

    /** Starts to watch. Comes back when every root was looked at, or its storage has had as long as is configured. */
    @PostConstruct
    void start() throws InterruptedException {
        begun = ticker.read();
        watchers.forEach(watcher -> watcher.start(poll));
        for (RootWatcher watcher : watchers) watcher.awaitFirstLook(firstLook.minus(ticker.since(begun)));
    }

    @PreDestroy
    void stop() {
        watchers.forEach(RootWatcher::close);
    }

    /** Returns all runs, by name. */
    public List<Run> runs() {
        return List.copyOf(runs.values());
    }

    /**
     * A root that cannot be read now: runs in it are not there, or as they were.
     *
     * @param reason in words that end a sentence, without the path
     */
    public record UnreadableRoot(Path root, String reason) {
        /** For those who need not know where it lies. */
        public String inWords() {
            return "Root " + root.getFileName() + " cannot be read: " + reason;
        }
    }

    public List<UnreadableRoot> unreadable() {
        return watchers.stream()
                .flatMap(
                        watcher -> watcher.failure().map(reason -> new UnreadableRoot(watcher.root(), reason)).stream())
                .toList();
    }

    /** How far a look at the roots is, where one takes long. */
    public Optional<Looking> looking() {
        return watchers.stream().flatMap(watcher -> watcher.looking().stream()).reduce(Looking::and);
    }

    /**
     * The run of that name. While the roots are looked at for the first time, one that has not been found yet is waited
     * for, though not for long.
     *
     * @throws Problem when there is none
     */
    public Run run(String name) {
        Run run = runs.get(name);
        return run == null ? awaitFirst(name) : run;
    }

    /** The run of that name; empty where it has not been found, or is gone. */
    public Optional<Run> known(String name) {
        return Optional.ofNullable(runs.get(name));
    }

    private synchronized Run awaitFirst(String name) {
        try {
            while (!runs.containsKey(name) && !watchers.stream().allMatch(RootWatcher::isFirstLookOver)) {
                long left = PATIENCE.minus(ticker.since(begun)).toMillis();
                if (left <= 0) break;
                wait(left); // notified with every run that is found
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Run run = runs.get(name);
        if (run == null) throw unknown(name, List.copyOf(runs.keySet()), unreadable());
        return run;
    }

    /**
     * Scans the run that a service with these roots knows by that name, once and without a service.
     *
     * @throws Problem when a root is not a folder, or none has such a run
     * @throws IOException when a folder cannot be read; files that cannot are among {@link Run#excluded()}
     */
    public static Run find(List<Path> roots, String name) throws IOException {
        List<String> names = new ArrayList<>();
        for (Path root : roots) {
            if (!Files.isDirectory(root))
                throw Problem.invalid("roots", root + " is not a folder; phema.roots names those that hold runs");
            Path real = root.toRealPath();
            for (Path folder : RootWatcher.runsBelow(real)) {
                if (name(real, folder).equals(name)) return RunScanner.scan(folder, Selection.DEFAULT);
                names.add(name(real, folder));
            }
        }
        throw unknown(name, names, List.of());
    }

    /**
     * What the manifest in a weight file's folder states of its network, if there is one.
     *
     * @throws FormatException when the manifest is wrong
     */
    public static NetworkSettings networkSettings(Path file) throws IOException {
        Path manifest = file.resolveSibling(Manifest.FILE_NAME);
        return Files.isRegularFile(manifest)
                ? Manifest.read(manifest, anywhere -> true).network()
                : NetworkSettings.NONE;
    }

    private static Problem unknown(String name, List<String> there, List<UnreadableRoot> unreadable) {
        return Problem.unknown(
                "run",
                "No run is named " + name + "; there "
                        + (there.isEmpty() ? "are none below phema.roots" : "is " + some(there))
                        + unreadable.stream().map(root -> ". " + root.inWords()).collect(joining()));
    }

    /**
     * Looks at the run's root at once instead of with the next poll. What is still being written stays out all the
     * same.
     *
     * @throws Problem when no run has this name, then or now, or its storage does not answer
     */
    public Run rescan(String name) {
        Path folder = run(name).folder();
        for (RootWatcher watcher : watchers) {
            if (!watcher.contains(folder)) continue;
            try {
                watcher.lookNow().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                throw Problem.conflict(
                        "The scan of run " + name + " is still under way; ask for the run again in a moment");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw Problem.conflict("The scan of run " + name + " was interrupted");
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
        return run(name);
    }

    private static String some(List<String> names) {
        return names.stream().limit(10).collect(joining(", ")) + (names.size() > 10 ? ", ..." : "");
    }

    /**
     * Whether a path, without links in it, lies below one of the roots: only what does may be read or shown to anybody.
     */
    public boolean mayRead(Path realPath) {
        return watchers.stream().anyMatch(watcher -> watcher.contains(realPath));
    }

    private synchronized void publish() {
        SortedMap<String, Run> now = new TreeMap<>();
        Map<Run, Run> kept = new IdentityHashMap<>();
        for (RootWatcher watcher : watchers) {
            watcher.runs().forEach((folder, run) -> {
                String name = name(watcher.root(), folder);
                // Of thousands of runs one has changed.
                Run known = named.computeIfAbsent(run, any -> named(name, run, List.of()));
                kept.put(run, known);
                Run first = now.putIfAbsent(name, known);
                if (first != null && !first.folder().equals(folder))
                    now.put(
                            name,
                            named(
                                    name,
                                    first,
                                    List.of(located(watcher.root(), folder)
                                            + " has the same name and is not shown; rename one of them.")));
            });
        }
        named = kept;
        runs = Collections.unmodifiableSortedMap(now);
        notifyAll();
    }

    /** For those who need not know where roots lie. */
    private static String located(Path root, Path folder) {
        return folder.equals(root)
                ? "The root " + root.getFileName()
                : "The folder " + root.relativize(folder) + " of the root " + root.getFileName();
    }

    private static String name(Path root, Path folder) {
        if (folder.equals(root)) return String.valueOf(folder.getFileName());
        return StreamSupport.stream(root.relativize(folder).spliterator(), false)
                .map(Path::toString)
                .collect(joining("__"));
    }

    private static Run named(String name, Run run, List<String> moreNotices) {
        List<String> notices = new ArrayList<>(run.notices());
        notices.addAll(moreNotices);
        return new Run(
                name,
                run.folder(),
                run.snapshots(),
                run.excluded(),
                notices,
                run.newer(),
                run.publication(),
                run.manifest(),
                run.countsKimg());
    }
}
