package phema.edm2;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.ToDoubleFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.api.OutAndGrad;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import phema.format.NetworkSetting;
import phema.format.Tensor.TensorRole;

/**
 * Builds the denoiser {@code D(x; sigma, label) = c_skip x + c_out F(c_in x; c_noise, label)} and its loss as one graph
 * of SameDiff. For use by one platform thread: SameDiff keeps a session for every thread that ever ran a graph.
 */
final class Denoiser implements DenoisingNetwork {
    private static final String X = "x";
    private static final String LABELS = "labels";
    private static final String SKIP = "c_skip";
    private static final String OUT = "c_out";
    private static final String IN = "c_in";
    private static final String NOISE = "c_noise";
    private static final String TARGET = "target";
    private static final String WEIGHT = "loss_weight";
    private static final String MASK = ".dropout";
    private static final String DENOISED = "denoised";
    private static final String LOGVAR = "logvar";
    private static final String LOSS = "loss";

    private final NetworkSpec spec;
    private final UNet net;
    private final DataType type;
    private final boolean dropout;
    private final SameDiff sd;
    private final Layers layers;
    private final SequencedMap<String, SDVariable> parameters = new LinkedHashMap<>();
    private final List<String> trained = new ArrayList<>();
    private final SequencedMap<String, SDVariable> activations = new LinkedHashMap<>();
    private final StepMemory memory = new StepMemory();
    private boolean differentiated;

    /** The loss of a batch, and its gradient by parameter. @param loss mean over images and values */
    record Gradients(double loss, Map<String, float[]> byName) {}

    Denoiser(NetworkWeights weights) {
        this(weights, false);
    }

    /** @param dropout whether batches come with masks */
    Denoiser(NetworkWeights weights, boolean dropout) {
        this(weights, dropout, DataType.FLOAT);
    }

    /** @param type of all arithmetic */
    Denoiser(NetworkWeights weights, boolean dropout, DataType type) {
        this.spec = weights.spec();
        this.net = weights.net();
        this.type = type;
        this.dropout = dropout;
        Backend.start();
        this.sd = SameDiff.create();
        this.layers = Layers.of(spec, sd, parameters);
        net.parameters().forEach((name, parameter) -> {
            INDArray value = Nd4j.createUninitialized(
                    type, parameter.shape().dims().stream().mapToLong(d -> d).toArray());
            value.data().setData(weights.get(name));
            boolean buffer = parameter.role() == TensorRole.BUFFER;
            parameters.put(name, buffer ? sd.constant(name, value) : sd.var(name, value));
            if (!buffer) trained.add(name);
        });
        build();
    }

    /** The graph, for tests of gradients. */
    SameDiff graph() {
        return sd;
    }

    /** Takes over the trained tensors of {@code weights}. */
    void load(NetworkWeights weights) {
        for (String name : trained) {
            parameter(name).getArr().data().setData(weights.get(name));
        }
    }

    @Override
    public float[] denoise(Batch batch) {
        return output(batch, DENOISED);
    }

    @Override
    public float[] logvar(Batch batch) {
        return output(batch, LOGVAR);
    }

    private float[] output(Batch batch, String name) {
        memory.manage(sd);
        Map<String, INDArray> inputs = inputs(batch);
        try {
            return floats(sd.outputSingle(inputs, name));
        } finally {
            memory.reuse();
        }
    }

    /** Root mean squares of the outputs of layers and blocks, by name. */
    SequencedMap<String, Double> magnitudes(Batch batch) {
        memory.manage(sd);
        Map<String, INDArray> inputs = inputs(batch);
        try {
            Map<String, INDArray> outputs = sd.output(
                    inputs, activations.values().stream().map(SDVariable::name).toList());
            SequencedMap<String, Double> magnitudes = new LinkedHashMap<>();
            activations.forEach((name, activation) -> {
                INDArray output = Objects.requireNonNull(outputs.get(activation.name()));
                magnitudes.put(name, output.norm2Number().doubleValue() / Math.sqrt(output.length()));
            });
            return magnitudes;
        } finally {
            memory.reuse();
        }
    }

