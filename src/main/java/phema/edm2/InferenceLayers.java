package phema.edm2;

import static phema.onnx.GraphBuilder.NodeOption.count;
import static phema.onnx.GraphBuilder.NodeOption.counts;
import static phema.onnx.GraphBuilder.NodeOption.number;
import static phema.onnx.GraphBuilder.NodeOption.to;
import static phema.onnx.GraphBuilder.NodeOption.word;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import phema.onnx.GraphBuilder;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * Builds the layers of a network as operators of ONNX. What is constant is computed here, once, and most factors of
 * magnitude-preserving layers (arXiv 2312.02696, App. B) go into the weights of the convolutions that follow.
 */
final class InferenceLayers {
    private static final double EPSILON = 1e-4;
    private static final double NORM_EPSILON = 1e-5;

    /** The least share of a sum's first term by which the second one is divided. */
    private static final double LEAST_SHARE = 1.0 / 16;

    private final GraphBuilder graph;
    private final NetworkWeights weights;
    private final boolean adm;
    private final DType type;

    /** @param type of convolutions and attention; embeddings and norms are computed in 32 bits */
    InferenceLayers(GraphBuilder graph, NetworkWeights weights, DType type) {
        this.graph = graph;
        this.weights = weights;
        this.adm = weights.spec().architecture() == Architecture.ADM;
        this.type = type;
    }

    /** A value of the graph, [N, channels, ...], which stands for its product with a factor that is applied later. */
    record Scaled(String value, double scale, int channels) {
        Scaled times(double factor) {
            return new Scaled(value, scale * factor, channels);
        }
    }

    /** Brings a value of 32 bits to the type of convolutions. */
    String narrowed(String value) {
        return type == DType.F32 ? value : graph.node("Cast", List.of(value), to(type));
    }

    /** Brings a value of convolutions to 32 bits. */
    String widened(String value) {
        return type == DType.F32 ? value : graph.node("Cast", List.of(value), to(DType.F32));
    }

    /**
     * A convolution whose output has the size of its input (Eq. 47).
     *
     * @param parts of the input, along channels
     * @param gain of the output
     */
    Scaled conv(List<Scaled> parts, String name, int kernel, double gain) {
        return conv(parts, name, kernel, rows(name, gain));
    }

    private Scaled conv(List<Scaled> parts, String name, int kernel, Rows rows) {
        double[] factors = factors(parts);
        String weight = graph.weight(type, weights.shape(name + ".weight"), channel -> rows.row(channel, factors));
        List<String> inputs = new ArrayList<>(List.of(concatenated(parts), weight));
        if (adm) inputs.add(graph.weight(type, Shape.of(rows.bias().length), rows.bias()));
        int pad = kernel / 2;
        String value =
                graph.node("Conv", inputs, counts("kernel_shape", kernel, kernel), counts("pads", pad, pad, pad, pad));
        return new Scaled(value, 1, rows.count());
    }

    private String concatenated(List<Scaled> parts) {
        return parts.size() == 1
                ? parts.getFirst().value()
                : graph.node("Concat", parts.stream().map(Scaled::value).toList(), count("axis", 1));
    }

    /** The parts as one value. They have no factors, or it is computed. */
    String whole(List<Scaled> parts) {
        return concatenated(parts.stream()
                .map(part -> part.scale() == 1 ? part : new Scaled(scaled(part), 1, part.channels()))
                .toList());
    }

    private String scaled(Scaled x) {
        return graph.node("Mul", List.of(x.value(), graph.constant(type, Shape.of(), (float) x.scale())));
    }

    /** The factor of each channel, or one where all are equal. */
    private static double[] factors(List<Scaled> parts) {
        if (parts.stream().mapToDouble(Scaled::scale).distinct().count() == 1)
            return new double[] {parts.getFirst().scale()};
        double[] factors = new double[parts.stream().mapToInt(Scaled::channels).sum()];
        int at = 0;
        for (Scaled part : parts) Arrays.fill(factors, at, at += part.channels(), part.scale());
        return factors;
    }

    /** Holds the weights of a layer by output channel, whose normalization, in EDM2, is a part of them. */
    private static final class Rows {
        private final float[] weight;
        private final int length;
        private final double gain;
        private final boolean normalized;
        private final float[] bias;
        private final int[] order;

        private Rows(float[] weight, int length, double gain, boolean normalized, float[] bias, int[] order) {
            this.weight = weight;
            this.length = length;
            this.gain = gain;
            this.normalized = normalized;
            this.bias = bias;
            this.order = order;
        }

        int count() {
            return order.length;
        }

