package phema.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One set of weights and what comes with it.
 *
 * @param sha 40 hex digits over the names and identities of all files, and so over everything that determines their bytes
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
        MessageDigest digest = Digests.sha256();
        digest.update((VERSION + "\0" + run + "\0").getBytes(UTF_8));
        files.values()
                .forEach(file ->
                        digest.update((file.path() + "\0" + file.content().identity() + "\0").getBytes(UTF_8)));
        return new Commit(HexFormat.of().formatHex(digest.digest(), 0, 20), title, date, files);
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
