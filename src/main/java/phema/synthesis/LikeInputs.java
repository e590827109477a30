package phema.synthesis;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
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
import phema.profile.Impulse;

/**
 * Lays out outputs like the files of their run, so that the trainer's own loader takes them. Keeps what it read of the
 * latest files, because clients ask for one range after the other. Safe for use by many threads.
 */
final class LikeInputs {
    private static final int KEPT = 8;

    private final Predicate<Path> mayRead;
    private final SideFiles sideFiles;
    private final Map<List<FilePart>, Optional<OriginalFile>> originals = LatestMap.of(KEPT);

    /** @param mayRead asked with the real path of each file */
    LikeInputs(Predicate<Path> mayRead) {
        this.mayRead = mayRead;
        sideFiles = new SideFiles(mayRead);
    }

    /**
     * A checkpoint that outputs are to be like.
     *
     * @param template with what is copied behind its own files
     * @param weights by their names there, the template's tensors
     * @param folder where the checkpoint is one
     * @param beside what the folder holds that loaders want, by name
     */
    record LikenedFile(
            WeightFile template,
            OriginalFile original,
            Map<String, Tensor> weights,
            Optional<CheckpointFolder> folder,
            SequencedMap<String, Layout.Segment> beside) {
        /**
         * The files of an output; those of a folder have paths for names.
         *
         * @param baseName of the file, or of the folder; without one, a folder's files have the paths that they have in
         *     it
         * @throws IllegalArgumentException when the format cannot hold what is asked for; the message is for the user
         */
        List<Layout> layout(String baseName, OutputOptions options, Map<String, String> metadata) {
            if (folder.isEmpty())
                return original.layout(baseName, weights, options::dtype, metadata, options.shardSize());
            String begin = baseName.isEmpty() ? "" : baseName + "/";
            SequencedMap<String, Layout> files = new LinkedHashMap<>();
            beside.forEach((name, content) -> files.put(name, new Layout(begin + name, List.of(content))));
            String place = folder.get().weights().firstEntry().getValue();
            for (Layout file :
                    original.layout(original.baseName(), weights, options::dtype, metadata, options.shardSize()))
                files.putLast(place + file.fileName(), new Layout(begin + place + file.fileName(), file.segments()));
            return List.copyOf(files.values()); // an index may have the name of anything
        }

        /** What outputs have or lack, one sentence each. */
        List<String> notices() {
            return folder.map(CheckpointFolder::notices).orElse(List.of());
        }
    }

    /**
     * The template's file; empty where outputs are like it when they hold the template's tensors and nothing else.
     *
     * @throws Problem when the file has changed since it was indexed
     */
    Optional<LikenedFile> of(Run run, WeightFile template) {
        return original(template).flatMap(original -> {
            Map<String, Tensor> weights = weights(run, original, template);
            Optional<CheckpointFolder> checkpoint = folder(run, template);
            return checkpoint.isEmpty() && original.isFlat(weights)
                    ? Optional.empty()
                    : Optional.of(likened(original, weights, checkpoint, template));
        });
    }

    /** What the file holds that is written with the template's tensors. */
    private static Map<String, Tensor> weights(Run run, OriginalFile original, WeightFile template) {
        List<WeightFile> groups = run.snapshots().stream()
                .map(Snapshot::file)
                .filter(file -> file.path().equals(original.file().path()))
                .toList();
        return StoredNames.weights(original.file(), groups, template);
    }

    private LikenedFile likened(
            OriginalFile original,
            Map<String, Tensor> weights,
            Optional<CheckpointFolder> folder,
            WeightFile template) {
        List<FilePart> copied = new ArrayList<>();
        SequencedMap<String, Layout.Segment> beside = new LinkedHashMap<>();
        for (CheckpointFolder.SideFile side : folder.map(CheckpointFolder::sideFiles).orElse(List.of()))
            try {
                if (Files.size(side.file()) <= SideFileNames.SMALL) {
                    beside.put(side.name(), new Layout.Literal(sideFiles.read(side.file())));
                    continue;
                }
                FilePart part = sideFiles.part(side.file());
                int index = template.parts().size() + copied.size();
                beside.put(side.name(), new Layout.Verbatim(index, 0, part.size()));
                copied.add(part);
            } catch (IOException e) {
                throw unreadable(side.file(), e);
            }
        folder.map(CheckpointFolder::texts)
                .orElse(Map.of())
                .forEach((name, text) ->
                        beside.put(name, new Layout.Literal(text.getBytes(StandardCharsets.UTF_8))));
        return new LikenedFile(
                copied.isEmpty() ? template : template.followedBy(copied), original, weights, folder, beside);
    }

    private Optional<CheckpointFolder> folder(Run run, WeightFile template) {
        List<Path> files =
                run.snapshots().stream().map(snapshot -> snapshot.file().path()).toList();
        double time = run.snapshots().stream()
                .filter(snapshot -> snapshot.file().path().equals(template.path()))
                .findFirst()
                .map(Snapshot::time)
                .orElse(Double.NaN);
        Path raw = run.snapshots().stream()
                .filter(snapshot -> snapshot.time() == time && snapshot.profile() instanceof Impulse)
                .map(snapshot -> snapshot.file().path())
                .findFirst()
                .orElse(template.path());
        try {
            return CheckpointFolder.of(run.folder(), files, template.path(), raw, mayRead);
        } catch (IOException e) {
            throw Problem.unprocessable(template.path() + ": the folder cannot be read (" + e + ")");
        }
    }

    /** What Transformers loads beside weights, by name; empty where it could not load them. */
    SequencedMap<String, byte[]> ofTransformers(Run run, WeightFile template) {
        try {
            return contents(CheckpointFolder.ofTransformers(run.folder(), template.path()));
        } catch (IOException e) {
            throw Problem.unprocessable(template.path() + ": the folder cannot be read (" + e + ")");
        }
    }

    private SequencedMap<String, byte[]> contents(List<CheckpointFolder.SideFile> sides) {
        SequencedMap<String, byte[]> beside = new LinkedHashMap<>();
        for (CheckpointFolder.SideFile side : sides)
            try {
                beside.put(side.name(), sideFiles.read(side.file()));
            } catch (IOException e) {
                throw unreadable(side.file(), e);
            }
        return beside;
    }

    private static Problem unreadable(Path file, IOException e) {
        return Problem.unprocessable(
                e instanceof FormatException ? String.valueOf(e.getMessage()) : file + ": cannot be read (" + e + ")");
    }

    private Optional<OriginalFile> original(WeightFile template) {
        @Nullable Optional<OriginalFile> known = originals.get(template.parts());
        if (known != null) return known;
        try {
            Optional<OriginalFile> read = WeightFiles.original(template, mayRead);
            requireUnchanged(template);
            originals.put(template.parts(), read);
            return read;
        } catch (IOException e) {
            requireUnchanged(template);
            throw unreadable(template.path(), e);
        }
    }

    private void requireUnchanged(WeightFile template) {
        boolean unchanged;
        try {
            unchanged = template.isUnchanged(mayRead);
        } catch (IOException e) {
            unchanged = false;
        }
        if (!unchanged) throw Problem.changed(template.path(), "has changed or is gone");
    }
}
