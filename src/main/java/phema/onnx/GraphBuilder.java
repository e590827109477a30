package phema.onnx;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import onnx.OnnxMl;
import org.nd4j.shade.protobuf.ByteString;
import phema.tensor.DType;
import phema.tensor.Elements;
import phema.tensor.Shape;

/**
 * Builds a graph of ONNX's operators (opset 18) and its weights in memory, without a file. Values go by names that the
 * builder gives them. Weights lie outside of the heap and of the graph's own message, which can hold 2 GB only.
 */
public final class GraphBuilder implements AutoCloseable {
    private static final long IR_VERSION = 8;
    private static final long OPSET = 18;
    private static final String EXTENSIONS = "com.microsoft";

    private final OnnxMl.GraphProto.Builder graph =
            OnnxMl.GraphProto.newBuilder().setName("phema");
    private final Arena arena = Arena.ofShared();
    private final Map<String, TensorBuffer> weights = new LinkedHashMap<>();
    private boolean opened;

    /** Says how an operator works. */
    public static final class NodeOption {
        private final OnnxMl.AttributeProto message;

        private NodeOption(OnnxMl.AttributeProto.Builder message) {
            this.message = message.build();
        }

        private static OnnxMl.AttributeProto.Builder named(String name, OnnxMl.AttributeProto.AttributeType type) {
            return OnnxMl.AttributeProto.newBuilder().setName(name).setType(type);
        }

        public static NodeOption number(String name, double value) {
            return new NodeOption(
                    named(name, OnnxMl.AttributeProto.AttributeType.FLOAT).setF((float) value));
        }

        public static NodeOption count(String name, long value) {
            return new NodeOption(
                    named(name, OnnxMl.AttributeProto.AttributeType.INT).setI(value));
        }

        public static NodeOption counts(String name, long... values) {
            OnnxMl.AttributeProto.Builder message = named(name, OnnxMl.AttributeProto.AttributeType.INTS);
            for (long value : values) message.addInts(value);
            return new NodeOption(message);
        }

        public static NodeOption word(String name, String value) {
            return new NodeOption(
                    named(name, OnnxMl.AttributeProto.AttributeType.STRING).setS(ByteString.copyFromUtf8(value)));
        }

        /** The element type that the operator {@code Cast} makes. */
        public static NodeOption to(DType type) {
            return count("to", elementType(type));
        }
    }

    /**
     * Adds an input.
     *
     * @param dims -1 for any number of images
     * @return its name
     */
    public String input(String name, DType type, long... dims) {
        graph.addInput(port(name, type, dims));
        return name;
    }

    /** Names a value that the graph makes. @param dims as of inputs */
    public void output(String name, String value, DType type, long... dims) {
        graph.addNode(OnnxMl.NodeProto.newBuilder()
                .setOpType("Identity")
                .addInput(value)
                .addOutput(name));
        graph.addOutput(port(name, type, dims));
    }

    private static OnnxMl.ValueInfoProto port(String name, DType type, long... dims) {
        OnnxMl.TensorShapeProto.Builder shape = OnnxMl.TensorShapeProto.newBuilder();
        for (long dim : dims) {
            OnnxMl.TensorShapeProto.Dimension.Builder one = OnnxMl.TensorShapeProto.Dimension.newBuilder();
            shape.addDim(dim < 0 ? one.setDimParam("n") : one.setDimValue(dim));
        }
        return OnnxMl.ValueInfoProto.newBuilder()
                .setName(name)
                .setType(OnnxMl.TypeProto.newBuilder()
                        .setTensorType(OnnxMl.TypeProto.Tensor.newBuilder()
                                .setElemType(elementType(type))
                                .setShape(shape)))
                .build();
    }

    /** Adds a weight, which the runtime takes from where it is put here. @return its name */
    public String weight(DType type, Shape shape, float... values) {
        return weight(buffer(type, shape, values));
    }

    private String weight(TensorBuffer values) {
        String name = "w" + weights.size();
        weights.put(name, values);
        graph.addInitializer(tensor(name, values.dtype(), values.shape())
                .setDataLocation(OnnxMl.TensorProto.DataLocation.EXTERNAL)
                .addExternalData(OnnxMl.StringStringEntryProto.newBuilder()
                        .setKey("location")
                        .setValue("memory")));
        return name;
    }

