package phema.catalog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Names weights of formats that phema does not read, by what trainers call such files. */
final class OtherFormats {
    /** The number of levels of folders below in which one checkpoint's files are looked for. */
    private static final int DEEPEST = 2;

    private static final Pattern OF_CHECKPOINT = Pattern.compile(".*\\d.*|default|state|params|items");

    private static final List<OtherFormat> ALL = List.of(
            of("Orbax", "manifest\\.ocdbt|_CHECKPOINT_METADATA|\\.zarray", "safetensors.flax.save_file"),
            of("Flax", ".*\\.msgpack|checkpoint_\\d+", "safetensors.flax.save_file"),
            of("TensorFlow", ".*\\.data-\\d+-of-\\d+|saved_model\\.pb", "safetensors.tensorflow.save_file"),
            of("Keras", ".*\\.(?:h5|hdf5|keras)", "safetensors.tensorflow.save_file"),
            of("PaddlePaddle", ".*\\.pdparams", "safetensors.paddle.save_file"),
            of("NumPy", ".*\\.np[yz]", "safetensors.numpy.save_file"),
            of("Stable Baselines", ".*_steps\\.zip", "safetensors.torch.save_file(model.policy.state_dict(), ...)"),
            of("GGUF", ".*\\.gguf", ""),
            of("ONNX", ".*\\.onnx", ""));

    private OtherFormats() {}

    /** @param saves what saves such weights as safetensors; empty for formats of inference */
    private record OtherFormat(String name, Pattern files, String saves) {
        private String notice(String file) {
            return "Files such as " + file + " are of " + name + ", which phema does not read. "
                    + (saves.isEmpty()
                            ? "They are made for inference; name the folder of what the training job wrote."
                            : "Save their weights with " + saves
                                    + ", under names such as step-00001000.safetensors, to have them read.");
        }
    }

    private static OtherFormat of(String name, String files, String saves) {
        return new OtherFormat(name, Pattern.compile(files, Pattern.CASE_INSENSITIVE), saves);
    }

    /**
     * What is to be said of a folder in which there is nothing to read; empty where nothing is known of it.
     *
     * @param names of all that it holds
     */
    static Optional<String> notice(Path folder, List<String> names) throws IOException {
        List<String> files = new ArrayList<>(names);
        addBelow(folder, names, "", DEEPEST, files);
        for (OtherFormat format : ALL) {
            Optional<String> found = files.stream()
                    .filter(file -> format.files()
                            .matcher(file.substring(file.lastIndexOf('/') + 1))
                            .matches())
                    .filter(file -> !Files.isDirectory(folder.resolve(file)))
                    .findFirst();
            if (found.isPresent()) return found.map(format::notice);
        }
        return Optional.empty();
    }

    /** Of the first folder that may be a checkpoint, and the first such in that. */
    private static void addBelow(Path folder, List<String> names, String prefix, int levels, List<String> files)
            throws IOException {
        @Nullable
        String first = names.stream()
                .filter(name -> OF_CHECKPOINT.matcher(name).matches() && Files.isDirectory(folder.resolve(name)))
                .findFirst()
                .orElse(null);
        if (first == null || levels == 0) return;
        List<String> below = FolderListing.names(folder.resolve(first));
        below.forEach(name -> files.add(prefix + first + "/" + name));
        addBelow(folder.resolve(first), below, prefix + first + "/", levels - 1, files);
    }
}
