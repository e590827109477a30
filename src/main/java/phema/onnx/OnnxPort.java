package phema.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.TensorInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import onnx.OnnxMl;
import phema.tensor.DType;
import phema.tensor.Shape;

/**
 * Describes an input or output of a graph.
 *
 * @param type of elements, in ONNX Runtime's words
 * @param dims outermost first; -1 where any size will do
 */
public record OnnxPort(String name, String type, List<Long> dims) {
    private static final Map<DType, OnnxJavaType> TYPES = Map.of(
            DType.F64, OnnxJavaType.DOUBLE,
            DType.F32, OnnxJavaType.FLOAT,
            DType.F16, OnnxJavaType.FLOAT16,
            DType.BF16, OnnxJavaType.BFLOAT16,
            DType.I64, OnnxJavaType.INT64,
            DType.I32, OnnxJavaType.INT32,
            DType.I16, OnnxJavaType.INT16,
            DType.I8, OnnxJavaType.INT8,
            DType.U8, OnnxJavaType.UINT8,
            DType.BOOL, OnnxJavaType.BOOL);

    public OnnxPort {
        dims = List.copyOf(dims);
    }

    static OnnxPort of(String name, TensorInfo info) {
        return new OnnxPort(
                name, info.type.name(), Arrays.stream(info.getShape()).boxed().toList());
    }

    /** ONNX Runtime's name of an element type; empty when it has none. */
    static Optional<OnnxJavaType> type(DType dtype) {
        return Optional.ofNullable(TYPES.get(dtype));
    }

    /** ONNX's number of an element type; empty when it has none. */
    static OptionalInt number(DType dtype) {
        return type(dtype)
                .map(known -> OptionalInt.of(
                        OnnxMl.TensorProto.DataType.valueOf(known.name()).getNumber()))
                .orElse(OptionalInt.empty());
    }

    /** The element type; empty when it is one that no tensor here has, such as text. */
    public Optional<DType> dtype() {
        return TYPES.entrySet().stream()
                .filter(entry -> entry.getValue().name().equals(type))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /** Whether it takes tensors of this type and shape. */
    public boolean accepts(DType otherType, Shape shape) {
        if (!dtype().equals(Optional.of(otherType)) || shape.rank() != dims.size()) return false;
        for (int i = 0; i < dims.size(); i++) if (!accepts(i, shape.dims().get(i))) return false;
        return true;
    }

    /** Whether a dimension may have this size. */
    public boolean accepts(int dimension, long size) {
        return dims.get(dimension) < 0 || dims.get(dimension) == size;
    }

    /** {@code FLOAT [any, 3, 224, 224]}. */
    @Override
    public String toString() {
        return type + " "
                + dims.stream().map(d -> d < 0 ? "any" : String.valueOf(d)).collect(Collectors.joining(", ", "[", "]"));
    }
}
