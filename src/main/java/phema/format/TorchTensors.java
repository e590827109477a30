package phema.format;

import static java.util.Map.entry;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import phema.format.Value.Call;
import phema.format.Value.Global;
import phema.format.Value.Int;
import phema.format.Value.Tuple;
import phema.tensor.DType;
import phema.tensor.Shape;

/** Recognises tensors as PyTorch pickles them: calls of {@code torch._utils} functions upon a storage. */
final class TorchTensors {
    static final Global PARAMETER = new Global("torch._utils", "_rebuild_parameter");
    static final Global PARAMETER_WITH_STATE = new Global("torch._utils", "_rebuild_parameter_with_state");
    static final Global TENSOR = new Global("torch._utils", "_rebuild_tensor_v2");
    /** The function for element types that have no storage class: the type follows the arguments of {@link #TENSOR}. */
    static final Global TENSOR_WITH_DTYPE = new Global("torch._utils", "_rebuild_tensor_v3");

    /** The function that makes a tensor of a class: {@code (function, class, arguments, attributes)}. */
    static final Global FROM_TYPE = new Global("torch._tensor", "_rebuild_from_type_v2");

    private static final Set<Global> PLAIN = Set.of(
            new Global("torch", "Tensor"),
            new Global("torch._tensor", "Tensor"),
            new Global("torch.nn.parameter", "Parameter"),
            new Global("torch.nn.parameter", "Buffer"));

    private static final int MAX_REPETITIONS = 8;

    /** The element types by PyTorch's names. */
    static final Map<Global, DType> DTYPES = Map.ofEntries(
            entry(new Global("torch", "float64"), DType.F64),
            entry(new Global("torch", "float32"), DType.F32),
            entry(new Global("torch", "float16"), DType.F16),
            entry(new Global("torch", "bfloat16"), DType.BF16),
            entry(new Global("torch", "float8_e4m3fn"), DType.F8_E4M3),
            entry(new Global("torch", "float8_e5m2"), DType.F8_E5M2),
            entry(new Global("torch", "float8_e8m0fnu"), DType.F8_E8M0),
            entry(new Global("torch", "float8_e4m3fnuz"), DType.F8_E4M3FNUZ),
            entry(new Global("torch", "float8_e5m2fnuz"), DType.F8_E5M2FNUZ),
            entry(new Global("torch", "float4_e2m1fn_x2"), DType.F4),
            entry(new Global("torch", "int64"), DType.I64),
            entry(new Global("torch", "int32"), DType.I32),
            entry(new Global("torch", "int16"), DType.I16),
            entry(new Global("torch", "int8"), DType.I8),
            entry(new Global("torch", "uint64"), DType.U64),
            entry(new Global("torch", "uint32"), DType.U32),
            entry(new Global("torch", "uint16"), DType.U16),
            entry(new Global("torch", "uint8"), DType.U8),
            entry(new Global("torch", "bool"), DType.BOOL),
            entry(new Global("torch", "complex64"), DType.C64));

    /** Finds the storage that a pickled value stands for. */
    interface Storages {
        /** Empty when the value is no storage. */
        Optional<TorchStorage> find(Value value) throws IOException;
    }

    private final InputFile file;
    private final Storages storages;
    private long bytes;

    TorchTensors(InputFile file, Storages storages) {
        this.file = file;
        this.storages = storages;
    }

    /** @throws FormatException unless the value is a tensor whose elements all lie within its storage */
    Tensor read(String name, Tensor.TensorRole role, Value value) throws IOException {
        Call call = rebuild(name, value);
        boolean typed = call.function().equals(TENSOR_WITH_DTYPE);
        List<Value> arguments = call.arguments();
        if (arguments.size() < (typed ? 7 : 4)) throw broken(name, "is pickled with too few arguments");
        TorchStorage storage = storages.find(arguments.getFirst())
                .orElseThrow(() -> broken(
                        name,
                        "has no storage but a "
                                + Pickle.shown(arguments.getFirst().kind())));
        if (arguments.getLast() instanceof Value.Dict bits
                && Stream.of("neg", "conj")
                        .flatMap(bit -> bits.get(bit).stream())
                        .anyMatch(new Value.Bool(true)::equals))
            throw broken(name, "is a negated or conjugated view of another; save x.resolve_neg() or x.resolve_conj()");
        Optional<DType> stated = typed && arguments.get(6) instanceof Global global
                ? Optional.ofNullable(DTYPES.get(global))
                : Optional.empty();
        DType dtype = stated.or(storage::dtype).orElseThrow(() -> broken(name, "does not say its element type"));
        if (storage.dtype().isPresent() && storage.dtype().get() != dtype)
            throw broken(
                    name, "is " + dtype + " on a storage of " + storage.dtype().get());

        List<Long> dims = numbers(name, arguments.get(2));
        List<Long> strides = numbers(name, arguments.get(3));
        if (dims.size() != strides.size())
            throw broken(name, "has " + dims.size() + " dimensions but " + strides.size() + " strides");
        try {
            Shape shape = new Shape(dims);
            long first = Math.multiplyExact(number(name, arguments.get(1)), dtype.bytes());
            long extent = shape.elements() == 0
                    ? 0
                    : Math.multiplyExact(Math.addExact(last(dims, strides), 1), dtype.bytes());
            if (Math.addExact(first, extent) > storage.bytes())
                throw broken(name, "reaches beyond its storage of " + storage.bytes() + " bytes");
            // Strides of zero and views of one storage repeat elements; without a limit a few bytes could stand for
            // petabytes.
            bytes = Math.addExact(bytes, Math.multiplyExact(shape.elements(), dtype.bytes()));
            if (bytes / MAX_REPETITIONS > file.size())
                throw broken(
                        name,
                        "and those before it repeat elements to more than " + MAX_REPETITIONS + " times the file");
            if (dtype.isPacked()) return packed(name, dtype, shape, strides, storage.offset() + first, role);
            return new Tensor(name, dtype, shape, strides, 0, storage.offset() + first, role);
        } catch (ArithmeticException | IllegalArgumentException e) {
            throw broken(name, "has dimensions that no file could hold");
        }
    }

