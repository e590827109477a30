package phema.catalog;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import phema.format.FormatException;

/**
 * Lists a folder: which files are meant to be a run's snapshots.
 *
 * @param notices about names that lead to nothing that may be read; one line each
 */
record FolderListing(Recognition recognition, List<String> notices) {
    FolderListing {
        notices = List.copyOf(notices);
    }

    /** @param mayRead whether the real path that a symbolic link leads to may be read */
    static FolderListing of(Path folder, Selection selection, Predicate<Path> mayRead) throws IOException {
        List<String> notices = new ArrayList<>();
        List<String> names = names(folder);
        Recognition recognition = names.contains(Manifest.FILE_NAME)
                ? byManifest(folder, names, selection, mayRead, notices)
                : Recognition.of(readable(folder, names, Recognition::mayBeSnapshot, mayRead, notices), selection);
        return new FolderListing(recognition, notices);
    }

    private static Recognition byManifest(
            Path folder, List<String> names, Selection selection, Predicate<Path> mayRead, List<String> notices)
            throws IOException {
        Path file = folder.resolve(Manifest.FILE_NAME);
        try {
            Manifest manifest = Manifest.read(file, mayRead);
            return manifest.recognise(readable(folder, names, manifest::names, mayRead, notices), selection);
        } catch (FormatException e) {
            return Recognition.withoutManifest(String.valueOf(e.getMessage()));
        } catch (FileSystemException e) {
            if (!Files.isSymbolicLink(file)) throw e; // storage that failed, not a link in a circle
            return Recognition.withoutManifest(String.valueOf(e.getMessage()));
        }
    }

    private static List<String> names(Path folder) throws IOException {
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
    private static List<String> readable(
            Path folder, List<String> names, Predicate<String> wanted, Predicate<Path> mayRead, List<String> notices)
            throws IOException {
        List<String> readable = new ArrayList<>();
        for (String name : names) {
            Path file = folder.resolve(name);
            if (!wanted.test(name)) continue;
            if (Files.isSymbolicLink(file) && Files.notExists(file))
                notices.add(name + " is a link to a file that does not exist and is ignored.");
            if (!Files.isRegularFile(file)) continue;
            if (leadsOutside(file, mayRead))
                notices.add(name + " is a link that leads outside of phema.roots and is ignored.");
            else readable.add(name);
        }
        return readable;
    }

    private static boolean leadsOutside(Path entry, Predicate<Path> mayRead) throws IOException {
        try {
            return Files.isSymbolicLink(entry) && !mayRead.test(entry.toRealPath());
        } catch (FileSystemException e) { // it leads nowhere, or in circles
            return true;
        }
    }
}
