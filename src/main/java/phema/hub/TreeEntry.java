package phema.hub;

import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import phema.digest.Digest;

/**
 * Describes a file or a folder of a commit, in the hub's JSON.
 *
 * @param type {@code file} or {@code directory}
 * @param size in bytes, 0 for folders
 */
record TreeEntry(
        String type,
        String oid,
        long size,
        String path,
        @Nullable Lfs lfs,
        @Nullable LastCommit lastCommit) {
    /** Names the commit from which all its files come. */
    record LastCommit(String id, String title, Instant date) {}

    /**
     * What a folder holds.
     *
     * @param folder path without a slash at its end; empty for the whole
     * @param recursive whether what lies in folders below comes too
     * @param expand whether to tell the last commit
     * @throws HubError when there is no such folder
     */
    static List<TreeEntry> in(Commit commit, String folder, boolean recursive, boolean expand) {
        String prefix = folder.isEmpty() ? "" : folder + "/";
        SortedMap<String, TreeEntry> entries = new TreeMap<>();
        for (String path : commit.files().keySet()) {
            if (!path.startsWith(prefix)) continue;
            for (int slash = path.indexOf('/', prefix.length()); slash > 0; slash = path.indexOf('/', slash + 1)) {
                String below = path.substring(0, slash);
                entries.put(below, folder(commit, below, expand));
                if (!recursive) break;
            }
            if (recursive || path.indexOf('/', prefix.length()) < 0) entries.put(path, file(commit, path, expand));
        }
        if (entries.isEmpty()) commit.file(folder); // complains, unless it is a file
        return List.copyOf(entries.values());
    }

    /** Those of the paths that there are, each once however often it is asked for. */
    static List<TreeEntry> at(Commit commit, List<String> paths, boolean expand) {
        return paths.stream()
                .distinct()
                .filter(path -> commit.files().containsKey(path) || isFolder(commit, path))
                .map(path -> isFolder(commit, path) ? folder(commit, path, expand) : file(commit, path, expand))
                .toList();
    }

    private static boolean isFolder(Commit commit, String path) {
        return commit.files().keySet().stream().anyMatch(p -> p.startsWith(path + "/"));
    }

    private static TreeEntry file(Commit commit, String path, boolean expand) {
        RepositoryEntry entry = commit.file(path);
        return new TreeEntry(
                "file",
                entry.oid(),
                entry.content().size(),
                path,
                entry.lfs().orElse(null),
                expand ? lastCommit(commit) : null);
    }

    private static TreeEntry folder(Commit commit, String path, boolean expand) {
        Digest digest = Digest.sha1();
        commit.files().values().stream()
                .filter(entry -> entry.path().startsWith(path + "/"))
                .forEach(entry -> digest.add(entry.path() + "\0" + entry.oid() + "\0"));
        return new TreeEntry("directory", digest.hex(), 0, path, null, expand ? lastCommit(commit) : null);
    }

    private static LastCommit lastCommit(Commit commit) {
        return new LastCommit(commit.sha(), commit.title(), commit.date());
    }
}
