package phema.evaluation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;
import phema.catalog.CatalogProperties;
import phema.fleet.WorkerIdentity;
import phema.storage.FileTree;

/**
 * Gives each evaluation of a command a folder to work in, and removes those that killed processes of this host left.
 *
 * <p>A file beside each folder is locked by the process whose folder it is: the operating system releases the locks of
 * processes that died. It names the program that works there, which may outlive that process.
 */
@Component
class TrialFolders {
    private static final Logger log = LoggerFactory.getLogger(TrialFolders.class);
    private static final String IN_USE = ".in-use";
    private static final int LONGEST = 100;

    private static final Pattern PROGRAM = Pattern.compile("(\\d{1,18}) (\\d{1,18})\n");

    /** The most by which two looks at one process differ in when it began. */
    private static final Duration SAME_START = Duration.ofSeconds(2);

    /** The files that are locked here: a process that opens and closes one once more loses its lock. */
    private static final Set<Path> OURS = new HashSet<>();

    private final Path folder;

    @Autowired
    TrialFolders(CatalogProperties catalog, WorkerIdentity self) {
        this(catalog.home().resolve("trials").resolve(self.host()).toAbsolutePath());
    }

    TrialFolders(Path folder) {
        this.folder = folder;
    }

    /** A folder that goes when it is closed. */
    static final class TrialFolder implements AutoCloseable {
        private final Path inUse;
        private final FileChannel claim;

        private TrialFolder(Path inUse, FileChannel claim) {
            this.inUse = inUse;
            this.claim = claim;
        }

        Path path() {
            return folder(inUse);
        }

        /** Keeps the folder for as long as the program runs, whatever becomes of this process. */
        void worksFor(ProcessHandle program) {
            long start =
                    program.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
            byte[] line = (program.pid() + " " + start + "\n").getBytes(StandardCharsets.US_ASCII);
            try {
                claim.write(ByteBuffer.wrap(line), 0);
            } catch (IOException e) {
                log.warn("{} cannot be written: {}", inUse, e.toString());
            }
        }

        @Override
        public void close() throws IOException {
            try {
                FileTree.delete(path());
                Files.deleteIfExists(inUse);
            } finally {
                synchronized (OURS) {
                    claim.close();
                    OURS.remove(inUse);
                }
            }
        }
    }

    /** @param name the beginning of its own */
    TrialFolder make(String name) throws IOException {
        Files.createDirectories(folder);
        while (true) {
            TrialFolder made = claim(name);
            // Until it is locked, another process may take it for one that was left.
            if (isLocked(made.claim) && Files.exists(made.inUse)) return made;
            made.close();
        }
    }

    private TrialFolder claim(String name) throws IOException {
        synchronized (OURS) {
            Path path = Files.createTempDirectory(folder, name + "-");
            Path inUse = path.resolveSibling(path.getFileName() + IN_USE);
            FileChannel claim = FileChannel.open(inUse, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            OURS.add(inUse);
            return new TrialFolder(inUse, claim);
        }
    }

    private static boolean isLocked(FileChannel claim) {
        try {
            return claim.tryLock() != null;
        } catch (IOException noLocksHere) {
            return true; // as nobody else can lock it either
        }
    }

    /** Removes the folders of processes that were killed, but those that their programs still work in. */
    void clear() throws IOException {
        if (!Files.isDirectory(folder)) return;
        List<Path> all;
        try (Stream<Path> files = Files.list(folder)) {
            all = files.filter(file -> file.toString().endsWith(IN_USE)).toList();
        }
        all.forEach(TrialFolders::clear);
    }

    private static void clear(Path inUse) {
        synchronized (OURS) {
            if (!OURS.add(inUse)) return;
        }
        try (FileChannel claim = FileChannel.open(inUse, StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileLock lock = claim.tryLock()) {
            if (lock != null && !isWorkedIn(claim)) {
                FileTree.delete(folder(inUse));
                Files.deleteIfExists(inUse);
                log.info("{} is deleted, which a process that was killed left", folder(inUse));
            }
        } catch (NoSuchFileException done) {
            // so there is nothing left
        } catch (IOException | UncheckedIOException e) {
            log.warn("{} is left, and not looked at again by this process: {}", folder(inUse), e.toString());
            return;
        }
        synchronized (OURS) {
            OURS.remove(inUse);
        }
    }

    private static boolean isWorkedIn(FileChannel claim) throws IOException {
        ByteBuffer line = ByteBuffer.allocate(LONGEST);
        claim.read(line, 0);
        Matcher program = PROGRAM.matcher(new String(line.array(), 0, line.position(), StandardCharsets.US_ASCII));
        if (!program.matches()) return false;
        Instant start = Instant.ofEpochMilli(Long.parseLong(program.group(2)));
        return ProcessHandle.of(Long.parseLong(program.group(1)))
                .filter(ProcessHandle::isAlive)
                .map(alive -> alive.info().startInstant().orElse(start))
                .filter(began -> Duration.between(start, began).abs().compareTo(SAME_START) < 0)
                .isPresent();
    }

    private static Path folder(Path inUse) {
        String name = String.valueOf(inUse.getFileName());
        return inUse.resolveSibling(name.substring(0, name.length() - IN_USE.length()));
    }
}
