package phema.format;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import phema.format.Value.Blob;
import phema.format.Value.Bool;
import phema.format.Value.Call;
import phema.format.Value.Dict;
import phema.format.Value.Global;
import phema.format.Value.Int;
import phema.format.Value.Text;
import phema.format.Value.Tuple;

/**
 * Reads pickled dictionaries of NumPy arrays, {@code {"fid": {"mu": array, "sigma": array}, ...}}, as EDM2's reference
 * statistics are. Parsed, never run.
 */
public final class NumpyPickle {
    private static final String KIND = "a dictionary of NumPy arrays";
    private static final int MAX_OPCODES = 100_000;

    private static final Global NDARRAY = new Global("numpy", "ndarray");
    private static final Global DTYPE = new Global("numpy", "dtype");
    private static final Set<Global> RECONSTRUCT = Set.of(
            new Global("numpy.core.multiarray", "_reconstruct"), new Global("numpy._core.multiarray", "_reconstruct"));

    /** The function by which protocol 5 makes an array. */
    private static final Set<Global> FROM_BUFFER =
            Set.of(new Global("numpy.core.numeric", "_frombuffer"), new Global("numpy._core.numeric", "_frombuffer"));

    private static final Set<Global> DICTIONARIES = Set.of(Edm2PickleReader.EASY_DICT, Edm2PickleReader.ORDERED_DICT);

    private NumpyPickle() {}

    /**
     * The arrays of all dictionaries in the root dictionary, by both names. What is no array is left out.
     *
     * @throws FormatException when the file is no such pickle, or holds anything but arrays and plain values
     */
    public static SequencedMap<String, Map<String, NumpyArray>> read(Path path) throws IOException {
        try (InputFile file = InputFile.open(path)) {
            Cursor in = file.cursor(0, file.size());
            Value root = Pickle.read(in, KIND, NumpyPickle::allowed, MAX_OPCODES);
            if (in.remaining() > 0) throw file.broken(in.remaining() + " bytes follow the end of the pickle");
            SequencedMap<String, Map<String, NumpyArray>> all = new LinkedHashMap<>();
            for (Map.Entry<String, Value> group : entries(root).entries().entrySet()) {
                Map<String, NumpyArray> arrays = new LinkedHashMap<>();
                for (Map.Entry<String, Value> member :
                        entries(group.getValue()).entries().entrySet()) {
                    String name = group.getKey() + "." + member.getKey();
                    Optional<NumpyArray> array = array(file, name, member.getValue());
                    if (array.isPresent()) arrays.put(member.getKey(), array.get());
                }
                if (!arrays.isEmpty()) all.put(group.getKey(), arrays);
            }
            return all;
        }
    }

    /** Whether a value is an array of floating-point numbers that has a dimension, by what the pickle says of it. */
    static boolean isFloatingArray(Value value) {
        if (!(value instanceof Call call)) return false;
        List<Value> said = RECONSTRUCT.contains(call.function()) && call.state() instanceof Tuple state
                ? state.items()
                : FROM_BUFFER.contains(call.function()) ? call.arguments() : List.of();
        return said.stream()
                        .anyMatch(one ->
                                one instanceof Tuple shape && !shape.items().isEmpty())
                && said.stream()
                        .anyMatch(one -> one instanceof Call dtype
                                && dtype.function().equals(DTYPE)
                                && !dtype.arguments().isEmpty()
                                && dtype.arguments().getFirst() instanceof Text type
                                && type.value().startsWith("f"));
    }

    private static boolean allowed(Global name) {
        return name.equals(NDARRAY)
                || name.equals(DTYPE)
                || RECONSTRUCT.contains(name)
                || FROM_BUFFER.contains(name)
                || DICTIONARIES.contains(name);
    }

    private static Dict entries(Value value) {
        if (value instanceof Dict dict) return dict;
        return value instanceof Call call ? call.entries() : Dict.EMPTY;
    }

    private static Optional<NumpyArray> array(InputFile file, String name, Value value) throws IOException {
        NumpyArray.ProblemFactory problems = problem -> file.broken("`" + Pickle.shown(name) + "` " + problem);
        if (!(value instanceof Call call)) return Optional.empty();
        if (RECONSTRUCT.contains(call.function())) {
            // (version, shape, dtype, whether column-major, bytes)
            if (call.state() instanceof Tuple state
                    && state.items().size() == 5
                    && state.items().get(3) instanceof Bool fortran
                    && state.items().get(4) instanceof Blob bytes)
                return Optional.of(
                        read(file, state.items().get(1), state.items().get(2), fortran.value(), bytes, problems));
            throw problems.of("is an array of an unknown form");
        }
        if (FROM_BUFFER.contains(call.function())) {
            if (call.arguments().size() == 4
                    && call.arguments().get(0) instanceof Blob bytes
                    && call.arguments().get(3) instanceof Text order)
                return Optional.of(read(
                        file,
                        call.arguments().get(2),
                        call.arguments().get(1),
                        order.value().equals("F"),
                        bytes,
                        problems));
            throw problems.of("is an array of an unknown form");
        }
        return Optional.empty();
    }

    private static NumpyArray read(
            InputFile file, Value shape, Value dtype, boolean fortran, Blob bytes, NumpyArray.ProblemFactory problems)
            throws IOException {
        if (!(shape instanceof Tuple tuple)) throw problems.of("has no shape");
        List<Long> dims = new ArrayList<>();
        for (Value dim : tuple.items()) {
            if (!(dim instanceof Int n)
                    || n.value().bitLength() > 31
                    || n.value().compareTo(BigInteger.ZERO) < 0) throw problems.of("has a shape that is no shape");
            dims.add(n.value().longValue());
        }
        if (!(dtype instanceof Call call)
                || !call.function().equals(DTYPE)
                || call.arguments().isEmpty()
                || !(call.arguments().getFirst() instanceof Text type)) throw problems.of("has no type");
        // (version, byte order, ...)
        boolean big = call.state() instanceof Tuple state
                && state.items().size() > 1
                && state.items().get(1) instanceof Text order
                && order.value().equals(">");
        NumpyArray.ArrayHeader stored = new NumpyArray.ArrayHeader(
                NumpyArchive.shape(dims, problems),
                type.value(),
                big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
                fortran);
        if (bytes.length() > NumpyArray.MAX_BYTES) throw problems.of("has " + bytes.length() + " bytes, too many");
        byte[] content = new byte[(int) bytes.length()];
        file.read(bytes.offset(), content);
        return stored.read(ByteBuffer.wrap(content), problems);
    }
}
