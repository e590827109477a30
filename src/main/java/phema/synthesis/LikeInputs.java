package phema.synthesis;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.catalog.StoredNames;
import phema.format.FilePart;
import phema.format.FormatException;
import phema.format.Layout;
import phema.format.OriginalFile;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;

/**
 * Lays out outputs like the files of their run, so that the trainer's own loader takes them. Keeps what it read of the
 * latest files, because clients ask for one range after the other. Safe for use by many threads.
 */
final class LikeInputs {
    private static final int KEPT = 8;

    private final Predicate<Path> mayRead;
    private final Map<List<FilePart>, Optional<OriginalFile>> originals =
            Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<List<FilePart>, Optional<OriginalFile>> eldest) {
                    return size() > KEPT;
                }
            });

    /** @param mayRead asked with the real path of each file */
    LikeInputs(Predicate<Path> mayRead) {
        this.mayRead = mayRead;
    }

    /**
     * A file that outputs are to be like.
     *
     * @param weights by their names there, the template's tensors
     */
    record LikenedFile(OriginalFile original, Map<String, Tensor> weights) {
        /** @throws IllegalArgumentException when the format cannot hold what is asked for; the message is for the user */
        List<Layout> layout(String baseName, OutputOptions options, Map<String, String> metadata) {
            return original.layout(baseName, weights, options::dtype, metadata, options.shardSize());
        }
    }

    /**
     * The template's file; empty where outputs are like it when they hold the template's tensors and nothing else.
     *
     * @throws Problem when the file has changed since it was indexed
     */
    Optional<LikenedFile> of(Run run, WeightFile template) {
        return original(template).flatMap(original -> {
            List<WeightFile> groups = run.snapshots().stream()
                    .map(Snapshot::file)
                    .filter(file -> file.path().equals(template.path()))
                    .toList();
            Map<String, Tensor> byName = new HashMap<>();
            for (Tensor tensor : template.tensors()) byName.put(tensor.name(), tensor);
            Map<String, Tensor> weights = new HashMap<>();
            StoredNames.of(original.file(), groups)
                    .forEach((stored, name) ->
                            Optional.ofNullable(byName.get(name)).ifPresent(tensor -> weights.put(stored, tensor)));
            return original.isFlat(weights) ? Optional.empty() : Optional.of(new LikenedFile(original, weights));
        });
    }

    private Optional<OriginalFile> original(WeightFile template) {
        @Nullable Optional<OriginalFile> known = originals.get(template.parts());
        if (known != null) return known;
        try {
            Optional<OriginalFile> read = WeightFiles.original(template.path(), mayRead);
            requireUnchanged(template);
            originals.put(template.parts(), read);
            return read;
        } catch (IOException e) {
            requireUnchanged(template);
            throw Problem.unprocessable(
                    e instanceof FormatException
                            ? String.valueOf(e.getMessage())
                            : template.path() + ": cannot be read (" + e + ")");
        }
    }

    private static void requireUnchanged(WeightFile template) {
        boolean unchanged;
        try {
            unchanged = template.isUnchanged();
        } catch (IOException e) {
            unchanged = false;
        }
        if (!unchanged)
            throw Problem.conflict(
                    template.path() + " has changed or is gone since it was indexed; rescan the run and ask again");
    }
}
