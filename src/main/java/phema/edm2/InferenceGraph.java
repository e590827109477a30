package phema.edm2;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import phema.edm2.InferenceLayers.Modulation;
import phema.edm2.InferenceLayers.Scaled;
import phema.format.NetworkSetting;
import phema.onnx.GraphBuilder;
import phema.onnx.OnnxGraph;
import phema.tensor.DType;

/** Builds the graph of ONNX's operators that does what {@link Denoiser} does, but for training. */
final class InferenceGraph {
    static final String X = "x";
    static final String LABELS = "labels";
    static final String SKIP = "c_skip";
    static final String OUT = "c_out";
    static final String IN = "c_in";
    static final String NOISE = "c_noise";
    static final String DENOISED = "denoised";
    static final String LOGVAR = "logvar";

    private final NetworkSpec spec;
    private final UNet net;
    private final GraphBuilder graph;
    private final InferenceLayers layers;

    private InferenceGraph(NetworkWeights weights, GraphBuilder graph, DType type) {
        this.spec = weights.spec();
        this.net = weights.net();
        this.graph = graph;
        this.layers = new InferenceLayers(graph, weights, type);
    }

    /**
     * The graph, whose inputs and outputs have 32 bits.
     *
     * @param type of convolutions and attention
     */
    static OnnxGraph of(NetworkWeights weights, DType type) {
        try (GraphBuilder graph = new GraphBuilder()) {
            new InferenceGraph(weights, graph, type).build();
            return graph.open();
        }
    }

    private void build() {
        long[] images = {-1, spec.channels(), spec.resolution(), spec.resolution()};
        String x = graph.input(X, DType.F32, images);
        String skip = graph.input(SKIP, DType.F32, -1, 1, 1, 1);
        String out = graph.input(OUT, DType.F32, -1, 1, 1, 1);
        String in = graph.input(IN, DType.F32, -1, 1, 1, 1);
        String noise = graph.input(NOISE, DType.F32, -1, 1);
        String raw = network(graph.node("Mul", List.of(x, in)), noise);
        String denoised =
                graph.node("Add", List.of(graph.node("Mul", List.of(x, skip)), graph.node("Mul", List.of(raw, out))));
        graph.output(DENOISED, denoised, DType.F32, images);
        Scaled logvar = layers.linear(layers.fourier(noise, UNet.LOGVAR_FOURIER), UNet.LOGVAR, 1, "");
        graph.output(LOGVAR, logvar.value(), DType.F32, -1, 1);
    }

    /** The raw network F. @param x scaled to unit variance */
    private String network(String x, String noise) {
        Map<String, Modulation> modulations = layers.modulations(embedding(noise), net.blocks());
        Scaled input = layers.withOnes(
                new Scaled(layers.narrowed(x), 1, spec.channels()),
                spec.architecture().constantChannels());
        Scaled y = layers.conv(List.of(input), net.input(), 3, 1);
        Deque<Scaled> skips = new ArrayDeque<>();
        skips.push(y);
        for (UNet.BlockSpec block : net.encoder()) {
            y = block(block, List.of(y), modulations);
            skips.push(y);
        }
        for (UNet.BlockSpec block : net.decoder()) {
            List<Scaled> parts = block.skip() > 0
                    ? layers.concat(y, skips.pop(), setting(NetworkSetting.CONCAT_BALANCE))
                    : List.of(y);
            y = block(block, parts, modulations);
        }
        return layers.widened(layers.output(y, spec.resolution()));
    }

    private Scaled embedding(String noise) {
        Scaled fourier = layers.fourier(noise, UNet.NOISE_FOURIER);
        if (spec.classes() == 0) return layers.silu(layers.linear(fourier, UNet.NOISE, 1, ""));
        String labels = graph.input(LABELS, DType.F32, -1, spec.classes());
        Scaled label = new Scaled(labels, Math.sqrt(spec.classes()), spec.classes());
        return layers.silu(
                layers.linearSum(fourier, UNet.NOISE, label, UNet.LABEL, setting(NetworkSetting.LABEL_BALANCE)));
    }

    /** Fig. 21. @param input parts along channels */
    private Scaled block(UNet.BlockSpec block, List<Scaled> input, Map<String, Modulation> modulations) {
        boolean encoder = block.side() == UNet.Side.ENCODER;
        boolean widens = block.in() != block.out();
        String name = block.name();
        int size = block.resolution();
        List<Scaled> x = input.stream()
                .map(part -> layers.resample(part, block.resample()))
                .toList();
        if (encoder) {
            if (widens) x = List.of(layers.conv(x, name + ".conv_skip", 1, 1));
            x = List.of(layers.pixelNorm(x.getFirst()));
        }
        List<Scaled> activated = layers.silu(layers.groupNorm(x, name + UNet.NORM0, size));
        Scaled y = layers.conv(activated, name + ".conv_res0", 3, 1);
        y = layers.silu(layers.modulate(y, Objects.requireNonNull(modulations.get(name)), block));
        Scaled main = !encoder && widens ? layers.conv(x, name + ".conv_skip", 1, 1) : x.getFirst();
        main = layers.sum(main, y, name + ".conv_res1", 3, setting(NetworkSetting.RES_BALANCE));
        if (block.heads() > 0) {
            List<Scaled> normalized = layers.groupNorm(List.of(main), name + UNet.ATTENTION_NORM, size);
            Scaled attended = layers.attention(normalized, name + ".attn_qkv", block.out(), block.heads(), size);
            main = layers.sum(main, attended, name + ".attn_proj", 1, setting(NetworkSetting.ATTN_BALANCE));
        }
        return layers.clip(main, setting(NetworkSetting.CLIP_ACT));
    }

    private double setting(NetworkSetting setting) {
        return spec.settings().number(setting);
    }
}
