package phema.synthesis;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Describes a checkpoint that is a folder, {@code checkpoint-500/unet/diffusion_pytorch_model.safetensors}, for outputs
 * that are folders of the same form.
 *
 * @param inside where in the folder weights lie: empty, or with a slash at its end
 * @param sideFiles what loaders want beside weights
 * @param texts small files that say something of the output itself, by name
 */
record CheckpointFolder(String inside, List<SideFile> sideFiles, Map<String, String> texts) {
    /** @param name in an output, with slashes */
    record SideFile(String name, Path file) {}

    private static final Pattern WANTED = Pattern.compile("(?:.+_)?config\\.json|lit_config\\.json|model_index\\.json"
            + "|model_config\\.yaml|hyperparameters\\.yaml|modules\\.json|chat_template\\..+"
            + "|tokenizer[^/]*\\.(?:json|model|txt)|special_tokens_map\\.json|added_tokens\\.json"
            + "|vocab[^/]*\\.(?:json|txt)|merges\\.txt|spiece\\.model|sentencepiece[^/]*\\.model"
            + "|(?:modeling|configuration|tokenization)_.+\\.py");

    /** The components of pipelines that hold no weights. */
    private static final List<String> WITHOUT_WEIGHTS =
            List.of("scheduler", "tokenizer", "tokenizer_2", "tokenizer_3", "feature_extractor", "image_processor");

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

    private static final String PIPELINE = "model_index.json";
    private static final int DEPTH = 3;
    private static final int MOST = 2000;

    CheckpointFolder {
        sideFiles = List.copyOf(sideFiles);
        texts = Map.copyOf(texts);
    }

    /**
     * The folder that a file of a run lies in; empty where each checkpoint of the run is a file.
     *
     * @param run the run's folder
     * @param files all files of the run's weights
     * @param raw the file of the raw weights of the same time; the same one where there is none
     */
    static Optional<CheckpointFolder> of(Path run, Collection<Path> files, Path file, Path raw) throws IOException {
        Optional<Path> checkpoint = checkpoint(run, files, file);
        if (checkpoint.isEmpty()) return Optional.empty();
        // Averages lie beside the weights that they are of, in a folder that loaders do not look into.
        boolean beside = raw.startsWith(checkpoint.get())
                && String.valueOf(raw.getFileName()).equals(String.valueOf(file.getFileName()));
        String inside = slashed(checkpoint.get().relativize(beside ? raw : file));
        inside = inside.substring(0, inside.lastIndexOf('/') + 1);
        List<SideFile> sideFiles = new ArrayList<>();
        List<String> below = below(checkpoint.get());
        for (String name : wanted(below, inside, below.contains(PIPELINE)))
            sideFiles.add(new SideFile(name, checkpoint.get().resolve(name)));
        if (!inside.isEmpty() && !below.contains(PIPELINE)) sideFiles.addAll(ofPipeline(run));
        if (String.valueOf(file.getFileName()).equals(".metadata"))
            for (String name : BESIDE)
                if (Files.isRegularFile(file.resolveSibling(name)))
                    sideFiles.add(new SideFile(inside + name, file.resolveSibling(name)));
        CheckpointFolder found = new CheckpointFolder(inside, sideFiles, Map.of());
        return Optional.of(
                Files.isRegularFile(checkpoint.get().resolveSibling(LATEST))
                        ? found.below(String.valueOf(checkpoint.get().getFileName()))
                        : found);
    }

    /** The same one level down, with what says so to Megatron, where the name is one of its. */
    private CheckpointFolder below(String name) {
        Matcher iteration = ITERATION.matcher(name);
        if (!iteration.matches()) return this;
        return new CheckpointFolder(
                name + "/" + inside,
                sideFiles.stream()
                        .map(side -> new SideFile(name + "/" + side.name(), side.file()))
                        .toList(),
                Map.of(LATEST, iteration.group(1)));
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
                return files.filter(side -> WANTED.matcher(String.valueOf(side.getFileName()))
                                        .matches()
                                && Files.isRegularFile(side))
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

    /**
     * Chooses from a checkpoint's files what its loader wants: configurations, tokenizers; none of weights and of what
     * the training job keeps.
     *
     * @param names from the checkpoint's folder
     * @param pipeline whether the folder is one, with a folder for each component
     */
    static List<String> wanted(List<String> names, String inside, boolean pipeline) {
        return names.stream()
                .filter(name -> {
                    String folder = name.substring(0, name.lastIndexOf('/') + 1);
                    return WANTED.matcher(name.substring(folder.length())).matches()
                            && (folder.isEmpty() || folder.equals(inside) || pipeline && !isAverage(folder));
                })
                .toList();
    }

    /** What a pipeline is beside its weights, where one was, or will be, saved in the run's folder. */
    private static List<SideFile> ofPipeline(Path run) throws IOException {
        if (!Files.isRegularFile(run.resolve(PIPELINE))) return List.of();
        List<SideFile> files = new ArrayList<>(List.of(new SideFile(PIPELINE, run.resolve(PIPELINE))));
        for (String component : WITHOUT_WEIGHTS) {
            Path folder = run.resolve(component);
            if (!Files.isDirectory(folder)) continue;
            for (String name : below(folder)) files.add(new SideFile(component + "/" + name, folder.resolve(name)));
        }
        return files;
    }

    private static boolean isAverage(String folder) {
        return AVERAGE.matcher(folder.substring(0, folder.length() - 1)).matches();
    }

    private static List<String> below(Path folder) throws IOException {
        List<String> found = new ArrayList<>();
        Files.walkFileTree(folder, Set.of(), DEPTH, new SimpleFileVisitor<>() {
            private int seen;

            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                return !directory.equals(folder)
                                && String.valueOf(directory.getFileName()).startsWith(".")
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (WANTED.matcher(String.valueOf(file.getFileName())).matches()
                        && (attributes.isRegularFile() || Files.isRegularFile(file)))
                    found.add(slashed(folder.relativize(file)));
                return ++seen < MOST ? FileVisitResult.CONTINUE : FileVisitResult.TERMINATE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) { // nothing that can be read
                return FileVisitResult.CONTINUE;
            }
        });
        found.sort(null);
        return found;
    }

    private static String slashed(Path path) {
        return path.toString().replace('\\', '/');
    }
}
