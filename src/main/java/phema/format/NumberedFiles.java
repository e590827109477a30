package phema.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a checkpoint in files that their names number, {@code model-00001-of-00003.safetensors} and so on, where no
 * index says which tensor lies in which: all of them, by any.
 */
final class NumberedFiles implements WeightReader {
    private static final Pattern NAME = Pattern.compile("(.+)-(\\d{5})-of-(\\d{5})(\\.(?:safetensors|bin|pt|pth))");

    /** The names of files with pieces of tensors, which are numbered otherwise as well. */
    private static final Pattern PIECES = Pattern.compile("shard-\\d{5,}-model");

    private final Matcher name;
    private final WeightReader reader;

    private NumberedFiles(Matcher name, WeightReader reader) {
        this.name = name;
        this.reader = reader;
    }

    /** @param reader of a file by itself, which is returned for files that are not numbered so */
    static WeightReader of(InputFile file, WeightReader reader) throws IOException {
        Matcher name = NAME.matcher(String.valueOf(file.path().getFileName()));
        return name.matches()
                        && !PIECES.matcher(name.group(1)).matches()
                        && !name.group(3).equals("00001")
                        && !file.siblings().contains(index(name))
                ? new NumberedFiles(name, reader)
                : reader;
    }

    private static String index(Matcher name) {
        return name.group(1) + ".safetensors.index.json";
    }

    /**
     * Says of such files, where the first or their index is missing, that they are not complete.
     *
     * @throws FormatException when there are any
     */
    static void requireFirst(Path path, List<String> names) throws FormatException {
        String missing = String.valueOf(path.getFileName());
        Matcher numbered = NAME.matcher(missing);
        String stem = numbered.matches() ? numbered.group(1) : missing.replace(".safetensors.index.json", "");
        for (String name : names) {
            Matcher other = NAME.matcher(name);
            if (other.matches() && other.group(1).equals(stem))
                throw new FormatException(
                        path,
                        "does not exist, though " + name + " does: the checkpoint is still being written, or that was"
                                + " broken off, or it was copied in part",
                        true);
        }
    }

    @Override
    public WeightFile read(InputFile entry) throws IOException {
        List<String> names = entry.siblings();
        int count = Integer.parseInt(name.group(3));
        for (String other : names) {
            Matcher numbered = NAME.matcher(other);
            if (numbered.matches()
                    && numbered.group(1).equals(name.group(1))
                    && !numbered.group(3).equals(name.group(3)))
                throw entry.broken("lies beside " + Pickle.shown(other) + ", which is one of "
                        + Integer.parseInt(numbered.group(3)) + " files; these are of two checkpoints, of which nothing"
                        + " says which counts: move one away");
        }
        List<FilePart> parts = new ArrayList<>();
        Map<String, String> metadata = new TreeMap<>();
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        Optional<Format> format = Optional.empty();
        for (int i = 1; i <= count; i++) {
            String one = "%s-%05d-of-%s%s".formatted(name.group(1), i, name.group(3), name.group(4));
            if (!names.contains(one))
                throw entry.incomplete("is one of " + count + " files, but " + Pickle.shown(one)
                        + " is missing; copy the whole checkpoint");
            try (InputFile file = entry.openSibling(one)) {
                WeightFile read = reader.read(file);
                format = Optional.of(read.format());
                for (Tensor tensor : read.tensors())
                    if (tensors.putIfAbsent(tensor.name(), tensor.ofPart(parts.size())) != null)
                        throw file.broken("tensor `" + Pickle.shown(tensor.name()) + "` is in another of the " + count
                                + " files as well");
                read.metadata().forEach(metadata::putIfAbsent);
                parts.addAll(read.parts());
            }
        }
        return new WeightFile(entry.path(), format.orElseThrow(), parts, metadata, List.copyOf(tensors.values()));
    }
}
