package phema.edm2;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import phema.onnx.OnnxDevice;
import phema.onnx.OnnxGraph;
import phema.onnx.TensorBuffer;
import phema.tensor.DType;
import phema.tensor.Shape;

/** Denoises with ONNX Runtime, as many images at once as memory is meant to hold. */
final class OnnxDenoiser implements DenoisingNetwork {
    private static final int MOST = 1024;

    private final NetworkSpec spec;
    private final OnnxGraph graph;
    private final int atOnce;

    /** @param type of convolutions and attention */
    OnnxDenoiser(NetworkWeights weights, DType type) {
        this(weights, type, OnnxDevice.get().memory() / (weights.net().memory() * type.bytes()));
    }

    /** @param images that go through the network at once, at least one of them */
    OnnxDenoiser(NetworkWeights weights, DType type, long images) {
        this.spec = weights.spec();
        this.atOnce = (int) Math.clamp(images, 1, MOST);
        this.graph = InferenceGraph.of(weights, type);
    }

    @Override
    public float[] denoise(Batch batch) {
        return run(batch, InferenceGraph.DENOISED, spec.pixels());
    }

    @Override
    public float[] logvar(Batch batch) {
        return run(batch, InferenceGraph.LOGVAR, 1);
    }

    private float[] run(Batch batch, String output, int values) {
        float[] all = new float[batch.size() * values];
        for (int first = 0; first < batch.size(); first += atOnce) {
            int end = Math.min(batch.size(), first + atOnce);
            float[] some = graph.run(inputs(part(batch, first, end)), output).floats();
            System.arraycopy(some, 0, all, first * values, some.length);
        }
        return all;
    }

    private Batch part(Batch batch, int first, int end) {
        if (first == 0 && end == batch.size()) return batch;
        return new Batch(
                Arrays.copyOfRange(batch.x(), first * spec.pixels(), end * spec.pixels()),
                Arrays.copyOfRange(batch.sigma(), first, end),
                Arrays.copyOfRange(batch.labels(), first * spec.classes(), end * spec.classes()));
    }

    private Map<String, TensorBuffer> inputs(Batch batch) {
        int n = batch.size();
        Map<String, TensorBuffer> inputs = new HashMap<>();
        inputs.put(
                InferenceGraph.X,
                TensorBuffer.of(Shape.of(n, spec.channels(), spec.resolution(), spec.resolution()), batch.x()));
        inputs.put(InferenceGraph.SKIP, perImage(batch, Preconditioning::skip, Shape.of(n, 1, 1, 1)));
        inputs.put(InferenceGraph.OUT, perImage(batch, Preconditioning::out, Shape.of(n, 1, 1, 1)));
        inputs.put(InferenceGraph.IN, perImage(batch, Preconditioning::in, Shape.of(n, 1, 1, 1)));
        inputs.put(InferenceGraph.NOISE, perImage(batch, Preconditioning::noise, Shape.of(n, 1)));
        if (spec.classes() > 0)
            inputs.put(InferenceGraph.LABELS, TensorBuffer.of(Shape.of(n, spec.classes()), batch.labels()));
        return inputs;
    }

    private TensorBuffer perImage(Batch batch, ToDoubleFunction<Preconditioning> coefficient, Shape shape) {
        float[] values = new float[batch.size()];
        for (int i = 0; i < values.length; i++)
            values[i] = (float) coefficient.applyAsDouble(Preconditioning.at(batch.sigma()[i], spec.sigmaData()));
        return TensorBuffer.of(shape, values);
    }

    @Override
    public void close() {
        graph.close();
    }
}
