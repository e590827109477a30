package phema.edm2;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import phema.format.FormatException;
import phema.format.WeightFile;

/** Holds an EDM2 network with its weights. */
public final class Network {
    private final String name;
    private final NetworkWeights weights;

    private Network(String name, NetworkWeights weights) {
        this.name = name;
        this.weights = weights;
    }

    /** @throws FormatException when the file is not readable, or is no network that can be run */
    public static Network read(Path file) throws IOException {
        return new Network(file.toString(), WeightStore.load(file));
    }

    /**
     * A network whose weights are in memory already.
     *
     * @param name that users know it by
     * @param index names and shapes of its tensors; where they lie in files does not matter
     * @param elements by name, in row-major order; taken over, not copied
     * @throws FormatException when this is no network that can be run
     */
    public static Network of(String name, WeightFile index, Map<String, float[]> elements) throws FormatException {
        return new Network(name, WeightStore.load(index, elements));
    }

    public NetworkSpec spec() {
        return weights.spec();
    }

    NetworkWeights weights() {
        return weights;
    }

    @Override
    public String toString() {
        return name;
    }
}