        /** Empty but in ADM. */
        float[] bias() {
            float[] ordered = new float[bias.length];
            for (int o = 0; o < ordered.length; o++) ordered[o] = (float) (bias[order[o]] * gain);
            return ordered;
        }

        /** Takes channels in another order. */
        Rows ordered(int... other) {
            return new Rows(weight, length, gain, normalized, bias, other);
        }

        /** @param inputs factors of input channels, or one for all */
        float[] row(int channel, double... inputs) {
            int from = order[channel] * length;
            double factor =
                    normalized ? gain / (Math.sqrt(length) * (EPSILON + Math.sqrt(squares(from) / length))) : gain;
            float[] row = new float[length];
            int run = length / inputs.length;
            for (int start = 0; start < length; start += run) {
                float product = (float) (factor * inputs[start / run]);
                for (int i = start; i < start + run; i++) row[i] = weight[from + i] * product;
            }
            return row;
        }

        /** In four sums, since each addition would wait for the one before. */
        private double squares(int from) {
            double a = 0;
            double b = 0;
            double c = 0;
            double d = 0;
            int i = from;
            for (; i + 3 < from + length; i += 4) {
                a += (double) weight[i] * weight[i];
                b += (double) weight[i + 1] * weight[i + 1];
                c += (double) weight[i + 2] * weight[i + 2];
                d += (double) weight[i + 3] * weight[i + 3];
            }
            for (; i < from + length; i++) a += (double) weight[i] * weight[i];
            return a + b + c + d;
        }
    }

    private Rows rows(String name, double gain) {
        float[] weight = weights.get(name + ".weight");
        int count = Math.toIntExact(weights.shape(name + ".weight").dims().getFirst());
        float[] bias = adm ? weights.get(name + ".bias") : new float[0];
        return new Rows(
                weight,
                weight.length / count,
                gain,
                !adm,
                bias,
                IntStream.range(0, count).toArray());
    }

    /** {@code cos(x * freqs + phases)}, which Eq. 75 multiplies with the root of two. @param x [N, 1] */
    Scaled fourier(String x, String name) {
        float[] freqs = weights.get(name + ".freqs");
        String turns = graph.node("Mul", List.of(x, graph.weight(DType.F32, Shape.of(1, freqs.length), freqs)));
        String phases = graph.weight(DType.F32, Shape.of(1, freqs.length), weights.get(name + ".phases"));
        String cosines = graph.node("Cos", List.of(graph.node("Add", List.of(turns, phases))));
        return new Scaled(cosines, Math.sqrt(2), freqs.length);
    }

    /** A layer of vectors, in 32 bits. @param x [N, in] @param more [N, out], which is added; empty for nothing */
    Scaled linear(Scaled x, String name, double gain, String more) {
        Rows rows = rows(name, gain);
        String weight =
                graph.weight(DType.F32, weights.shape(name + ".weight"), channel -> rows.row(channel, x.scale()));
        String added = more;
        if (adm) {
            String bias = graph.weight(DType.F32, Shape.of(rows.count()), rows.bias());
            added = more.isEmpty() ? bias : graph.node("Add", List.of(more, bias));
        }
        List<String> inputs = added.isEmpty() ? List.of(x.value(), weight) : List.of(x.value(), weight, added);
        return new Scaled(graph.node("Gemm", inputs, count("transB", 1)), 1, rows.count());
    }

    /** The sum of two embeddings (Eq. 88): the first layer's and the second one's. @param t share of the second */
    Scaled linearSum(Scaled x, String name, Scaled y, String second, double t) {
        double norm = adm ? 1 : Math.hypot(1 - t, t);
        Scaled first = linear(x, name, (adm ? 1 : 1 - t) / norm, "");
        return linear(y, second, (adm ? 1 : t) / norm, first.value());
    }

    /** Eq. 81, or without its factor in ADM. */
    Scaled silu(Scaled x) {
        String value = graph.extension("QuickGelu", List.of(x.value()), number("alpha", x.scale()));
        return new Scaled(value, adm ? x.scale() : x.scale() / Parts.SILU_MAGNITUDE, x.channels());
    }

    List<Scaled> silu(List<Scaled> parts) {
        return parts.stream().map(this::silu).toList();
    }

    /** What the embedding says to one block. @param shift only in ADM */
    record Modulation(String scale, Optional<String> shift) {}

