package phema.evaluation;

import static java.util.Comparator.comparing;

import jakarta.annotation.PreDestroy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;
import phema.catalog.CatalogProperties;
import phema.fleet.WorkerIdentity;
import phema.problem.Problem;
import phema.storage.FileTree;
import phema.text.ByteSize;

/**
 * Keeps weight files for evaluators, written once on this host and shared by all trials of all its processes that need
 * the same weights. Files that nobody uses are kept for a while, as the next trial may want them, and go first when
 * space is short.
 *
 * <p>A folder per file, named by the weights' identity, and beside it a file whose shared lock says that a process uses
 * it: the operating system releases the locks of processes that died. Whoever writes or deletes holds the lock of the
 * whole folder.
 */
@Component
class WeightCache {
    private static final String IN_USE = ".in-use";

    private final Path folder;
    private final long space;
    private final Duration age;
    private final InstantSource clock;
    private final ReentrantLock thread = new ReentrantLock();
    private final Map<String, Claim> claims = new HashMap<>();

    @Autowired
    WeightCache(CatalogProperties catalog, WeightsProperties settings, WorkerIdentity self, InstantSource clock) {
        this(
                catalog.home().resolve("weights").resolve(self.host()),
                settings.weightsSpace().bytes(),
                settings.weightsAge(),
                clock);
    }

    /** @param space most bytes of all files */
    WeightCache(Path folder, long space, Duration age, InstantSource clock) {
        this.folder = folder;
        this.space = space;
        this.age = age;
        this.clock = clock;
    }

    /** This process's use of a file. */
    private static final class Claim {
        final FileChannel channel;
        int uses;

        Claim(FileChannel channel) {
            this.channel = channel;
        }
    }

    /** Files that stay until it is closed. */
    final class Lease implements AutoCloseable {
        private final Map<String, Path> files;

        private Lease(Map<String, Path> files) {
            this.files = files;
        }

        Path file(EvaluationWeights weights) {
            Path file = files.get(weights.identity());
            if (file == null) throw new IllegalArgumentException("not leased");
            return file;
        }

        @Override
        public void close() {
            files.keySet().forEach(WeightCache.this::release);
        }
    }

    /**
     * Waits until there is room, and writes what is not there yet.
     *
     * @throws Problem when the space would not do even if nobody else used any, or the weights cannot be computed
     */
    Lease lease(List<EvaluationWeights> needed) throws IOException, InterruptedException {
        Map<String, EvaluationWeights> distinct = new LinkedHashMap<>();
        needed.forEach(w -> distinct.put(w.identity(), w));
        long bytes =
                distinct.values().stream().mapToLong(EvaluationWeights::size).sum();
        if (bytes > space)
            throw Problem.unprocessable("the weights need %s, %s more than phema.worker.weights-space allows; raise it"
                    .formatted(ByteSize.print(bytes), ByteSize.print(bytes - space)));
        while (true) {
            try (HostLock lock = new HostLock()) {
                if (makeRoom(distinct)) return writeOnFullDisk(distinct);
            }
            Thread.sleep(1000); // of other processes nothing tells when they have done with a file
        }
    }

    /** The disk may have less room than the settings allow: then what nobody uses gives way. */
    private Lease writeOnFullDisk(Map<String, EvaluationWeights> needed) throws IOException {
        try {
            return write(needed);
        } catch (Problem e) {
            if (e.kind() != Problem.ProblemKind.STORAGE_FULL) throw e;
            boolean removed = false;
            for (Path own : folders()) {
                String identity = String.valueOf(own.getFileName());
                if (needed.containsKey(identity) || isInUse(identity)) continue;
                remove(own);
                removed = true;
            }
            if (!removed) throw e;
            return write(needed);
        }
    }

