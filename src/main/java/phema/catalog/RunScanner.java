package phema.catalog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Predicate;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.time.Ticker;

/**
 * Finds out what a folder holds: which files are a run's snapshots, and why others are not.
 *
 * <p>A file that is still being written must not be taken. A scanner that looks again and again takes a file once its
 * size and time stamp have stayed the same for the settle time <em>by our own clock</em>, because a file server's clock
 * may be off; only at its first look at a folder does it go by the age of time stamps. A single scan cannot wait: it
 * takes every file whose structure is complete, and calls a young one that is not complete growing rather than broken.
 */
public final class RunScanner {
    /** The time that a file must stay unchanged unless configured otherwise. */
    static final Duration SETTLE = Duration.ofSeconds(10);

    /** Indexes a weight file: {@link WeightFiles#read} but for tests that count. */
    interface FileReader {
        WeightFile read(Path file, Optional<WeightFile> similar, Predicate<Path> mayRead) throws IOException;
    }

    private final FileIndexer indexer;
    private final Predicate<Path> allowed;
    private final Runnable onFile;

    private RunScanner(
            FileReader reader, Predicate<Path> allowed, Settling settling, boolean repeated, Runnable onFile) {
        indexer = new FileIndexer(reader, allowed, settling, repeated, onFile);
        this.allowed = allowed;
        this.onFile = onFile;
    }

    /** @param allowed whether the real path that a symbolic link leads to may be read */
    static RunScanner repeated(FileReader reader, Predicate<Path> allowed, Settling settling) {
        return repeated(reader, allowed, settling, () -> {});
    }

    /** @param onFile told when a file was looked at, and when it was sampled */
    static RunScanner repeated(FileReader reader, Predicate<Path> allowed, Settling settling, Runnable onFile) {
        return new RunScanner(reader, allowed, settling, true, onFile);
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
        Predicate<Path> anywhere = path -> true;
        Settling settling = new Settling(SETTLE, InstantSource.system(), Ticker.SYSTEM);
        return new RunScanner(WeightFiles::read, anywhere, settling, false, () -> {})
                .scan(name == null ? real.toString() : name.toString(), real, selection, Scan.NONE)
                .run();
    }

    /** @param before what the last scan of this folder gave; files that did not change since are not opened */
    Scan scan(String runName, Path folder, Selection selection, Scan before) throws IOException {
        FolderContent content = FolderContent.of(folder, before.known());
        if (content.isStill(before.content(), before.known(), folder, onFile)) return before;
        FolderListing listing = FolderListing.of(folder, content.names(), selection, allowed);
        return new FolderScan(indexer, folder, listing, before).scan(runName).of(content);
    }
}
