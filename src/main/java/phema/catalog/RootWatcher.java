package phema.catalog;

import static java.util.stream.Collectors.toMap;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import phema.time.Ticker;

/**
 * Looks at one root again and again, on a thread of its own: a root whose storage does not answer holds up no other.
 *
 * <p>Every folder below the root that holds snapshots, or a manifest, or a folder for each checkpoint, is a run.
 * Hidden folders and links to folders are left alone: one that leads outside must not be followed, one that leads
 * inside is found where it leads.
 */
final class RootWatcher implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RootWatcher.class);
    private static final int MAX_DEPTH = 8;

    /** The times as long as a look that a root is left alone after it. */
    private static final int REST = 10;

    private volatile Path root;
    private final RunScanner scanner;
    private final IndexStore store;
    private final Runnable onChange;
    private final LookProgress progress;
    private final Ticker ticker;
    private final ScheduledExecutorService thread;
    private final CountDownLatch firstLook = new CountDownLatch(1);
    private final Map<Path, Scan> scans = new HashMap<>();
    private final Set<String> logged = new HashSet<>();
    private volatile @Nullable String failure;
    private volatile SortedMap<Path, Run> runs = new TreeMap<>();

    RootWatcher(
            Path root, RunScanner scanner, IndexStore store, Runnable onChange, LookProgress progress, Ticker ticker) {
        this.progress = progress;
        this.ticker = ticker;
        this.root = root.toAbsolutePath().normalize();
        this.scanner = scanner;
        this.store = store;
        this.onChange = onChange;
        this.thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("catalog " + root).factory());
    }

    void start(Duration poll) {
        lookAfter(Duration.ZERO, poll, Duration.ZERO);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a look throws nothing
    private void lookAfter(Duration pause, Duration poll, Duration before) {
        thread.schedule(
                () -> {
                    Duration took = look();
                    lookAfter(pause(poll, took, before), poll, took);
                },
                pause.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    /**
     * How long to leave a root alone: looks that take long must not keep a processor, or slow storage, busy. The
     * shorter of two tells, as one that waited for storage is no measure.
     */
    static Duration pause(Duration poll, Duration took, Duration before) {
        Duration rest = Collections.min(List.of(took, before)).multipliedBy(REST);
        return rest.compareTo(poll) > 0 ? rest : poll;
    }

    /** Its real path, once it was looked at. */
    Path root() {
        return root;
    }

    boolean contains(Path realPath) {
        return realPath.startsWith(root);
    }

    /** Returns the runs by folder, as last seen. */
    SortedMap<Path, Run> runs() {
        return runs;
    }

    /** Why it could not be read when it was last looked at, in words that end a sentence; empty where it could. */
    Optional<String> failure() {
        return Optional.ofNullable(failure);
    }

    /** Waits until the root was looked at once; false when patience ended before. */
    boolean awaitFirstLook(Duration patience) throws InterruptedException {
        return firstLook.await(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    boolean isFirstLookOver() {
        return firstLook.getCount() == 0;
    }

    /** How far the look is that is under way; empty where none takes long. */
    Optional<Looking> looking() {
        return progress.looking();
    }

    /** Looks at the root out of turn. */
    Future<?> lookNow() {
        return thread.submit(this::look);
    }

    /** @return how long it took, folders apart in which something was new */
    Duration look() {
        long begun = ticker.read();
        Duration news = Duration.ZERO;
        try {
            if (Files.exists(root)) root = root.toRealPath();
            Found found = Found.below(root);
            note(found.failure);
            found.problems.forEach(this::logOnce);
            scans.keySet().removeIf(folder -> !found.runs.contains(folder) && !found.isUnreadable(folder));
            publish();
            progress.begin(found.runs.size(), found.files());
            for (Path folder : found.runs) {
                long scanned = ticker.read();
                if (scan(folder)) news = news.plus(ticker.since(scanned));
                progress.run();
            }
        } catch (IOException e) {
            note(inWords(e));
        } catch (RuntimeException e) { // would end the schedule
            log.error("Scanning {} failed", root, e);
        } finally {
            progress.end();
            firstLook.countDown();
            onChange.run();
        }
        return ticker.since(begun).minus(news);
    }

    /** @return whether something was new */
    private boolean scan(Path folder) {
        try {
            Scan before = scans.get(folder);
            if (before == null) {
                Map<String, RememberedFile> remembered = store.load(folder);
                before = remembered.isEmpty() ? Scan.NONE : Scan.remembered(remembered);
            }
            Scan after = scanner.scan(String.valueOf(folder.getFileName()), folder, Selection.DEFAULT, before);
            if (after.equals(scans.put(folder, after))) return false;
            publish();
            store.save(folder, before.known(), after.known());
            return true;
        } catch (IOException e) {
            logOnce(folder + " cannot be read: " + e);
            return false;
        }
    }

    private void publish() {
        SortedMap<Path, Run> now = new TreeMap<>(scans.entrySet().stream()
                .filter(e ->
                        e.getValue().recognised().filter(Recognition::isRun).isPresent())
                .collect(toMap(Map.Entry::getKey, e -> e.getValue().run())));
        if (now.equals(runs)) return;
        runs = now;
        onChange.run();
    }

    /** Storage comes and goes: both are logged, each time. */
    private void note(@Nullable String now) {
        if (now != null && !now.equals(failure))
            log.warn("Root {} cannot be read: {}; what it holds is not shown, or as it was, until it can", root, now);
        if (now == null && failure != null) log.info("Root {} can be read again", root);
        failure = now;
    }

    /** Without the path. */
    private static String inWords(IOException e) {
        if (e instanceof NoSuchFileException) return "there is no such folder";
        if (e instanceof AccessDeniedException) return "it may not be read";
        return e instanceof FileSystemException known && known.getReason() != null
                ? known.getReason()
                : e.getClass().getSimpleName();
    }

    private void logOnce(String message) {
        if (logged.add(message)) log.warn(message);
    }

    /** Folders that are runs, as their files' names suggest. */
    static Set<Path> runsBelow(Path root) throws IOException {
        return Found.below(root).runs;
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    /** What a walk through the root met. */
    private static final class Found extends SimpleFileVisitor<Path> {
        final Set<Path> runs = new TreeSet<>();
        private final Map<Path, Integer> files = new HashMap<>();
        final Set<Path> unreadable = new HashSet<>();
        final Set<String> problems = new TreeSet<>();

        /** Why the root cannot be read. */
        @Nullable
        String failure;

        private final Path root;
        private final Deque<Level> levels = new ArrayDeque<>();

        /** What is known of a folder while the walk is below it. */
        private static final class Level {
            /** The number of names that are looked at together each time another is met. */
            private static final int FEW = 16;

            /** The files whose names suggest a run, until they are one: of thousands the first mostly are. */
            private final List<String> names = new ArrayList<>();

            private boolean run;

            /** The files that may be snapshots. */
            int files;

            /** The folders that hold weights and no runs: checkpoints, if their names say so. */
            final List<String> checkpoints = new ArrayList<>();

            boolean weights;

            void see(String name) {
                if (Recognition.mayBeSnapshot(name)) files++;
                if (!weights) weights = WeightsPath.mayBeWeights(name);
                if (run || !Recognition.suggestsARun(name)) return;
                names.add(name);
                run = names.size() <= FEW && Recognition.isRun(names);
            }

            boolean isRun() {
                return run || Recognition.isRun(names) || CheckpointFolders.areRun(checkpoints);
            }
        }

        private Found(Path root) {
            this.root = root;
        }

        static Found below(Path root) throws IOException {
            Found found = new Found(root);
            Files.walkFileTree(root, Set.of(), MAX_DEPTH + 1, found);
            return found;
        }

        /** Of all runs, about. */
        long files() {
            return runs.stream().mapToLong(run -> files.getOrDefault(run, 0)).sum();
        }

        boolean isUnreadable(Path folder) {
            return unreadable.stream().anyMatch(folder::startsWith);
        }

        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            boolean hidden = String.valueOf(folder.getFileName()).startsWith(".");
            if (hidden && !folder.equals(root)) return FileVisitResult.SKIP_SUBTREE;
            levels.push(new Level());
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.equals(root)) failure = "it is no folder";
            String name = String.valueOf(file.getFileName());
            if (!levels.isEmpty()) levels.element().see(name);
            if (attributes.isSymbolicLink() && Files.isDirectory(file)) {
                problems.add(
                        file + " is a link to a folder and is not followed; name the folder in phema.roots instead");
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e) {
            Level level = levels.pop();
            if (level.isRun()) {
                runs.add(folder);
                files.put(folder, Math.max(level.files, level.checkpoints.size()));
            }
            if (runs.contains(folder.resolve("model")))
                for (String state : WeightsPath.STATE_FOLDERS) removeBelow(folder.resolve(state));
            if (levels.isEmpty()) return FileVisitResult.CONTINUE;
            levels.element().weights |= level.weights;
            String name = String.valueOf(folder.getFileName());
            if (level.weights
                    && CheckpointName.parse(name).isPresent()
                    && runs.stream().noneMatch(run -> run.startsWith(folder)))
                levels.element().checkpoints.add(name);
            return FileVisitResult.CONTINUE;
        }

        private void removeBelow(Path folder) {
            runs.removeIf(run -> run.startsWith(folder));
        }

        @Override
        public FileVisitResult visitFileFailed(Path path, IOException e) {
            if (path.equals(root)) failure = inWords(e);
            else problems.add(path + " cannot be read: " + e);
            if (!(e instanceof NoSuchFileException)) unreadable.add(path);
            return FileVisitResult.CONTINUE;
        }
    }
}