    private Lease write(Map<String, EvaluationWeights> needed) throws IOException {
        Lease lease = new Lease(new LinkedHashMap<>());
        try {
            for (EvaluationWeights weights : needed.values()) {
                Path own = folder.resolve(weights.identity());
                Path file = weights.in(own);
                if (!Files.exists(file)) {
                    FileTree.delete(own);
                    try {
                        weights.write(own);
                    } catch (IOException | RuntimeException e) {
                        FileTree.delete(own);
                        throw e;
                    }
                }
                claim(weights.identity());
                lease.files.put(weights.identity(), file);
            }
            return lease;
        } catch (IOException | RuntimeException e) {
            lease.close();
            throw e;
        }
    }

    /** Deletes unused files, the longest unused first, until the needed ones fit. @return whether they do */
    private boolean makeRoom(Map<String, EvaluationWeights> needed) throws IOException {
        long used = 0;
        List<Path> unused = new ArrayList<>();
        for (Path own : folders()) {
            String identity = String.valueOf(own.getFileName());
            if (needed.containsKey(identity)) continue;
            used += size(own);
            if (!isInUse(identity)) unused.add(own);
        }
        unused.sort(comparing(WeightCache::modified));
        long room = space
                - needed.values().stream().mapToLong(EvaluationWeights::size).sum();
        for (Path own : unused) {
            if (used <= room && modified(own).isAfter(clock.instant().minus(age))) continue;
            used -= size(own);
            remove(own);
        }
        return used <= room;
    }

    /** Removes what nobody has used for a while. */
    void tidy() throws IOException {
        if (!Files.isDirectory(folder)) return;
        try (HostLock lock = new HostLock()) {
            makeRoom(Map.of());
        }
    }

    /** Leaves only what other processes use. */
    @PreDestroy
    void clear() throws IOException {
        if (!Files.isDirectory(folder)) return;
        try (HostLock lock = new HostLock()) {
            for (Path own : folders()) if (!isInUse(String.valueOf(own.getFileName()))) remove(own);
        }
    }

    private void claim(String identity) throws IOException {
        synchronized (claims) {
            Claim claim = claims.get(identity);
            if (claim == null) {
                FileChannel channel = FileChannel.open(
                        inUse(identity), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                channel.lock(0, Long.MAX_VALUE, true);
                claim = new Claim(channel);
                claims.put(identity, claim);
            }
            claim.uses++;
        }
    }

    private void release(String identity) {
        synchronized (claims) {
            Claim claim = claims.get(identity);
            if (claim == null || --claim.uses > 0) return;
            claims.remove(identity);
            try {
                Files.setLastModifiedTime(folder.resolve(identity), FileTime.from(clock.instant()));
                claim.channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private boolean isInUse(String identity) throws IOException {
        synchronized (claims) {
            if (claims.containsKey(identity)) return true;
        }
        try (FileChannel channel = FileChannel.open(inUse(identity), StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            return lock == null;
        } catch (NoSuchFileException nobodyEverClaimed) {
            return false;
        }
    }

    private Path inUse(String identity) {
        return folder.resolve(identity + IN_USE);
    }

    private void remove(Path own) throws IOException {
        FileTree.delete(own);
        Files.deleteIfExists(inUse(String.valueOf(own.getFileName())));
    }

    private List<Path> folders() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(Files::isDirectory).toList();
        }
    }

    private static Instant modified(Path own) {
        try {
            return Files.getLastModifiedTime(own).toInstant();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long size(Path own) throws IOException {
        try (Stream<Path> files = Files.walk(own)) {
            long bytes = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) bytes += Files.size(file);
            return bytes;
        }
    }

    /** One thread of one process of this host at a time. */
    private final class HostLock implements AutoCloseable {
        private final FileChannel channel;

        HostLock() throws IOException {
            thread.lock();
            try {
                Files.createDirectories(folder);
                channel =
                        FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                channel.lock();
            } catch (IOException | RuntimeException e) {
                thread.unlock();
                throw e;
            }
        }

        @Override
        public void close() throws IOException {
            try {
                channel.close();
            } finally {
                thread.unlock();
            }
        }
    }
}
