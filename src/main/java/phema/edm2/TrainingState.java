package phema.edm2;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.format.FormatException;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.problem.Problem;
import phema.tensor.DType;

/**
 * Holds everything that training changes, so that it can go on exactly where it stopped. Random numbers depend on the
 * seed and {@code nimg} alone.
 *
 * @param momentum Adam's first moments, by parameter
 * @param variance its second moments
 * @param averages of the weights, one for each of the options'
 * @param nimg images seen
 * @param badGradients values of gradients so far that were not finite
 */
record TrainingState(
        NetworkWeights weights,
        NetworkWeights momentum,
        NetworkWeights variance,
        List<NetworkWeights> averages,
        long nimg,
        long badGradients) {
    private static final Pattern NAME = Pattern.compile("training-state-(\\d{7,})\\.safetensors");
    private static final String NIMG = "nimg";
    private static final String BAD_GRADIENTS = "bad_gradients";

    /** The parts of the identity that older checkpoints do not tell. */
    private static final Set<String> LATER = Set.of("data", "dtype");

    static TrainingState initial(TrainingOptions options) {
        NetworkSpec spec = options.network();
        NetworkWeights weights = NetworkWeights.initial(spec, Randoms.of(options.seed(), -1));
        List<NetworkWeights> averages =
                options.averages().stream().map(a -> weights.copy()).toList();
        return new TrainingState(weights, NetworkWeights.zero(spec), NetworkWeights.zero(spec), averages, 0, 0);
    }

    /** Writes {@code training-state-KKKKKKK.safetensors}, then removes older ones. */
    void write(Path folder, TrainingOptions options, Dataset dataset) throws IOException {
        SequencedMap<String, WeightStore.Values> tensors = new LinkedHashMap<>();
        List<NetworkWeights> all = parts();
        List<String> labels = labels(options);
        for (int i = 0; i < all.size(); i++) {
            NetworkWeights part = all.get(i);
            for (String name : part.names())
                tensors.put(labels.get(i) + "/" + name, new WeightStore.Values(part.shape(name), part.get(name)));
        }
        Map<String, String> metadata = new TreeMap<>(identity(options, dataset));
        metadata.put(NIMG, String.valueOf(nimg));
        metadata.put(BAD_GRADIENTS, String.valueOf(badGradients));
        Path path = folder.resolve("training-state-%07d.safetensors".formatted(nimg / 1000));
        WeightStore.write(path, tensors, DType.F32, metadata);
        for (Path old : list(folder)) if (!old.equals(path)) Files.delete(old);
    }

    /**
     * The state of the latest checkpoint in a folder.
     *
     * @throws Problem when it belongs to a training run with other options or data
     */
    static Optional<TrainingState> latest(Path folder, TrainingOptions options, Dataset dataset) throws IOException {
        List<Path> paths = list(folder);
        return paths.isEmpty() ? Optional.empty() : Optional.of(read(paths.getLast(), options, dataset));
    }

    private static TrainingState read(Path path, TrainingOptions options, Dataset dataset) throws IOException {
        WeightFile file = WeightFiles.read(path);
        identity(options, dataset).forEach((key, value) -> {
            @Nullable String stored = file.metadata().get(key);
            if (stored == null && LATER.contains(key)) return;
            if (!value.equals(stored))
                throw Problem.conflict(path + " was trained with " + key + " " + stored + ", not " + value
                        + "; use the same options to continue, or another folder to start anew");
        });
        Map<String, WeightStore.Values> stored = WeightStore.read(file);
        List<NetworkWeights> parts = new ArrayList<>();
        for (String label : labels(options)) {
            NetworkWeights part = NetworkWeights.zero(options.network());
            for (String name : part.names()) {
                WeightStore.@Nullable Values values = stored.get(label + "/" + name);
                float[] to = part.get(name);
                if (values == null || values.elements().length != to.length)
                    throw new FormatException(path, "lacks the tensor `" + label + "/" + name + "`, or it is damaged");
                System.arraycopy(values.elements(), 0, to, 0, to.length);
            }
            parts.add(part);
        }
        return new TrainingState(
                parts.get(0),
                parts.get(1),
                parts.get(2),
                parts.subList(3, parts.size()),
                number(file, NIMG),
                number(file, BAD_GRADIENTS));
    }

    private static long number(WeightFile file, String key) throws FormatException {
        try {
            return Long.parseLong(file.metadata().getOrDefault(key, ""));
        } catch (NumberFormatException e) {
            throw new FormatException(file.path(), "does not say its " + key);
        }
    }

    private List<NetworkWeights> parts() {
        return Stream.concat(Stream.of(weights, momentum, variance), averages.stream())
                .toList();
    }

    private static Map<String, String> identity(TrainingOptions options, Dataset dataset) {
        Map<String, String> identity = new TreeMap<>(options.identity());
        identity.put("data", dataset.identity());
        return identity;
    }

    private static List<String> labels(TrainingOptions options) {
        return Stream.concat(
                        Stream.of("weights", "momentum", "variance"),
                        options.averages().stream().map(a -> "average-" + a.label()))
                .toList();
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(
                            file -> NAME.matcher(file.getFileName().toString()).matches())
                    .sorted(Comparator.comparing(Path::getFileName))
                    .toList();
        }
    }
}
