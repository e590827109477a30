package phema.hub;

import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import phema.digest.Digest;

/**
 * Describes one set of weights and what comes with it.
 *
 * @param sha 40 hex digits over the names and identities of all files, and so over everything that determines their
 *     bytes
 * @param title what was asked for, in one line
 * @param date when the newest of the files that it is computed from was written
 * @param files by path
 */
record Commit(String sha, String title, Instant date, SortedMap<String, RepositoryEntry> files) {
    private static final String VERSION = "phema-commit-1";

    Commit {
        files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
    }

    static Commit of(String run, String title, Instant date, Collection<RepositoryEntry> entries) {
        SortedMap<String, RepositoryEntry> files = new TreeMap<>();
        entries.forEach(entry -> files.put(entry.path(), entry));
        Digest digest = Digest.sha256().add(VERSION + "\0" + run + "\0");
        files.values()
                .forEach(file -> digest.add(file.path() + "\0" + file.content().identity() + "\0"));
        return new Commit(digest.hex(40), title, date, files);
    }

    /** @throws HubError when the commit has no such file */
    RepositoryEntry file(String path) {
        RepositoryEntry entry = files.get(path);
        if (entry == null)
            throw HubError.noEntry(
                    this,
                    "Commit " + sha + " (" + title + ") has no file " + path + "; there are "
                            + String.join(", ", files.keySet()));
        return entry;
    }
}
