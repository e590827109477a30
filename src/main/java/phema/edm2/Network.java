package phema.edm2;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import phema.format.FormatException;
import phema.format.NetworkSetting;
import phema.format.NetworkSettings;
import phema.format.WeightFile;
import phema.format.WeightFiles;
import phema.tensor.DType;

/** Holds an EDM2 network with its weights. */
public final class Network {
    private final String name;
    private final NetworkWeights weights;
    private final List<String> notices;

    private Network(String name, NetworkWeights weights, List<String> notices) {
        this.name = name;
        this.weights = weights;
        this.notices = List.copyOf(notices);
    }

    /** @throws FormatException when the file is not readable, or is no network that can be run */
    public static Network read(Path path) throws IOException {
        return read(path, NetworkSettings.NONE);
    }

    /**
     * @param manifest settings that count more than the file's own
     * @throws FormatException when the file is not readable, or is no network that can be run
     */
    public static Network read(Path path, NetworkSettings manifest) throws IOException {
        WeightFile file = WeightFiles.read(path);
        NetworkSettings own = NetworkSettings.of(file.metadata());
        List<NetworkSetting> contradicted = manifest.contradictions(own);
        List<String> notices = new ArrayList<>();
        if (!contradicted.isEmpty())
            notices.add(path + " states " + own.listed(contradicted) + ", and the manifest beside it "
                    + manifest.listed(contradicted) + "; the manifest counts");
        NetworkWeights weights = WeightStore.load(manifest.statedBy(file));
        notices.addAll(notices(path.toString(), weights.spec()));
        return new Network(path.toString(), weights, notices);
    }

    /**
     * A network whose weights are in memory already.
     *
     * @param name that users know it by
     * @param index names and shapes of its tensors, and what is stated of it; where they lie in files does not matter
     * @param elements by name, in row-major order; taken over, not copied
     * @throws FormatException when this is no network that can be run
     */
    public static Network of(String name, WeightFile index, Map<String, float[]> elements) throws FormatException {
        NetworkWeights weights = WeightStore.load(index, elements);
        return new Network(name, weights, notices(name, weights.spec()));
    }

    /** Writes a network as it is before training, as a safetensors file. */
    public static void writeUntrained(Path path, NetworkSpec spec, long seed) throws IOException {
        NetworkWeights weights = NetworkWeights.initial(spec, Randoms.of(seed, 0));
        SequencedMap<String, WeightStore.Values> tensors = new LinkedHashMap<>();
        for (String tensor : weights.names())
            tensors.put(tensor, new WeightStore.Values(weights.shape(tensor), weights.get(tensor)));
        WeightStore.write(path, tensors, DType.F16, spec.metadata());
    }

    private static List<String> notices(String name, NetworkSpec spec) {
        NetworkSettings settings = spec.settings();
        List<NetworkSetting> assumed =
                settings.unstated().stream().filter(spec::has).toList();
        List<String> notices = new ArrayList<>();
        if (!settings.unusual().isEmpty()) notices.add(name + ": unlike EDM2's defaults, " + settings.unusual());
        if (!assumed.isEmpty())
            notices.add(name + ": EDM2's defaults are taken for what is not stated: " + settings.listed(assumed));
        return notices;
    }

    public NetworkSpec spec() {
        return weights.spec();
    }

    /** What users should know of how it is run; one line each. */
    public List<String> notices() {
        return notices;
    }

    NetworkWeights weights() {
        return weights;
    }

    @Override
    public String toString() {
        return name;
    }
}
