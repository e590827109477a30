package phema.catalog;

import static java.util.Comparator.comparing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import phema.catalog.Excluded.ExclusionReason;

/** Collects the files of a folder that a run does not use, and why. */
final class Exclusions {
    private final Path folder;
    private final List<Excluded> files = new ArrayList<>();

    Exclusions(Path folder) {
        this.folder = folder;
    }

    /** @param why as the end of a sentence that begins with the file's name */
    void add(Candidate candidate, ExclusionReason reason, String why) {
        add(candidate.fileName(), reason, candidate.fileName() + " " + why);
    }

    /** @param message a whole sentence */
    void add(String fileName, ExclusionReason reason, String message) {
        files.add(new Excluded(fileName, folder.resolve(fileName), reason, message));
    }

    List<Excluded> byName() {
        return files.stream().sorted(comparing(Excluded::name)).toList();
    }
}
