package phema.catalog;

import static java.util.Comparator.comparing;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import phema.catalog.Excluded.ExclusionReason;

/** Collects the files of a folder that a run does not use, and why. */
final class Exclusions {
    private final Path folder;
    private final Set<Excluded> files = new LinkedHashSet<>();

    Exclusions(Path folder) {
        this.folder = folder;
    }

    /** @param why as the end of a sentence that begins with the file's name */
    void add(Candidate candidate, ExclusionReason reason, String why) {
        String name = candidate.name();
        add(name, candidate.fileName(), reason, name + " " + why);
    }

    /** @param message a whole sentence */
    void add(String fileName, ExclusionReason reason, String message) {
        add(fileName, fileName, reason, message);
    }

    private void add(String name, String fileName, ExclusionReason reason, String message) {
        // Readers learn names below the run's folder, and not where the service keeps it.
        String relative = message.replace(folder + folder.getFileSystem().getSeparator(), "");
        files.add(new Excluded(name, folder.resolve(fileName), reason, relative));
    }

    boolean has(ExclusionReason reason) {
        return files.stream().anyMatch(file -> file.reason() == reason);
    }

    List<Excluded> byName() {
        return files.stream().sorted(comparing(Excluded::name)).toList();
    }
}
