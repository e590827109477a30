package phema.catalog;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import phema.format.FileStamp;

/**
 * Tells whether a look at a folder would find what the last one did: the same names, none of a folder or a link, and
 * no file changed that a scan reads. That costs one question to the file system for each file, and nothing else.
 *
 * @param names of all that it holds, in order
 * @param others stamps of regular files that are not known as weights: of what trainers and users state beside them,
 *     and {@link FileStamp#UNKNOWN} of those whose content means nothing
 */
record FolderContent(List<String> names, Map<String, FileStamp> others) {
    static final FolderContent NONE = new FolderContent(List.of(), Map.of());

    /**
     * What a folder holds now, to be asked for before any of it is read.
     *
     * @param known what the last scan knew of the folder's files
     */
    static FolderContent of(Path folder, Map<String, RememberedFile> known) throws IOException {
        List<String> names = FolderListing.names(folder);
        Map<String, FileStamp> others = new HashMap<>();
        for (String name : names) {
            if (known.containsKey(name)) continue;
            FileStamp.ofPlain(folder.resolve(name))
                    .ifPresent(stamp -> others.put(name, isRead(name) ? stamp : FileStamp.UNKNOWN));
        }
        return new FolderContent(names, Map.copyOf(others));
    }

    private static boolean isRead(String name) {
        return name.endsWith(".json") || name.endsWith(".yaml") || name.endsWith(".yml");
    }

    /**
     * Whether a scan would find what the last one has found.
     *
     * @param before of the last scan
     * @param known what that knew in the end, the same as this was asked for with
     * @param onFile told when a file was looked at
     */
    boolean isStill(FolderContent before, Map<String, RememberedFile> known, Path folder, Runnable onFile) {
        if (known.isEmpty() || !names.equals(before.names)) return false;
        // One that storage does not answer for holds up no other, and the rest need not be asked for after a change.
        AtomicBoolean changed = new AtomicBoolean();
        names.parallelStream().forEach(name -> {
            if (changed.get()) return;
            @Nullable RememberedFile file = known.get(name);
            if (!(file == null ? isStill(name, before) : isStill(folder, name, file))) changed.set(true);
            onFile.run();
        });
        return !changed.get();
    }

    private boolean isStill(String name, FolderContent before) {
        @Nullable FileStamp now = others.get(name);
        return now != null && now.equals(before.others.get(name));
    }

    private static boolean isStill(Path folder, String name, RememberedFile known) {
        try {
            Optional<FileStamp> now = FileStamp.ofPlain(folder.resolve(name));
            return now.isPresent() && known.stamp().equals(now.get()) && known.isFinal(name);
        } catch (IOException e) {
            return false;
        }
    }
}
