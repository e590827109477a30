package phema.synthesis;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.catalog.StoredNames;
import phema.format.FilePart;
import phema.format.FormatException;
import phema.format.Layout;
import phema.format.OneLine;
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
     * A file of weights that an output has, as the checkpoint has it.
     *
     * @param weights by their names there, the template's tensors
     * @param place of the file in the output: empty, or with a slash at its end
     */
    private record LikenedWeights(OriginalFile original, Map<String, Tensor> weights, String place) {
        List<Layout> layout(String baseName, OutputOptions options, Map<String, String> metadata) {
            return original.layout(baseName, weights, options::dtype, metadata, options.shardSize());
        }
    }

    /**
     * A checkpoint that outputs are to be like.
     *
     * @param template with all else that is read behind its own files
     * @param files with weights, one where the checkpoint is no folder
     * @param isFolder whether the checkpoint is one
     * @param beside what the folder holds that loaders want, by name
     * @param notices what outputs have or lack, one sentence each
     */
    record LikenedFile(
            WeightFile template,
            List<LikenedWeights> files,
            boolean isFolder,
            SequencedMap<String, Layout.Segment> beside,
            List<String> notices) {
        /**
         * The files of an output; those of a folder have paths for names.
         *
         * @param baseName of the file, or of the folder; without one, a folder's files have the paths that they have in
         *     it
         * @throws IllegalArgumentException when the format cannot hold what is asked for; the message is for the user
         */
        List<Layout> layout(String baseName, OutputOptions options, Map<String, String> metadata) {
            if (!isFolder) return files.getFirst().layout(baseName, options, metadata);
            String begin = baseName.isEmpty() ? "" : baseName + "/";
            SequencedMap<String, Layout> layouts = new LinkedHashMap<>();
            beside.forEach((name, content) -> layouts.put(name, new Layout(begin + name, List.of(content))));
            for (LikenedWeights file : files)
                for (Layout layout : file.layout(file.original.baseName(), options, metadata)) {
                    String name = file.place + layout.fileName();
                    layouts.putLast(name, new Layout(begin + name, layout.segments()));
                }
            return List.copyOf(layouts.values()); // an index may have the name of anything
        }

        /** What outputs do not hold, because only the training job itself could go on with it. */
        List<String> leftOut() {
            return files.stream()
                    .flatMap(file -> file.original.leftOut().stream())
                    .toList();
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
            if (checkpoint.isPresent()) return Optional.of(likened(run, checkpoint.get(), original, weights, template));
            return original.isFlat(weights)
                    ? Optional.empty()
                    : Optional.of(new LikenedFile(
                            template,
                            List.of(new LikenedWeights(original, weights, "")),
                            false,
                            new LinkedHashMap<>(),
                            List.of()));
        });
    }

    /** What the file holds that is written with the template's tensors. */
    private static Map<String, Tensor> weights(Run run, OriginalFile original, WeightFile template) {
        List<WeightFile> groups = files(run)
                .filter(file -> file.path().equals(original.file().path()))
                .toList();
        return StoredNames.weights(original.file(), groups, template);
    }

    private static Stream<WeightFile> files(Run run) {
        return run.snapshots().stream().map(Snapshot::file);
    }

    /** The template is followed by the checkpoint's other files of weights, and those by what is copied whole. */
    private LikenedFile likened(
            Run run, CheckpointFolder folder, OriginalFile original, Map<String, Tensor> weights, WeightFile template) {
        List<String> notices = new ArrayList<>(folder.notices());
        List<LikenedWeights> files = new ArrayList<>();
        List<FilePart> following = new ArrayList<>();
        folder.weights().forEach((path, place) -> {
            if (path.equals(template.path())) {
                files.add(new LikenedWeights(original, weights, place));
                return;
            }
            WeightFile file = files(run)
                    .filter(one -> one.path().equals(path))
                    .findFirst()
                    .orElseThrow();
            Optional<OriginalFile> other = original(file);
            Optional<OriginalFile> behind =
                    other.flatMap(one -> one.behind(template.parts().size() + following.size()));
            if (behind.isEmpty()) {
                notices.add("Outputs hold no file in the place of " + OneLine.of(path.toString()) + ".");
                return;
            }
            files.add(new LikenedWeights(behind.get(), weights(run, other.orElseThrow(), template), place));
            following.addAll(other.orElseThrow().file().parts());
        });
        SequencedMap<String, Layout.Segment> beside = new LinkedHashMap<>();
        for (CheckpointFolder.SideFile side : folder.sideFiles())
            try {
                if (Files.size(side.file()) <= SideFileNames.SMALL) {
                    beside.put(side.name(), new Layout.Literal(sideFiles.read(side.file())));
                    continue;
                }
                FilePart part = sideFiles.part(side.file());
                int index = template.parts().size() + following.size();
                beside.put(side.name(), new Layout.Verbatim(index, 0, part.size()));
                following.add(part);
            } catch (IOException e) {
                throw unreadable(side.file(), e);
            }
        folder.texts()
                .forEach((name, text) -> beside.put(name, new Layout.Literal(text.getBytes(StandardCharsets.UTF_8))));
        return new LikenedFile(
                following.isEmpty() ? template : template.followedBy(following),
                files.stream()
                        .sorted(Comparator.comparing(
                                file -> file.original.file().path()))
                        .toList(),
                true,
                beside,
                List.copyOf(notices));
    }

    private Optional<CheckpointFolder> folder(Run run, WeightFile template) {
        List<Path> files = files(run).map(WeightFile::path).toList();
        double time = run.snapshots().stream()
                .filter(snapshot -> snapshot.file().path().equals(template.path()))
                .findFirst()
                .map(Snapshot::time)
                .orElse(Double.NaN);
        List<Path> together = run.snapshots().stream()
                .filter(snapshot -> snapshot.time() == time)
                .map(snapshot -> snapshot.file().path())
                .distinct()
                .toList();
        Path raw = run.snapshots().stream()
                .filter(snapshot -> snapshot.time() == time && snapshot.profile() instanceof Impulse)
                .map(snapshot -> snapshot.file().path())
                .findFirst()
                .orElse(template.path());
        try {
            return CheckpointFolder.of(run.folder(), files, together, template.path(), raw, mayRead);
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