    /** {@code 1 + gain emb_linear(embedding)} of every block, and ADM's shifts, by one product of matrices. */
    Map<String, Modulation> modulations(Scaled embedding, List<UNet.BlockSpec> blocks) {
        List<float[]> weight = new ArrayList<>();
        List<float[]> bias = new ArrayList<>();
        List<Long> sizes = new ArrayList<>();
        for (UNet.BlockSpec block : blocks) {
            Rows rows =
                    rows(block.name() + ".emb_linear", adm ? 1 : weights.get(block.name() + UNet.EMBEDDING_GAIN)[0]);
            float[] added = adm ? rows.bias() : new float[rows.count()];
            for (int o = 0; o < block.out(); o++) added[o] += 1;
            for (int o = 0; o < rows.count(); o++) weight.add(rows.row(o, embedding.scale()));
            bias.add(added);
            for (int o = 0; o < rows.count(); o += block.out()) sizes.add((long) block.out());
        }
        float[] allBias = joined(bias);
        String all = graph.node(
                "Gemm",
                List.of(
                        embedding.value(),
                        graph.weight(DType.F32, Shape.of(weight.size(), embedding.channels()), weight::get),
                        graph.weight(DType.F32, Shape.of(allBias.length), allBias)),
                count("transB", 1));
        String column = graph.node("Reshape", List.of(narrowed(all), graph.counts(0, -1, 1, 1)));
        Iterator<String> parts = graph.nodes(
                        "Split",
                        sizes.size(),
                        List.of(
                                column,
                                graph.counts(sizes.stream().mapToLong(n -> n).toArray())),
                        count("axis", 1))
                .iterator();
        Map<String, Modulation> modulations = new HashMap<>();
        for (UNet.BlockSpec block : blocks)
            modulations.put(
                    block.name(), new Modulation(parts.next(), adm ? Optional.of(parts.next()) : Optional.empty()));
        return modulations;
    }

