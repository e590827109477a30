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
 * @param sides stamps of what trainers and users state beside weights
 */
record FolderContent(List<String> names, Map<String, FileStamp> sides) {
    static final FolderContent NONE = new FolderContent(List.of(), Map.of());

    /** What a folder holds now, to be asked for before any of it is read. */
    static FolderContent of(Path folder) throws IOException {
        List<String> names = FolderListing.names(folder);
        Map<String, FileStamp> sides = new HashMap<>();
        for (String name : names) {
            if (!isSide(name)) continue;
            FileStamp.ofPlain(folder.resolve(name)).ifPresent(stamp -> sides.put(name, stamp));
        }
        return new FolderContent(names, Map.copyOf(sides));
    }

    private static boolean isSide(String name) {
        return name.endsWith(".json") || name.endsWith(".yaml") || name.endsWith(".yml");
    }

    /**
     * Whether a scan would find what the last one has found.
     *
     * @param before of the last scan
     * @param onFile told when a file was looked at
     */
    boolean isStill(FolderContent before, Map<String, RememberedFile> known, Path folder, Runnable onFile) {
        if (known.isEmpty() || !equals(before)) return false;
        // One that storage does not answer for holds up no other, and the rest need not be asked for after a change.
        AtomicBoolean changed = new AtomicBoolean();
        names.parallelStream().forEach(name -> {
            if (changed.get()) return;
            if (!isStill(folder.resolve(name), known.get(name))) changed.set(true);
            onFile.run();
        });
        return !changed.get();
    }

    private static boolean isStill(Path file, @Nullable RememberedFile known) {
        try {
            Optional<FileStamp> now = FileStamp.ofPlain(file);
            return now.isPresent() && (known == null || known.stamp().equals(now.get()) && known.isFinal());
        } catch (IOException e) {
            return false;
        }
    }
}
