package phema.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Looks for an index beside a weight file that lists it as one of several of a checkpoint, so that it alone is not the
 * whole. What indexes say is kept, since a folder may hold thousands of files.
 */
public final class ShardIndexes {
    /** The names of indexes: {@code model.safetensors.index.json}, {@code model.safetensors.index.fp16.json}. */
    private static final Pattern INDEX = Pattern.compile("(?:.*\\.)?index(?:\\.[^.]+)?\\.json");

    /**
     * What an index says of a file.
     *
     * @param index its name
     * @param files that it lists
     * @param tensors in all of them
     */
    public record ListedFile(String index, int files, long tensors) {}

    /** @param tensors how many are in each file */
    private record Index(String name, Map<String, Long> tensors) {}

    private final Predicate<Path> mayRead;
    private final Map<Path, List<Index>> byFolder = new ConcurrentHashMap<>();

    /** @param mayRead asked with the real path of each file */
    public ShardIndexes(Predicate<Path> mayRead) {
        this.mayRead = mayRead;
    }

    /** Of a file of which an index lists more than was read with it; empty for all others. */
    public Optional<ListedFile> incomplete(WeightFile file) {
        List<Index> indexes = in(file.path());
        if (indexes.isEmpty()) return Optional.empty(); // mostly, of thousands of files
        Set<String> read = file.parts().stream()
                .map(part -> String.valueOf(part.path().getFileName()))
                .collect(Collectors.toSet());
        return indexes.stream()
                .filter(index -> index.tensors().keySet().stream().anyMatch(read::contains)
                        && !read.containsAll(index.tensors().keySet()))
                .findFirst()
                .map(index -> new ListedFile(
                        index.name(),
                        index.tensors().size(),
                        index.tensors().values().stream().mapToLong(n -> n).sum()));
    }

    /** The names of the files that an index lists; none of what is no index. */
    public static Set<String> listed(Path index) {
        return read(index, anywhere -> true)
                .map(read -> read.tensors().keySet())
                .orElse(Set.of());
    }

    private List<Index> in(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null) return List.of();
        return byFolder.computeIfAbsent(folder, any -> {
            List<Index> found = new ArrayList<>();
            try {
                for (String name : InputFile.siblings(file, mayRead))
                    if (INDEX.matcher(name).matches())
                        read(folder.resolve(name), mayRead).ifPresent(found::add);
            } catch (IOException e) { // a folder that has just gone
                return List.of();
            }
            return List.copyOf(found);
        });
    }

    private static Optional<Index> read(Path path, Predicate<Path> mayRead) {
        try (InputFile file = InputFile.open(path, mayRead)) {
            Map<String, Long> tensors = new HashMap<>();
            for (String name : ShardIndexReader.weightMap(file).values()) tensors.merge(name, 1L, Long::sum);
            return Optional.of(new Index(String.valueOf(path.getFileName()), Map.copyOf(tensors)));
        } catch (IOException e) { // of something else, or still being written
            return Optional.empty();
        }
    }
}