    /**
     * The gradient of the loss {@code weight / exp(u) |D - y|^2 + u} (arXiv 2312.02696, Eq. 21), summed over the values
     * of an image and averaged over images.
     *
     * @param clean the images without noise, [N, C, H, W]
     */
    Gradients gradients(Batch batch, float[] clean) {
        differentiate();
        memory.manage(Objects.requireNonNull(sd.getFunction("grad")));
        Map<String, INDArray> inputs = inputs(batch, clean);
        try {
            OutAndGrad result = sd.calculateGradientsAndOutputs(inputs, List.of(LOSS), trained);
            Map<String, float[]> byName = new LinkedHashMap<>();
            for (String name : trained)
                byName.put(
                        name,
                        floats(Objects.requireNonNull(result.getGradients().get(name))));
            INDArray loss = Objects.requireNonNull(result.getOutputs().get(LOSS));
            return new Gradients(loss.getDouble(0) / spec.pixels(), byName);
        } finally {
            memory.reuse();
        }
    }

    private void differentiate() {
        if (differentiated) return;
        Backend.silently(() -> sd.createGradFunction(trained.toArray(String[]::new)));
        differentiated = true;
    }

    Map<String, INDArray> inputs(Batch batch, float[] clean) {
        Map<String, INDArray> inputs = inputs(batch);
        inputs.put(TARGET, images(clean));
        inputs.put(WEIGHT, perImage(batch, Preconditioning::weight, 1, 1, 1));
        return inputs;
    }

    private Map<String, INDArray> inputs(Batch batch) {
        Map<String, INDArray> inputs = new LinkedHashMap<>();
        inputs.put(X, images(batch.x()));
        inputs.put(SKIP, perImage(batch, Preconditioning::skip, 1, 1, 1));
        inputs.put(OUT, perImage(batch, Preconditioning::out, 1, 1, 1));
        inputs.put(IN, perImage(batch, Preconditioning::in, 1, 1, 1));
        inputs.put(NOISE, perImage(batch, Preconditioning::noise, 1));
        if (spec.classes() > 0) inputs.put(LABELS, array(batch.labels(), batch.size(), spec.classes()));
        for (UNet.BlockSpec block : dropout ? net.blocks() : List.<UNet.BlockSpec>of()) {
            float[] mask = Objects.requireNonNull(batch.masks().get(block.name()), block.name());
            inputs.put(
                    block.name() + MASK,
                    array(mask, batch.size(), block.out(), block.resolution(), block.resolution()));
        }
        return inputs;
    }

    private INDArray perImage(Batch batch, ToDoubleFunction<Preconditioning> coefficient, long... ones) {
        float[] values = new float[batch.size()];
        for (int i = 0; i < values.length; i++)
            values[i] = (float) coefficient.applyAsDouble(Preconditioning.at(batch.sigma()[i], spec.sigmaData()));
        long[] shape = new long[ones.length + 1];
        Arrays.fill(shape, 1);
        shape[0] = values.length;
        return array(values, shape);
    }

    private INDArray images(float[] values) {
        return array(values, values.length / spec.pixels(), spec.channels(), spec.resolution(), spec.resolution());
    }

    private INDArray array(float[] values, long... shape) {
        INDArray array = memory.allocate(type, shape);
        array.data().setData(values);
        return array;
    }

    private static float[] floats(INDArray array) {
        if (array.dataType() == DataType.FLOAT && array.ordering() == 'c' && !array.isView())
            return array.data().asFloat();
        try (INDArray packed = array.castTo(DataType.FLOAT).dup('c')) {
            return packed.data().asFloat();
        }
    }

    private SDVariable parameter(String name) {
        return Objects.requireNonNull(parameters.get(name), name);
    }

    private void build() {
        long size = spec.resolution();
        SDVariable x = sd.placeHolder(X, type, -1, spec.channels(), size, size);
        SDVariable skip = sd.placeHolder(SKIP, type, -1, 1, 1, 1);
        SDVariable out = sd.placeHolder(OUT, type, -1, 1, 1, 1);
        SDVariable in = sd.placeHolder(IN, type, -1, 1, 1, 1);
        SDVariable noise = sd.placeHolder(NOISE, type, -1, 1);
        SDVariable denoised = x.mul(skip).add(network(x.mul(in), in, noise).mul(out));
        sd.renameVariable(denoised.name(), DENOISED);

        SDVariable fourier = fourier(noise, UNet.LOGVAR_FOURIER);
        SDVariable logvar = linear(fourier, UNet.LOGVAR, spec.logvarChannels()).reshape(-1, 1, 1, 1);
        sd.renameVariable(logvar.name(), LOGVAR);

        SDVariable target = sd.placeHolder(TARGET, type, -1, spec.channels(), size, size);
        SDVariable weight = sd.placeHolder(WEIGHT, type, -1, 1, 1, 1);
        SDVariable loss = sd.math()
                .square(denoised.sub(target))
                .mul(weight.mul(sd.math().exp(sd.math().neg(logvar))))
                .add(logvar)
                .mean()
                .mul(spec.pixels());
        sd.renameVariable(loss.name(), LOSS);
        sd.setLossVariables(LOSS);
    }