    private static float[] joined(List<float[]> parts) {
        float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    /** Between the two convolutions of a block. @param x without a factor */
    Scaled modulate(Scaled x, Modulation modulation, UNet.BlockSpec block) {
        List<Scaled> normalized = groupNorm(List.of(x), block.name() + UNet.NORM1, block.resolution());
        String product = graph.node("Mul", List.of(whole(normalized), modulation.scale()));
        String value = modulation
                .shift()
                .map(shift -> graph.node("Add", List.of(product, shift)))
                .orElse(product);
        return new Scaled(value, 1, x.channels());
    }

    /** {@code x / (eps + |x|)} with root mean squares over one axis. */
    private String normalized(Scaled x, int axis) {
        String wide = widened(x.value());
        String squares = graph.node("Mul", List.of(wide, wide));
        String mean = graph.node("ReduceMean", List.of(squares, graph.counts(axis)), count("keepdims", 1));
        String magnitude = graph.node(
                "Add", List.of(graph.node("Sqrt", List.of(mean)), graph.constant(DType.F32, Shape.of(), (float)
                        (EPSILON / x.scale()))));
        return graph.node("Div", List.of(x.value(), narrowed(magnitude)));
    }

    /** Normalizes pixels, in EDM2. */
    Scaled pixelNorm(Scaled x) {
        return adm ? x : new Scaled(normalized(x, 1), 1, x.channels());
    }

    /** Normalizes groups of channels, in ADM (arXiv 1803.08494). */
    List<Scaled> groupNorm(List<Scaled> parts, String name, int resolution) {
        if (!adm) return parts;
        int channels = parts.stream().mapToInt(Scaled::channels).sum();
        int groups = AdmParts.groups(channels);
        float[] ones = new float[groups];
        Arrays.fill(ones, 1);
        String grouped = graph.node("Reshape", List.of(widened(whole(parts)), graph.counts(0, groups, -1)));
        String normalized = graph.node(
                "InstanceNormalization",
                List.of(
                        grouped,
                        graph.constant(DType.F32, Shape.of(groups), ones),
                        graph.constant(DType.F32, Shape.of(groups), new float[groups])),
                number("epsilon", NORM_EPSILON));
        String images = graph.node("Reshape", List.of(normalized, graph.counts(0, channels, resolution, resolution)));
        Shape shape = Shape.of(channels, 1, 1);
        String scaled =
                graph.node("Mul", List.of(images, graph.weight(DType.F32, shape, weights.get(name + ".weight"))));
        String shifted =
                graph.node("Add", List.of(scaled, graph.weight(DType.F32, shape, weights.get(name + ".bias"))));
        return List.of(new Scaled(narrowed(shifted), 1, channels));
    }

    Scaled resample(Scaled x, UNet.Resample mode) {
        String value = switch (mode) {
            case NONE -> x.value();
            case DOWN ->
                graph.node("AveragePool", List.of(x.value()), counts("kernel_shape", 2, 2), counts("strides", 2, 2));
            case UP ->
                graph.node(
                        "Resize",
                        List.of(x.value(), "", graph.constant(DType.F32, Shape.of(4), 1, 1, 2, 2)),
                        word("mode", "nearest"),
                        word("coordinate_transformation_mode", "asymmetric"),
                        word("nearest_mode", "floor"));
        };
        return new Scaled(value, x.scale(), x.channels());
    }

    /**
     * The sum of a main branch and a convolution's output (Eq. 88).
     *
     * @param t share of the convolution
     */
    Scaled sum(Scaled x, Scaled y, String name, int kernel, double t) {
        double norm = adm ? 1 : Math.hypot(1 - t, t);
        double ofX = (adm ? 1 : 1 - t) / norm * x.scale();
        double ofY = (adm ? 1 : t) / norm;
        if (ofX < LEAST_SHARE * ofY) {
            String first = scaled(new Scaled(x.value(), ofX, x.channels()));
            String second = conv(List.of(y), name, kernel, ofY).value();
            return new Scaled(graph.node("Add", List.of(second, first)), 1, x.channels());
        }
        String second = conv(List.of(y), name, kernel, ofY / ofX).value();
        return new Scaled(graph.node("Add", List.of(second, x.value())), ofX, x.channels());
    }

    /** Concatenation (Eq. 103), where only convolutions need the parts side by side. @param t share of {@code b} */
    List<Scaled> concat(Scaled a, Scaled b, double t) {
        if (adm) return List.of(a, b);
        double c = Math.sqrt((a.channels() + b.channels()) / ((1 - t) * (1 - t) + t * t));
        return List.of(a.times(c / Math.sqrt(a.channels()) * (1 - t)), b.times(c / Math.sqrt(b.channels()) * t));
    }

    /**
     * Attention over pixels (arXiv 1706.03762, Eq. 1; in EDM2 of normalized vectors).
     *
     * @param name of the layer that makes queries, keys and values, in files ordered by head, channel of the head, and
     *     which of the three
     */
    Scaled attention(List<Scaled> x, String name, int channels, int heads, int resolution) {
        int perHead = channels / heads;
        int[] order = new int[3 * channels];
        for (int i = 0; i < order.length; i++) order[i] = i % channels * 3 + i / channels;
        String all = conv(x, name, 1, rows(name, 1).ordered(order)).value();
        String split = graph.node("Reshape", List.of(all, graph.counts(0, 3L * heads, perHead, -1)));
        if (!adm) split = normalized(new Scaled(split, 1, channels), 2);
        List<String> parts =
                graph.nodes("Split", 3, List.of(split, graph.counts(heads, heads, heads)), count("axis", 1));
        String scores = graph.extension(
                "FusedMatMul",
                List.of(parts.get(0), parts.get(1)),
                count("transA", 1),
                number("alpha", 1 / Math.sqrt(perHead)));
        String attended = graph.node("Softmax", List.of(scores), count("axis", -1));
        String values = graph.extension("FusedMatMul", List.of(parts.get(2), attended), count("transB", 1));
        String images = graph.node("Reshape", List.of(values, graph.counts(0, channels, resolution, resolution)));
        return new Scaled(images, 1, channels);
    }

    /** @param limit of magnitudes, infinite for none */
    Scaled clip(Scaled x, double limit) {
        if (adm || Double.isInfinite(limit)) return x;
        float most = (float) (limit / x.scale());
        String value = graph.node(
                "Clip",
                List.of(x.value(), graph.constant(type, Shape.of(), -most), graph.constant(type, Shape.of(), most)));
        return new Scaled(value, x.scale(), x.channels());
    }

    /** Appends channels of ones. */
    Scaled withOnes(Scaled x, int ones) {
        if (ones == 0) return x;
        String padded = graph.node(
                "Pad",
                List.of(x.value(), graph.counts(0, 0, 0, 0, 0, ones, 0, 0), graph.constant(type, Shape.of(), (float)
                        (1 / x.scale()))));
        return new Scaled(padded, x.scale(), x.channels() + ones);
    }

    /** The last convolution, and what comes before it in ADM. */
    String output(Scaled x, int resolution) {
        if (!adm)
            return conv(List.of(x), UNet.OUTPUT, 3, weights.get(UNet.OUTPUT_GAIN)[0])
                    .value();
        List<Scaled> activated = silu(groupNorm(List.of(x), UNet.OUTPUT_NORM, resolution));
        return conv(activated, UNet.OUTPUT, 3, 1).value();
    }
}
