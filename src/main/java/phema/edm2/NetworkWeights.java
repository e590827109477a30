package phema.edm2;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.random.RandomGenerator;
import phema.format.Tensor.TensorRole;
import phema.tensor.Shape;

/**
 * Holds the tensors of one network, in fp32 and row-major, by name and shape as in files. The arrays are shared with
 * whoever asks.
 */
final class NetworkWeights {
    private final UNet net;
    private final SequencedMap<String, float[]> values = new LinkedHashMap<>();

    private NetworkWeights(UNet net) {
        this.net = net;
    }

    /** What a network is before training. */
    static NetworkWeights initial(NetworkSpec spec, RandomGenerator random) {
        NetworkWeights weights = zero(spec);
        weights.net.parameters().forEach((name, parameter) -> {
            float[] to = weights.get(name);
            double fanIn = (double) to.length / rows(parameter.shape());
            for (int i = 0; i < to.length; i++)
                to[i] = (float)
                        switch (parameter.initial()) {
                            case NORMAL -> random.nextGaussian();
                            case NORMAL_FAN_IN -> random.nextGaussian() / Math.sqrt(fanIn);
                            case ZERO -> 0;
                            case ONE -> 1;
                            case FREQUENCY -> 2 * Math.PI * random.nextGaussian();
                            case PHASE -> 2 * Math.PI * random.nextDouble();
                        };
        });
        return weights;
    }

    static NetworkWeights zero(NetworkSpec spec) {
        NetworkWeights weights = new NetworkWeights(UNet.of(spec));
        weights.net
                .parameters()
                .forEach((name, parameter) -> weights.values.put(
                        name, new float[Math.toIntExact(parameter.shape().elements())]));
        return weights;
    }

    /** @param elements of every tensor, by name; taken over, not copied. Others are ignored */
    static NetworkWeights of(NetworkSpec spec, Map<String, float[]> elements) {
        NetworkWeights weights = new NetworkWeights(UNet.of(spec));
        for (String name : weights.net.parameters().keySet())
            weights.values.put(name, Objects.requireNonNull(elements.get(name), name));
        return weights;
    }

    NetworkWeights copy() {
        NetworkWeights copy = new NetworkWeights(net);
        values.forEach((name, value) -> copy.values.put(name, value.clone()));
        return copy;
    }

    NetworkSpec spec() {
        return net.spec();
    }

    UNet net() {
        return net;
    }

    /** Names of all tensors in the order of files. */
    Iterable<String> names() {
        return values.sequencedKeySet();
    }

    /** Names of what is trained and averaged. */
    Iterable<String> trained() {
        return () -> net.parameters().entrySet().stream()
                .filter(e -> e.getValue().role() == TensorRole.PARAMETER)
                .map(Map.Entry::getKey)
                .iterator();
    }

    float[] get(String name) {
        float[] value = values.get(name);
        if (value == null) throw new IllegalArgumentException("no tensor " + name);
        return value;
    }

    Shape shape(String name) {
        UNet.Parameter parameter = net.parameters().get(name);
        if (parameter == null) throw new IllegalArgumentException("no tensor " + name);
        return parameter.shape();
    }

    /** Output channels of a layer. */
    private static int rows(Shape shape) {
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