    /** PyTorch counts pairs of elements as one, in the last dimension. */
    private Tensor packed(
            String name, DType dtype, Shape pairs, List<Long> strides, long offset, Tensor.TensorRole role)
            throws FormatException {
        if (pairs.rank() == 0 || !strides.equals(pairs.contiguousStrides()))
            throw broken(name, "is a view of " + dtype + "; save it as x.contiguous()");
        List<Long> dims = new ArrayList<>(pairs.dims());
        dims.set(dims.size() - 1, Math.multiplyExact(2, dims.getLast()));
        Shape shape = new Shape(dims);
        return new Tensor(name, dtype, shape, shape.contiguousStrides(), 0, offset, role);
    }

    /** Whether the value is pickled as a tensor or a parameter. */
    static boolean isTensor(Value value) {
        return value instanceof Call call
                && (isRebuilt(call)
                        || call.function().equals(FROM_TYPE)
                        || call.function().equals(PARAMETER)
                        || call.function().equals(PARAMETER_WITH_STATE));
    }

    static boolean isRebuilt(Call call) {
        return call.function().equals(TENSOR) || call.function().equals(TENSOR_WITH_DTYPE);
    }

    private Call rebuild(String name, Value value) throws FormatException {
        Value tensor = value;
        if (value instanceof Call call
                && (call.function().equals(PARAMETER) || call.function().equals(PARAMETER_WITH_STATE))
                && !call.arguments().isEmpty()) tensor = call.arguments().getFirst();
        if (tensor instanceof Call call && call.function().equals(FROM_TYPE)) tensor = ofType(name, call);
        if (tensor instanceof Call call && isRebuilt(call)) return call;
        throw broken(name, "is no tensor but a " + Pickle.shown(tensor.kind()));
    }

    private Call ofType(String name, Call call) throws FormatException {
        if (!(call.arguments().size() == 4
                && call.arguments().get(0) instanceof Global function
                && call.arguments().get(1) instanceof Global type
                && call.arguments().get(2) instanceof Tuple arguments))
            throw broken(name, "is not described as PyTorch describes tensors of a class");
        if (!PLAIN.contains(type))
            throw broken(
                    name,
                    "is of the class " + Pickle.shown(type.toString())
                            + ", whose numbers only its own code knows; save plain tensors, or leave it out of the "
                            + "file");
        return new Call(Value.CallKind.REDUCE, function, arguments, new Value.None());
    }

    /** Whether the value stands for a storage. */
    boolean isStorage(Value value) {
        return value instanceof Value.Persistent && StorageId.of(value).isPresent();
    }

    private static long last(List<Long> dims, List<Long> strides) {
        long last = 0;
        for (int i = 0; i < dims.size(); i++)
            last = Math.addExact(last, Math.multiplyExact(dims.get(i) - 1, strides.get(i)));
        return last;
    }

    private List<Long> numbers(String name, Value value) throws FormatException {
        if (!(value instanceof Tuple tuple)) throw broken(name, "has a shape or strides that are no tuple");
        if (tuple.items().size() > Tensor.MAX_RANK)
            throw broken(name, "has more than " + Tensor.MAX_RANK + " dimensions");
        List<Long> numbers = new ArrayList<>(tuple.items().size());
        for (Value item : tuple.items()) numbers.add(number(name, item));
        return numbers;
    }

    private long number(String name, Value value) throws FormatException {
        if (value instanceof Int n && n.value().signum() >= 0 && n.value().bitLength() < Long.SIZE)
            return n.value().longValue();
        throw broken(name, "has a shape, stride or offset that is not a count");
    }

    private FormatException broken(String name, String problem) {
        return file.broken("tensor `" + Pickle.shown(name) + "` " + problem);
    }
}
