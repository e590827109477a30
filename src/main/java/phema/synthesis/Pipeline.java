package phema.synthesis;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import phema.format.OneLine;
import phema.format.RegularFiles;
import phema.synthesis.CheckpointFolder.SideFile;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Finds what makes a pipeline of diffusers of a component that is averaged: the others, as they are, and the index that
 * names them all. A pipeline of which one is missing looks complete and does not load, so it is none then.
 *
 * @param files of the other components, and the index
 * @param notices one sentence each
 */
record Pipeline(List<SideFile> files, List<String> notices) {
    private static final String INDEX = "model_index.json";
    private static final int MAX_INDEX = 1 << 20;

    /** The file that a component with weights has, and others have not. */
    private static final String MODEL = "config.json";

    private static final Pattern WEIGHTS =
            Pattern.compile("(?i).+\\.(?:safetensors|bin|pt|pth|ckpt|msgpack|h5|onnx|gguf)");

    static final Pipeline NONE = new Pipeline(List.of(), List.of());

    Pipeline {
        files = List.copyOf(files);
        notices = List.copyOf(notices);
    }

    /**
     * The pipeline that a checkpoint is, or that was, or will be, saved in the run's folder and of which the checkpoint
     * has a component.
     *
     * @param averaged names of the components that are averaged, or of other folders
     * @param mayRead asked with the real path of each file
     */
    static Pipeline of(Path checkpoint, Path run, Set<String> averaged, Predicate<Path> mayRead) throws IOException {
        boolean whole = Files.isRegularFile(checkpoint.resolve(INDEX));
        Path home = whole ? checkpoint : run;
        Path index = home.resolve(INDEX);
        if (!Files.isRegularFile(index) || !whole && averaged.isEmpty()) return NONE;
        Optional<Set<String>> components = components(index, mayRead);
        if (components.isEmpty())
            return new Pipeline(
                    List.of(), List.of("Outputs are no pipeline, as " + index + " says nothing that can be read."));
        List<SideFile> files = new ArrayList<>(List.of(new SideFile(INDEX, index)));
        List<SideFile> small = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        Set<String> copied = new LinkedHashSet<>();
        for (String component : components.get()) {
            if (averaged.contains(component)) continue;
            List<SideFile> found = complete(checkpoint, component, mayRead);
            if (found.isEmpty() && !whole) found = complete(home, component, mayRead);
            if (found.isEmpty()) missing.add(component);
            files.addAll(found);
            if (found.stream().noneMatch(Pipeline::isWeights)) small.addAll(found);
            else copied.add(component);
        }
        if (!missing.isEmpty())
            return new Pipeline(
                    small,
                    List.of("Outputs are no pipeline, as " + OneLine.of(String.join(", ", missing)) + " of "
                            + index + (missing.size() == 1 ? " is" : " are")
                            + " not there, or without weights that may be read."));
        return new Pipeline(
                files,
                copied.isEmpty()
                        ? List.of()
                        : List.of("Outputs hold the other weights of the pipeline as they are in "
                                + files.stream()
                                        .filter(Pipeline::isWeights)
                                        .map(file -> String.valueOf(file.file().getParent()))
                                        .distinct()
                                        .collect(Collectors.joining(", "))
                                + "."));
    }

    static boolean isWeights(SideFile file) {
        return WEIGHTS.matcher(file.name()).matches();
    }

    /** The components that are there; empty where the index is none. */
    private static Optional<Set<String>> components(Path index, Predicate<Path> mayRead) {
        try (InputStream in = Channels.newInputStream(RegularFiles.open(index, mayRead))) {
            JsonNode read = JsonMapper.shared().readTree(in.readNBytes(MAX_INDEX));
            if (!read.isObject()) return Optional.empty();
            Set<String> names = new LinkedHashSet<>();
            for (String name : read.propertyNames()) {
                JsonNode classOf = read.path(name); // [library, class], or nulls where there is none
                if (!name.startsWith("_")
                        && classOf.size() == 2
                        && classOf.path(1).isString()) names.add(name);
            }
            return Optional.of(names);
        } catch (IOException | JacksonException e) { // whoever loads the input sees that
            return Optional.empty();
        }
    }

    /** All files of a component; none where its weights are not there, or one may not be read. */
    static List<SideFile> complete(Path home, String component, Predicate<Path> mayRead) throws IOException {
        Path folder = home.resolve(component).normalize();
        if (!home.equals(folder.getParent()) || !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) return List.of();
        List<SideFile> files = new ArrayList<>();
        for (String name : CheckpointFolder.below(folder).keySet()) {
            Path file = folder.resolve(name);
            if (!Files.isRegularFile(file) || !CheckpointFolder.mayRead(file, mayRead)) return List.of();
            files.add(new SideFile(component + "/" + name, file));
        }
        boolean model = files.stream().anyMatch(file -> file.name().equals(component + "/" + MODEL));
        return model && files.stream().noneMatch(Pipeline::isWeights) ? List.of() : files;
    }
}
