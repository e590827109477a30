package phema.synthesis;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import phema.format.Layout;
import phema.problem.Problem;
import phema.storage.PendingFile;

/** Lets the files of a folder appear under their names all together, when all are complete; before that, none. */
final class FilePublisher implements AutoCloseable {
    private static final Pattern FULL =
            Pattern.compile("(?i)no space left|not enough space|out of disk space|quota exceeded");

    /** The name of the file that makes a folder a distributed checkpoint. */
    private static final String METADATA = ".metadata";

    /** The end of the names of its data. */
    private static final String DATA = ".distcp";

    private final Path folder;
    private final boolean overwrite;
    private final List<PendingFile> files = new ArrayList<>();

    /** The folders that were made for files in folders of their own. */
    private final List<Path> created = new ArrayList<>();

    /** What belongs to the checkpoints that are written over, and not to those in their place. */
    private final List<Path> stale = new ArrayList<>();

    private boolean published;

    /** @param overwrite whether existing files may be replaced; else a {@link Problem} */
    FilePublisher(Path folder, boolean overwrite) {
        this.folder = folder;
        this.overwrite = overwrite;
    }

    /** Creates the folder where it does not exist, and sees to it that these files can be written. */
    void prepare(List<Layout> layouts) throws IOException {
        Files.createDirectories(folder);
        DiskSpace.require(folder, layouts.stream().mapToLong(Layout::size).sum());
        if (!overwrite)
            for (Layout file : layouts)
                if (Files.exists(folder.resolve(file.fileName()))) throw exists(folder.resolve(file.fileName()));
        Set<Path> own =
                layouts.stream().map(file -> folder.resolve(file.fileName())).collect(Collectors.toSet());
        for (Path file : own) if (String.valueOf(file.getFileName()).equals(METADATA)) findStale(file, own);
    }

    /** With data of another checkpoint beside it, a distributed checkpoint is not read. */
    private void findStale(Path metadata, Set<Path> own) throws IOException {
        Path parent = metadata.getParent();
        if (parent == null || !Files.isDirectory(parent)) return;
        try (Stream<Path> files = Files.list(parent)) {
            for (Path file : files.toList()) {
                if (own.contains(file) || !String.valueOf(file.getFileName()).endsWith(DATA)) continue;
                if (!Files.exists(metadata))
                    throw Problem.conflict(file + " is there, which is of another checkpoint; the new one could not be"
                            + " read beside it. Move it away, or choose another folder");
                stale.add(file);
            }
        }
    }

    /** A file to fill, under a name that nobody looks for. */
    PendingFile begin(String fileName) throws IOException {
        Path path = folder.resolve(fileName);
        for (Path parent = path.getParent();
                parent != null && !parent.equals(folder) && !Files.exists(parent);
                parent = parent.getParent()) created.add(parent);
        if (path.getParent() != null) Files.createDirectories(path.getParent());
        PendingFile file = new PendingFile(path);
        files.add(file);
        return file;
    }

    /** Brings to disk what is filled. */
    void complete() throws IOException {
        for (PendingFile file : files) file.complete();
    }

    void publish() throws IOException {
        for (PendingFile file : files) {
            try {
                file.publish(overwrite);
            } catch (FileAlreadyExistsException e) {
                throw exists(file.path());
            }
        }
        for (Path file : stale) Files.deleteIfExists(file);
        published = true;
    }

    private static Problem exists(Path file) {
        return Problem.conflict(file + " exists");
    }

    /** What to tell the user when the disk ran full while files were filled or published. */
    Problem full(IOException e) {
        return Problem.storageFull(
                folder + ": the disk is full; nothing was kept. Make room, or choose another folder", e);
    }

    /** NIO has no type for it, only the words of POSIX, Windows and file systems of their own. */
    static boolean isFull(IOException e) {
        return FULL.matcher(String.valueOf(e.getMessage())).find();
    }

    /** Discards what was not published. */
    @Override
    public void close() throws IOException {
        for (PendingFile file : files) file.close();
        if (published) return;
        created.sort(Comparator.reverseOrder());
        for (Path folder : created)
            try {
                Files.deleteIfExists(folder);
            } catch (DirectoryNotEmptyException others) {
                continue; // somebody else's files, or those that were published before something went wrong
            }
    }
}
