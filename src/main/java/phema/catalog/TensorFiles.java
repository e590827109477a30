package phema.catalog;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import phema.format.WeightFile;

/**
 * Knows checkpoints in which each tensor is a file of its own, as nanotron and DeepSpeed's universal ones are: none of
 * those files is a model, and nothing here puts them together.
 */
final class TensorFiles {
    /** The fewest files of one tensor each that are taken for a checkpoint. */
    private static final int FEWEST = 8;

    /** The number of those that are read. */
    private static final int MOST_READ = 5;

    /** The names of nanotron's, of which many lie deeper than is looked. */
    private static final Pattern NANOTRON = Pattern.compile(".*_pp-rank-\\d+-of-\\d+(?:_.*)?\\.safetensors");

    private TensorFiles() {}

    /**
     * One of the files of such a checkpoint.
     *
     * @param weights what its folder holds, by their paths in it
     * @param read a file, where it can be
     */
    static Optional<String> in(
            Path checkpoint, Collection<WeightsPath> weights, Function<Path, Optional<WeightFile>> read) {
        List<String> paths = new ArrayList<>(
                new TreeSet<>(weights.stream().map(WeightsPath::path).toList()));
        Optional<String> named =
                paths.stream().filter(path -> NANOTRON.matcher(path).matches()).findFirst();
        if (named.isPresent() || paths.size() < FEWEST) return named;
        List<String> single = new ArrayList<>();
        for (int i = 0; i < MOST_READ; i++) {
            String path = paths.get(i * (paths.size() - 1) / (MOST_READ - 1));
            int tensors = read.apply(checkpoint.resolve(path))
                    .map(file -> file.tensors().size())
                    .orElse(0);
            if (tensors > 1) return Optional.empty();
            if (tensors == 1 && !single.contains(path)) single.add(path);
        }
        return single.size() < MOST_READ - 1 ? Optional.empty() : Optional.of(single.getLast());
    }

    /** What is to be said of them. @param where one of the files lies */
    static String notice(String where) {
        return "Each tensor is a file of its own there, such as " + where + ", as nanotron and DeepSpeed's universal"
                + " checkpoints have them: no one of these is a model, and they are not put together. Convert each"
                + " checkpoint with the trainer's own tool, nanotron's to Hugging Face's form, DeepSpeed's"
                + " zero_to_fp32.py of the checkpoint that it was made of.";
    }
}