    /** The raw network F. @param x scaled to unit variance */
    private SDVariable network(SDVariable x, SDVariable in, SDVariable noise) {
        SDVariable embedding = linear(fourier(noise, UNet.NOISE_FOURIER), UNet.NOISE, spec.noiseChannels());
        if (spec.classes() > 0) {
            SDVariable labels = sd.placeHolder(LABELS, type, -1, spec.classes());
            SDVariable label = linear(labels.mul(Math.sqrt(spec.classes())), UNet.LABEL, spec.classes());
            embedding = layers.sum(embedding, label, setting(NetworkSetting.LABEL_BALANCE));
        }
        embedding = layers.silu(embedding);

        int constant = spec.architecture().constantChannels();
        if (constant > 0) {
            // c_in only lends its number of images.
            SDVariable ones = sd.constant(Nd4j.ones(type, 1, constant, spec.resolution(), spec.resolution()));
            x = sd.concat(1, x, in.mul(0).add(ones));
        }
        SDVariable y = conv(x, net.input(), spec.inputChannels(), 3);
        Deque<SDVariable> skips = new ArrayDeque<>();
        skips.push(y);
        for (UNet.BlockSpec block : net.encoder()) {
            y = block(block, y, embedding);
            skips.push(y);
        }
        for (UNet.BlockSpec block : net.decoder()) {
            if (block.skip() > 0) y = layers.concat(y, block.in() - block.skip(), skips.pop(), block.skip());
            y = block(block, y, embedding);
        }
        return record(UNet.OUTPUT, layers.output(y, spec.widths().getFirst(), spec.resolution()));
    }

    /** Fig. 21. @param embedding [N, embedding channels] */
    SDVariable block(UNet.BlockSpec block, SDVariable input, SDVariable embedding) {
        boolean encoder = block.side() == UNet.Side.ENCODER;
        boolean widens = block.in() != block.out();
        String name = block.name();
        int size = block.resolution();
        SDVariable x = Parts.resample(sd, input, block.resample());
        if (encoder) {
            if (widens) x = conv(x, name + ".conv_skip", block.in(), 1);
            x = layers.pixelNorm(x, block.out());
        }
        SDVariable y = layers.silu(layers.groupNorm(x, name + UNet.NORM0, block.residualIn(), size));
        y = conv(y, name + ".conv_res0", block.residualIn(), 3);
        SDVariable modulation = linear(embedding, name + ".emb_linear", spec.embeddingChannels());
        y = layers.silu(layers.modulate(y, modulation, block));
        if (dropout) y = y.mul(sd.placeHolder(name + MASK, type, -1, block.out(), size, size));
        y = conv(y, name + ".conv_res1", block.out(), 3);
        if (!encoder && widens) x = conv(x, name + ".conv_skip", block.in(), 1);
        x = layers.sum(x, y, setting(NetworkSetting.RES_BALANCE));
        if (block.heads() > 0) {
            SDVariable normalized = layers.groupNorm(x, name + UNet.ATTENTION_NORM, block.out(), size);
            SDVariable qkv = conv(normalized, name + ".attn_qkv", block.out(), 1);
            y = layers.attention(qkv, block.out(), block.heads(), size);
            y = conv(y, name + ".attn_proj", block.out(), 1);
            x = layers.sum(x, y, setting(NetworkSetting.ATTN_BALANCE));
        }
        return record(name, layers.clip(x));
    }

    private double setting(NetworkSetting setting) {
        return spec.settings().number(setting);
    }

    private SDVariable conv(SDVariable x, String name, int in, int kernel) {
        return record(name, layers.conv(x, name, in, kernel));
    }

    private SDVariable linear(SDVariable x, String name, int in) {
        return record(name, layers.linear(x, name, in));
    }

    private SDVariable record(String name, SDVariable activation) {
        activations.put(name, activation);
        return activation;
    }

    private SDVariable fourier(SDVariable x, String name) {
        return Parts.fourier(sd, x, parameter(name + ".freqs"), parameter(name + ".phases"));
    }

    @Override
    public void close() {
        parameters.values().forEach(parameter -> parameter.getArr().close());
        memory.close();
    }
}
