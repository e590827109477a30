package phema.synthesis;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import phema.format.OneLine;

/**
 * Describes a checkpoint that is a folder, {@code checkpoint-500/unet/diffusion_pytorch_model.safetensors}, for outputs
 * that are folders of the same form.
 *
 * @param weights the files that outputs hold with other weights, first of all the one that was asked for, and where in
 *     outputs they lie: empty, or with a slash at its end
 * @param sideFiles what loaders want beside weights
 * @param texts small files that say something of the output itself, by name
 * @param notices what outputs have or lack that a reader of the checkpoint's files may not expect; one sentence each
 */
record CheckpointFolder(
        SequencedMap<Path, String> weights, List<SideFile> sideFiles, Map<String, String> texts, List<String> notices) {
    /** @param name in an output, with slashes */
    record SideFile(String name, Path file) {}

    private static final Pattern AVERAGE = Pattern.compile("ema|.+[-_]ema");

    /**
     * The files without which trainers do not load a distributed checkpoint: how it is stored and its arguments, of
     * Megatron; the state of the loops, of Lightning.
     */
    private static final List<String> BESIDE = List.of("metadata.json", "common.pt", "meta.pt");

    /** The name of Megatron's file in the folder above, which says which checkpoint is to be loaded. */
    private static final String LATEST = "latest_checkpointed_iteration.txt";

    private static final Pattern ITERATION = Pattern.compile("iter_0*(\\d+)");

    private static final String CONFIGURATION = "config.json";

    private static final int DEPTH = 3;
    private static final int MOST = 2000;

    CheckpointFolder {
        weights = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(weights));
        sideFiles = List.copyOf(sideFiles);
        texts = Map.copyOf(texts);
        notices = List.copyOf(notices);
    }

    /**
     * The folder that a file of a run lies in; empty where each checkpoint of the run is a file.
     *
     * @param run the run's folder
     * @param files all files of the run's weights
     * @param together those of the same time as {@code file}
     * @param file the one that outputs are to be like
     * @param raw the file of the raw weights of the same time; the same one where there is none
     * @param mayRead asked with the real path of what is looked into
     */
    static Optional<CheckpointFolder> of(
            Path run, Collection<Path> files, Collection<Path> together, Path file, Path raw, Predicate<Path> mayRead)
            throws IOException {
        Optional<Path> checkpoint = checkpoint(run, files, file);
        if (checkpoint.isEmpty()) return Optional.empty();
        Path folder = checkpoint.get();
        // Averages lie beside the weights that they are of, in a folder that loaders do not look into.
        boolean beside = raw.startsWith(folder) && sameName(raw, file);
        SequencedMap<Path, String> weights = new LinkedHashMap<>();
        weights.put(file, place(folder, beside ? raw : file));
        SortedSet<String> unwritten = new TreeSet<>();
        for (Path other : together) {
            if (!other.startsWith(folder)) continue;
            if (!other.equals(raw) && sameName(other, raw)) unwritten.add(slashed(folder.relativize(other)));
            else if (!beside || !other.equals(raw)) weights.putIfAbsent(other, place(folder, other));
        }
        SequencedMap<String, SideFile> sides = new LinkedHashMap<>();
        List<String> notices = new ArrayList<>();
        for (String name : SideFileNames.wanted(below(folder), weights.values())) {
            if (isAverage(name)) continue;
            Path side = folder.resolve(name);
            // Without what loaders are known to look for, outputs would be broken: whoever reads it says why.
            if (SideFileNames.isKnown(String.valueOf(side.getFileName())) || mayRead(side, mayRead))
                sides.put(name, new SideFile(name, side));
            else notices.add("Outputs do not hold " + OneLine.of(side.toString()) + ", which may not be read.");
        }
        Set<String> components = weights.values().stream()
                .filter(place -> !place.isEmpty())
                .map(place -> place.substring(0, place.indexOf('/')))
                .collect(Collectors.toSet());
        Pipeline pipeline = Pipeline.of(folder, run, components, mayRead);
        Pipeline modules = SentenceModules.of(folder, components, mayRead);
        Stream.of(pipeline, modules)
                .flatMap(one -> one.files().stream())
                .forEach(side -> sides.putIfAbsent(side.name(), side));
        if (String.valueOf(file.getFileName()).equals(".metadata"))
            for (String name : BESIDE)
                if (Files.isRegularFile(file.resolveSibling(name)))
                    sides.putIfAbsent(
                            place(folder, file) + name,
                            new SideFile(place(folder, file) + name, file.resolveSibling(name)));
        notices.addAll(pipeline.notices());
        notices.addAll(modules.notices());
        if (!unwritten.isEmpty())
            notices.add("Outputs hold the averaged weights in " + OneLine.of(slashed(folder.relativize(raw)))
                    + " alone, and no " + OneLine.of(String.join(", ", unwritten)) + ".");
        CheckpointFolder found = new CheckpointFolder(weights, List.copyOf(sides.values()), Map.of(), notices);
        return Optional.of(
                Files.isRegularFile(folder.resolveSibling(LATEST))
                        ? found.below(String.valueOf(folder.getFileName()))
                        : found);
    }

    /** Whether a file may be read, wherever links lead to. */
    static boolean mayRead(Path file, Predicate<Path> mayRead) throws IOException {
        return Files.isReadable(file) && mayRead.test(file.toRealPath());
    }

    private static boolean sameName(Path one, Path other) {
        return String.valueOf(one.getFileName()).equals(String.valueOf(other.getFileName()));
    }

    private static String place(Path folder, Path file) {
        String path = slashed(folder.relativize(file));
        return path.substring(0, path.lastIndexOf('/') + 1);
    }

    /** The same one level down, with what says so to Megatron, where the name is one of its. */
    private CheckpointFolder below(String name) {
        Matcher iteration = ITERATION.matcher(name);
        if (!iteration.matches()) return this;
        SequencedMap<Path, String> lower = new LinkedHashMap<>();
        weights.forEach((file, place) -> lower.put(file, name + "/" + place));
        return new CheckpointFolder(
                lower,
                sideFiles.stream()
                        .map(side -> new SideFile(name + "/" + side.name(), side.file()))
                        .toList(),
                Map.of(LATEST, iteration.group(1)),
                notices);
    }

    /**
     * What Transformers wants beside weights, by the names that it has for it: the configuration and tokenizers in the
     * folder of the weights, or else the next above up to the run's. None where there is no configuration.
     */
    static List<SideFile> ofTransformers(Path run, Path file) throws IOException {
        List<Path> folders = new ArrayList<>();
        for (Path above = file.getParent(); above != null && above.startsWith(run); above = above.getParent())
            folders.add(above);
        if (!folders.contains(run)) folders.add(run);
        for (Path folder : folders) {
            if (!Files.isRegularFile(folder.resolve(CONFIGURATION))) continue;
            try (Stream<Path> files = Files.list(folder)) {
                return files.filter(side ->
                                SideFileNames.isKnown(String.valueOf(side.getFileName())) && Files.isRegularFile(side))
                        .map(side -> new SideFile(String.valueOf(side.getFileName()), side.normalize()))
                        .sorted(Comparator.comparing(SideFile::name))
                        .toList();
            }
        }
        return List.of();
    }

    /** The folder with all that a file's checkpoint is; empty where nothing but the names of files tells them apart. */
    static Optional<Path> checkpoint(Path run, Collection<Path> files, Path file) {
        if (!file.startsWith(run)) return Optional.empty();
        Path within = run.relativize(file);
        for (int i = 0; i < within.getNameCount() - 1; i++) {
            Set<Path> alike = new HashSet<>();
            for (Path other : files) {
                if (!other.startsWith(run)) continue;
                Path name = run.relativize(other);
                alike.add(name.subpath(0, Math.min(i + 1, name.getNameCount())));
            }
            if (alike.size() > 1) return Optional.of(run.resolve(within.subpath(0, i + 1)));
        }
        boolean alone = files.stream().allMatch(file::equals);
        return alone && within.getNameCount() > 1 ? Optional.of(run.resolve(within.subpath(0, 1))) : Optional.empty();
    }

    private static boolean isAverage(String path) {
        return AVERAGE.matcher(path.substring(0, Math.max(0, path.indexOf('/'))))
                .matches();
    }

    /**
     * The sizes of the files in a folder and in those below, by paths with slashes; hidden folders left out. What is no
     * file, or too deep, has a slash at its end.
     */
    static SortedMap<String, Long> below(Path folder) throws IOException {
        SortedMap<String, Long> found = new TreeMap<>();
        Files.walkFileTree(folder, Set.of(), DEPTH, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                return !directory.equals(folder)
                                && String.valueOf(directory.getFileName()).startsWith(".")
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                String name = slashed(folder.relativize(file));
                if (attributes.isRegularFile()) found.put(name, attributes.size());
                else if (Files.isRegularFile(file)) found.put(name, Files.size(file));
                else found.put(name + "/", 0L);
                return found.size() < MOST ? FileVisitResult.CONTINUE : FileVisitResult.TERMINATE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) { // nothing that can be read
                return FileVisitResult.CONTINUE;
            }
        });
        return found;
    }

    private static String slashed(Path path) {
        return path.toString().replace('\\', '/');
    }
}
