package phema.catalog;

import static java.util.Comparator.comparing;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import phema.catalog.Excluded.ExclusionReason;

/** Collects the files of a folder that a run does not use, and why. */
final class Exclusions {
    private static final String BEING_WRITTEN =
            ". As this is the newest checkpoint, it is taken for one that is still being written";

    private final Path folder;
    private final double newest;
    private final Set<Excluded> files = new LinkedHashSet<>();

    /** @param candidates all files of the folder that may be of use */
    Exclusions(Path folder, List<Candidate> candidates) {
        this.folder = folder;
        this.newest = candidates.stream().mapToDouble(Candidate::time).max().orElse(Double.POSITIVE_INFINITY);
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

    /** Adds one that may be for want of files that are still to come: a checkpoint's do not appear at once. */
    void addIncomplete(Candidate candidate, String why) {
        if (mayGrow(candidate)) add(candidate, ExclusionReason.GROWING, why + BEING_WRITTEN);
        else add(candidate, ExclusionReason.DIFFERENT, why);
    }

    /** The same of one that cannot be read. */
    void addUnreadable(Candidate candidate, RememberedFile.Broken broken) {
        if (broken.incomplete() && mayGrow(candidate))
            add(candidate.fileName(), ExclusionReason.GROWING, broken.message() + BEING_WRITTEN);
        else add(candidate.fileName(), ExclusionReason.BROKEN, broken.message());
    }

    private boolean mayGrow(Candidate candidate) {
        return candidate.isSharded() && candidate.time() >= newest;
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
