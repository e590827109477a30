package phema.synthesis;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import phema.format.OneLine;
import phema.format.RegularFiles;
import phema.synthesis.CheckpointFolder.SideFile;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Finds the other modules of a model of sentence-transformers, such as {@code 2_Dense}, which its loader wants: their
 * weights lie in folders of their own, and are not averaged with the model's.
 */
final class SentenceModules {
    private static final String INDEX = "modules.json";
    private static final int MAX_INDEX = 1 << 20;

    private SentenceModules() {}

    /**
     * The modules with weights of their own, as they are, and what is to be said of them.
     *
     * @param averaged names of the folders whose weights are averaged
     * @param mayRead asked with the real path of each file
     */
    static Pipeline of(Path checkpoint, Set<String> averaged, Predicate<Path> mayRead) throws IOException {
        Path index = checkpoint.resolve(INDEX);
        if (!Files.isRegularFile(index)) return Pipeline.NONE;
        List<SideFile> files = new ArrayList<>();
        List<String> notices = new ArrayList<>();
        for (String module : modules(index, mayRead)) {
            if (averaged.contains(module)) continue;
            List<SideFile> found = Pipeline.complete(checkpoint, module, mayRead);
            if (found.stream().anyMatch(Pipeline::isWeights)) {
                files.addAll(found);
                notices.add("Outputs hold " + OneLine.of(module) + " of the model as it is in "
                        + OneLine.of(checkpoint.toString())
                        + ", not averaged: it is a module of its own, with its own weights.");
            } else if (!Files.isDirectory(checkpoint.resolve(module)))
                notices.add("Outputs lack " + OneLine.of(module) + ", which " + OneLine.of(index.toString())
                        + " names and which is not there.");
        }
        return new Pipeline(files, notices);
    }

    /** The folders of modules; none where the index is none. */
    private static List<String> modules(Path index, Predicate<Path> mayRead) {
        try (InputStream in = Channels.newInputStream(RegularFiles.open(index, mayRead))) {
            List<String> modules = new ArrayList<>();
            for (JsonNode module : JsonMapper.shared().readTree(in.readNBytes(MAX_INDEX))) {
                String path =
                        module.path("path").isString() ? module.path("path").asString() : "";
                if (!path.isEmpty() && path.indexOf('/') < 0 && path.indexOf('\\') < 0 && !path.startsWith("."))
                    modules.add(path);
            }
            return modules;
        } catch (IOException | JacksonException e) { // whoever loads the input sees that
            return List.of();
        }
    }
}
