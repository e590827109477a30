package phema.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import phema.format.FormatException;
import phema.storage.Locations;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * Runs a graph, of an ONNX file or from {@link GraphBuilder}, on the process's {@link OnnxDevice}. Safe for use by many
 * threads at once, until it is closed.
 */
public final class OnnxGraph implements AutoCloseable {
    private final OrtSession session;
    private final List<OnnxPort> inputs;
    private final List<OnnxPort> outputs;
    private final Map<String, OnnxTensor> weights;
    private final Runnable afterwards;

    private OnnxGraph(OrtSession session, Map<String, OnnxTensor> weights, Runnable afterwards) throws OrtException {
        this.session = session;
        this.weights = weights;
        this.afterwards = afterwards;
        this.inputs = ports(session.getInputInfo());
        this.outputs = ports(session.getOutputInfo());
    }

    /**
     * @throws FormatException when the file is no ONNX graph, cannot be run here, or takes or makes something other
     *     than tensors
     * @throws NoSuchFileException when there is none
     */
    public static OnnxGraph open(Path path) throws IOException {
        if (!Files.exists(path)) throw new NoSuchFileException(path.toString());
        try (OrtSession.SessionOptions options = OnnxDevice.get().options()) {
            return of(session(OnnxDevice.environment(), path, options), Map.of(), () -> {});
        } catch (OrtException e) {
            throw new FormatException(path, "is not an ONNX network that can be run: " + line(e));
        } catch (OnnxException e) {
            throw new FormatException(path, String.valueOf(e.getMessage()));
        }
    }

    /** @param afterwards done when the graph is closed, as it may use the weights' memory until then */
    static OnnxGraph of(byte[] message, Map<String, TensorBuffer> weights, Runnable afterwards) {
        Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
        try (OrtSession.SessionOptions options = OnnxDevice.get().options()) {
            for (Map.Entry<String, TensorBuffer> weight : weights.entrySet())
                tensors.put(weight.getKey(), tensor(weight.getValue()));
            Map<String, OnnxTensorLike> all = new LinkedHashMap<>(tensors);
            if (!all.isEmpty()) options.addExternalInitializers(all);
            return of(OnnxDevice.environment().createSession(message, options), tensors, afterwards);
        } catch (OrtException e) {
            tensors.values().forEach(OnnxTensor::close);
            throw new OnnxException(line(e), e);
        }
    }

    private static OnnxGraph of(OrtSession session, Map<String, OnnxTensor> weights, Runnable afterwards)
            throws OrtException {
        try {
            return new OnnxGraph(session, weights, afterwards);
        } catch (OrtException | RuntimeException e) {
            session.close();
            throw e;
        }
    }

    /** The runtime, which is not Java, reads only files of this machine. */
    private static OrtSession session(OrtEnvironment environment, Path path, OrtSession.SessionOptions options)
            throws IOException, OrtException {
        if (Locations.isLocal(path)) return environment.createSession(path.toString(), options);
        Path copy = Files.createTempFile("phema-", ".onnx");
        try {
            Files.copy(path, copy, StandardCopyOption.REPLACE_EXISTING);
            return environment.createSession(copy.toString(), options);
        } finally {
            Files.delete(copy);
        }
    }

    private static List<OnnxPort> ports(Map<String, NodeInfo> nodes) {
        List<OnnxPort> ports = new ArrayList<>();
        for (NodeInfo node : nodes.values()) {
            if (!(node.getInfo() instanceof TensorInfo info))
                throw new OnnxException("has `" + node.getName() + "`, which is no tensor");
            ports.add(OnnxPort.of(node.getName(), info));
        }
        return List.copyOf(ports);
    }

    /** Returns the inputs, in the order of the file. */
    public List<OnnxPort> inputs() {
        return inputs;
    }

    /** Returns the outputs, in the order of the file. */
    public List<OnnxPort> outputs() {
        return outputs;
    }

    /**
     * Runs the graph once.
     *
     * @param values of every input, by name
     * @return of every output, by name, in the order of the file
     * @throws OnnxException when the values are not what the inputs take, or the graph fails on them
     */
    public SequencedMap<String, TensorBuffer> run(Map<String, TensorBuffer> values) {
        return run(values, outputs);
    }

    /**
     * Computes one output, and what it needs.
     *
     * @param values of every input, by name
     */
    public TensorBuffer run(Map<String, TensorBuffer> values, String output) {
        OnnxPort wanted = outputs.stream()
                .filter(port -> port.name().equals(output))
                .findFirst()
                .orElseThrow(() -> new OnnxException("there is no output `" + output + "`"));
        return run(values, List.of(wanted)).firstEntry().getValue();
    }

    private SequencedMap<String, TensorBuffer> run(Map<String, TensorBuffer> values, List<OnnxPort> wanted) {
        Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
        try {
            for (OnnxPort input : inputs) tensors.put(input.name(), tensor(input, values));
            Set<String> names =
                    new LinkedHashSet<>(wanted.stream().map(OnnxPort::name).toList());
            try (OrtSession.Result result = session.run(tensors, names)) {
                SequencedMap<String, TensorBuffer> made = new LinkedHashMap<>();
                int index = 0;
                for (OnnxPort output : wanted) made.put(output.name(), made(output, result.get(index++)));
                return made;
            }
        } catch (OrtException e) {
            throw new OnnxException(line(e), e);
        } finally {
            tensors.values().forEach(OnnxTensor::close);
        }
    }

    private static OnnxTensor tensor(OnnxPort input, Map<String, TensorBuffer> values) throws OrtException {
        TensorBuffer value = values.get(input.name());
        if (value == null) throw new OnnxException("the input `" + input.name() + "` is missing");
        if (!input.accepts(value.dtype(), value.shape()))
            throw new OnnxException(
                    "the input `" + input.name() + "` takes " + input + ", not " + value.dtype() + " " + value.shape());
        return tensor(value);
    }

    private static OnnxTensor tensor(TensorBuffer value) throws OrtException {
        OnnxJavaType type = OnnxPort.type(value.dtype()).orElseThrow();
        long[] shape = value.shape().dims().stream().mapToLong(d -> d).toArray();
        return OnnxTensor.createTensor(OnnxDevice.environment(), value.direct(), shape, type);
    }

    private static TensorBuffer made(OnnxPort output, OnnxValue value) {
        if (!(value instanceof OnnxTensor tensor))
            throw new OnnxException("the output `" + output.name() + "` is no tensor");
        DType dtype = output.dtype()
                .orElseThrow(() -> new OnnxException(
                        "the output `" + output.name() + "` is " + output + ", which cannot be read"));
        return new TensorBuffer(dtype, Shape.of(tensor.getInfo().getShape()), tensor.getByteBuffer());
    }

    static String line(Exception e) {
        return String.valueOf(e.getMessage())
                .replaceAll("\\s+", " ")
                .replaceFirst("^Error code - \\w+ - message: ", "")
                .strip();
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
        weights.values().forEach(OnnxTensor::close);
        afterwards.run();
    }
}
