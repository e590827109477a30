package phema.edm2;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import phema.format.Tensor.TensorRole;
import phema.tensor.Shape;

/**
 * Gives the tensors of one network, in fp32 and row-major, by name and shape as in files. The arrays are shared with
 * whoever asks, but for those of a file, which are read by whoever asks: a large network is not held twice.
 */
final class NetworkWeights {
    private final UNet net;
    private final Function<String, float[]> values;

    private NetworkWeights(UNet net, Function<String, float[]> values) {
        this.net = net;
        this.values = values;
    }

    /** What a network is before training. */
    static NetworkWeights initial(NetworkSpec spec, RandomGenerator random) {
        NetworkWeights weights = zero(spec);
        weights.net.parameters().forEach((name, parameter) -> parameter.fill(weights.get(name), random));
        return weights;
    }

    static NetworkWeights zero(NetworkSpec spec) {
        UNet net = UNet.of(spec);
        Map<String, float[]> zeros = new HashMap<>();
        net.parameters()
                .forEach((name, parameter) -> zeros.put(
                        name, new float[Math.toIntExact(parameter.shape().elements())]));
        return new NetworkWeights(net, held(zeros));
    }

    /** @param elements of every tensor, by name; taken over, not copied. Others are ignored */
    static NetworkWeights of(NetworkSpec spec, Map<String, float[]> elements) {
        return new NetworkWeights(UNet.of(spec), held(elements));
    }

    /** @param reader gives the elements of a tensor, every time anew */
    static NetworkWeights read(NetworkSpec spec, Function<String, float[]> reader) {
        return new NetworkWeights(UNet.of(spec), reader);
    }

    private static Function<String, float[]> held(Map<String, float[]> elements) {
        return name -> Objects.requireNonNull(elements.get(name), name);
    }

    NetworkWeights copy() {
        Map<String, float[]> copies = new HashMap<>();
        for (String name : names()) copies.put(name, get(name).clone());
        return new NetworkWeights(net, held(copies));
    }

    NetworkSpec spec() {
        return net.spec();
    }

    UNet net() {
        return net;
    }

    /** Names of all tensors in the order of files. */
    Iterable<String> names() {
        return net.parameters().sequencedKeySet();
    }

    /** Names of what is trained and averaged. */
    Iterable<String> trained() {
        return () -> net.parameters().entrySet().stream()
                .filter(e -> e.getValue().role() == TensorRole.PARAMETER)
                .map(Map.Entry::getKey)
                .iterator();
    }

    float[] get(String name) {
        shape(name);
        return values.apply(name);
    }

    Shape shape(String name) {
        UNet.Parameter parameter = net.parameters().get(name);
        if (parameter == null) throw new IllegalArgumentException("no tensor " + name);
        return parameter.shape();
    }

    /** Output channels of a layer. */
    static int rows(Shape shape) {
        return shape.rank() == 0 ? 1 : Math.toIntExact(shape.dims().getFirst());
    }

    /**
     * Forced weight normalization of EDM2 (arXiv 2312.02696, Eq. 66): every output channel of every layer gets a root
     * mean square of one. Gains and buffers stay, and so does all of ADM.
     */
    void normalize() {
        if (spec().architecture() != Architecture.EDM2) return;
        for (String name : trained()) {
            Shape shape = shape(name);
            if (shape.rank() == 0) continue;
            float[] w = get(name);
            int rows = rows(shape);
            int n = w.length / rows;
            for (int row = 0; row < rows; row++) {
                double squares = 0;
                for (int i = row * n; i < (row + 1) * n; i++) squares += (double) w[i] * w[i];
                float scale = (float) (1 / (1e-4 + Math.sqrt(squares / n)));
                for (int i = row * n; i < (row + 1) * n; i++) w[i] *= scale;
            }
        }
    }
}
