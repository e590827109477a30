package phema.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import phema.format.FormatException;
import phema.storage.Locations;
import phema.tensor.DType;
import phema.tensor.Shape;

/** Runs the graph of an ONNX file. Safe for use by many threads at once, until it is closed. */
public final class OnnxGraph implements AutoCloseable {
    private final Path path;
    private final OrtEnvironment environment;
    private final OrtSession session;
    private final List<OnnxPort> inputs;
    private final List<OnnxPort> outputs;

    private OnnxGraph(Path path, OrtEnvironment environment, OrtSession session) throws IOException, OrtException {
        this.path = path;
        this.environment = environment;
        this.session = session;
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
        OrtEnvironment environment = environment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            OrtSession session = session(environment, path, options);
            try {
                return new OnnxGraph(path, environment, session);
            } catch (IOException | OrtException | RuntimeException e) {
                session.close();
                throw e;
            }
        } catch (OrtException e) {
            throw new FormatException(path, "is not an ONNX network that can be run: " + line(e));
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

    private static OrtEnvironment environment() {
        return OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
    }

    /** What computes: {@code CPU, ONNX Runtime 1.28.0}. */
    public static String device() {
        return "CPU, ONNX Runtime " + environment().getVersion();
    }

    private List<OnnxPort> ports(Map<String, NodeInfo> nodes) throws FormatException {
        List<OnnxPort> ports = new ArrayList<>();
        for (NodeInfo node : nodes.values()) {
            if (!(node.getInfo() instanceof TensorInfo info))
                throw new FormatException(path, "has `" + node.getName() + "`, which is no tensor");
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
        Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
        try {
            for (OnnxPort input : inputs) tensors.put(input.name(), tensor(input, values));
            try (OrtSession.Result result = session.run(tensors)) {
                SequencedMap<String, TensorBuffer> made = new LinkedHashMap<>();
                int index = 0;
                for (OnnxPort output : outputs) made.put(output.name(), made(output, result.get(index++)));
                return made;
            }
        } catch (OrtException e) {
            throw new OnnxException(line(e), e);
        } finally {
            tensors.values().forEach(OnnxTensor::close);
        }
    }

    private OnnxTensor tensor(OnnxPort input, Map<String, TensorBuffer> values) throws OrtException {
        TensorBuffer value = values.get(input.name());
        if (value == null) throw new OnnxException("the input `" + input.name() + "` is missing");
        if (!input.accepts(value.dtype(), value.shape()))
            throw new OnnxException(
                    "the input `" + input.name() + "` takes " + input + ", not " + value.dtype() + " " + value.shape());
        OnnxJavaType type = OnnxPort.type(value.dtype()).orElseThrow();
        long[] shape = value.shape().dims().stream().mapToLong(d -> d).toArray();
        return OnnxTensor.createTensor(environment, value.direct(), shape, type);
    }

    private static TensorBuffer made(OnnxPort output, OnnxValue value) {
        if (!(value instanceof OnnxTensor tensor))
            throw new OnnxException("the output `" + output.name() + "` is no tensor");
        DType dtype = output.dtype()
                .orElseThrow(() -> new OnnxException(
                        "the output `" + output.name() + "` is " + output + ", which cannot be read"));
        return new TensorBuffer(dtype, Shape.of(tensor.getInfo().getShape()), tensor.getByteBuffer());
    }

    private static String line(OrtException e) {
        return String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }
}
