package phema.format;

import static java.util.Map.entry;

import java.io.IOException;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import phema.format.Value.Blob;
import phema.format.Value.Bool;
import phema.format.Value.Dict;
import phema.format.Value.Global;
import phema.format.Value.Int;
import phema.format.Value.Items;
import phema.format.Value.Text;
import phema.tensor.DType;

/**
 * Describes the elements behind one or more tensors, as PyTorch stores them.
 *
 * @param dtype of the elements; empty where the tensors say it
 * @param offset of the first element in the file
 */
record TorchStorage(Optional<DType> dtype, long offset, long bytes) {
    static final Global UNTYPED = new Global("torch.storage", "UntypedStorage");

    /** The classes that name a storage's element type. */
    static final Map<Global, DType> CLASSES = Map.ofEntries(
            entry(new Global("torch", "DoubleStorage"), DType.F64),
            entry(new Global("torch", "FloatStorage"), DType.F32),
            entry(new Global("torch", "HalfStorage"), DType.F16),
            entry(new Global("torch", "BFloat16Storage"), DType.BF16),
            entry(new Global("torch", "LongStorage"), DType.I64),
            entry(new Global("torch", "IntStorage"), DType.I32),
            entry(new Global("torch", "ShortStorage"), DType.I16),
            entry(new Global("torch", "CharStorage"), DType.I8),
            entry(new Global("torch", "ByteStorage"), DType.U8),
            entry(new Global("torch", "BoolStorage"), DType.BOOL),
            entry(new Global("torch", "ComplexFloatStorage"), DType.C64));

    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final BigInteger PROTOCOL = BigInteger.valueOf(1001);
    private static final String KIND = "a tensor stored by PyTorch";
    private static final int MAX_OPCODES = 1000;

    /** The beginning that was last found to be right: a pickle of EDM2's has it once for each tensor. */
    private static volatile byte[] knownHead = {};

    /**
     * Finds the elements in the stream that PyTorch's legacy {@code torch.save} makes of one storage: pickles of a
     * magic number, a protocol, a description of the system, the storage's persistent id and the list of its key; then
     * a count and the elements.
     */
    static TorchStorage inLegacyStream(InputFile file, Blob stream) throws IOException {
        Cursor in = file.cursor(stream.offset(), stream.length());
        String where = "the tensor storage at byte " + stream.offset() + " ";
        requireLegacyHead(in, where);
        StorageId id = StorageId.of(read(in))
                .orElseThrow(() -> file.broken(where + "is not described as PyTorch describes storages"));
        if (id.isView()) throw file.broken(where + "is a view of another storage, which is not supported");
        if (!(read(in) instanceof Items keys && keys.items().equals(List.of(new Text(id.key())))))
            throw file.broken(where + "does not list its own key");

        long count = in.i64();
        if (!id.elements().equals(BigInteger.valueOf(count))
                || count < 0
                || count != in.remaining() / id.width()
                || in.remaining() % id.width() != 0)
            throw file.broken(where + "claims " + id.elements() + " and " + count + " elements of " + id.width()
                    + " bytes, but holds " + in.remaining() + " bytes");
        return new TorchStorage(id.dtype(), in.position(), in.remaining());
    }

    /**
     * The three pickles with which all streams of PyTorch's legacy format begin. @param where what begins, for messages
     */
    static void requireLegacyHead(Cursor in, String where) throws IOException {
        byte[] known = knownHead;
        if (known.length > 0 && in.skipIf(known)) return;
        long begin = in.position();
        if (!(read(in) instanceof Int magic && magic.value().equals(MAGIC)))
            throw in.broken(where + "does not begin as PyTorch's legacy streams do");
        if (!(read(in) instanceof Int protocol && protocol.value().equals(PROTOCOL)))
            throw in.broken(where + "is not of PyTorch's legacy protocol " + PROTOCOL);
        if (!(read(in) instanceof Dict system
                && system.get("little_endian").orElse(null) instanceof Bool littleEndian
                && littleEndian.value())) throw in.broken(where + "is not little-endian, so it cannot be read");
        knownHead = in.since(begin);
    }

    private static Value read(Cursor in) throws IOException {
        return Pickle.read(in, KIND, type -> type.equals(UNTYPED) || CLASSES.containsKey(type), MAX_OPCODES);
    }
}