    /**
     * Adds a weight that is put in its place by rows, by several threads.
     *
     * @param row the elements at an index of the first dimension
     * @return its name
     */
    public String weight(DType type, Shape shape, IntFunction<float[]> row) {
        int rows = Math.toIntExact(shape.dims().getFirst());
        long bytes = shape.elements() * type.bytes();
        MemorySegment memory = arena.allocate(bytes, Long.BYTES);
        IntStream indices = IntStream.range(0, rows);
        (OnnxDevice.threads() > 1 ? indices.parallel() : indices).forEach(i -> {
            float[] values = row.apply(i);
            Elements.fromFloats(type, values, 0, values.length, memory, bytes / rows * i);
        });
        return weight(new TensorBuffer(type, shape, memory.asByteBuffer()));
    }

    /** Adds a few numbers that are a part of the graph. @return their name */
    public String constant(DType type, Shape shape, float... values) {
        TensorBuffer small = buffer(type, shape, values);
        return constant(tensor(name(), type, shape).setRawData(ByteString.copyFrom(small.bytes())));
    }

    /** Adds a list of whole numbers, such as axes. @return its name */
    public String counts(long... values) {
        return constant(tensor(name(), DType.I64, Shape.of(values.length))
                .addAllInt64Data(LongStream.of(values).boxed().toList()));
    }

    private String constant(OnnxMl.TensorProto.Builder tensor) {
        graph.addInitializer(tensor);
        return tensor.getName();
    }

    private TensorBuffer buffer(DType type, Shape shape, float... values) {
        MemorySegment memory = arena.allocate((long) values.length * type.bytes(), Long.BYTES);
        Elements.fromFloats(type, values, 0, values.length, memory, 0);
        return new TensorBuffer(type, shape, memory.asByteBuffer());
    }

    private static OnnxMl.TensorProto.Builder tensor(String name, DType type, Shape shape) {
        return OnnxMl.TensorProto.newBuilder()
                .setName(name)
                .setDataType(elementType(type))
                .addAllDims(shape.dims());
    }

    /** Adds an operator of one output. @param inputs empty for optional ones that are not given. @return the output */
    public String node(String operator, List<String> inputs, NodeOption... options) {
        return node("", operator, inputs, 1, options).getFirst();
    }

    /** Adds an operator of several outputs. */
    public List<String> nodes(String operator, int outputs, List<String> inputs, NodeOption... options) {
        return node("", operator, inputs, outputs, options);
    }

    /** Adds an operator that ONNX Runtime has beside those of ONNX. */
    public String extension(String operator, List<String> inputs, NodeOption... options) {
        return node(EXTENSIONS, operator, inputs, 1, options).getFirst();
    }

    private List<String> node(String domain, String operator, List<String> inputs, int outputs, NodeOption... options) {
        List<String> made = new ArrayList<>();
        OnnxMl.NodeProto.Builder node = OnnxMl.NodeProto.newBuilder()
                .setDomain(domain)
                .setOpType(operator)
                .addAllInput(inputs)
                .addAllAttribute(
                        Arrays.stream(options).map(option -> option.message).toList());
        for (int i = 0; i < outputs; i++) {
            String name = name() + (i == 0 ? "" : "_" + i);
            node.addOutput(name);
            made.add(name);
        }
        graph.addNode(node);
        return made;
    }

    /** A name that no value has. */
    private String name() {
        return "v" + graph.getNodeCount() + "_" + graph.getInitializerCount();
    }

    private static int elementType(DType type) {
        return OnnxPort.number(type)
                .orElseThrow(() -> new IllegalArgumentException(type + " is no type of ONNX's tensors"));
    }

    /**
     * Opens what was built, which ends building.
     *
     * @throws OnnxException when the runtime cannot run it, for instance because memory does not suffice
     */
    public OnnxGraph open() {
        if (opened) throw new IllegalStateException("opened before");
        byte[] message = OnnxMl.ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("phema")
                .addOpsetImport(OnnxMl.OperatorSetIdProto.newBuilder().setVersion(OPSET))
                .addOpsetImport(OnnxMl.OperatorSetIdProto.newBuilder()
                        .setDomain(EXTENSIONS)
                        .setVersion(1))
                .setGraph(graph)
                .build()
                .toByteArray();
        OnnxGraph made = OnnxGraph.of(message, weights, arena::close);
        opened = true;
        return made;
    }

    /** Frees the weights, unless a graph has them. */
    @Override
    public void close() {
        if (!opened) arena.close();
    }
}
