package phema.format;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import phema.format.Layout.TensorElements;
import phema.format.TorchStorages.PlacedTensor;
import phema.format.Value.Global;
import phema.tensor.DType;

/** Writes opcodes of protocol 2, the only ones that {@code torch.load(weights_only=True)} knows. */
final class TorchPickleOutput {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** @param protocol that the pickle says it is of */
    TorchPickleOutput(int protocol) {
        op(0x80);
        op(protocol);
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    void op(int opcode) {
        out.write(opcode);
    }

    void bytes(byte[] content) {
        out.writeBytes(content);
    }

    void global(Global global) {
        op('c');
        bytes((global.module() + "\n" + global.name() + "\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    void orderedDict() {
        global(TorchZipReader.ORDERED_DICT);
        op(')');
        op('R');
    }

    void text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        op('X');
        number(4, utf8.length);
        bytes(utf8);
    }

    void integers(List<Long> values) {
        op('(');
        values.forEach(this::integer);
        op('t');
    }

    void integer(long value) {
        if (value == (int) value) {
            op('J');
            number(4, value);
        } else {
            op(0x8a);
            op(Long.BYTES);
            number(Long.BYTES, value);
        }
    }

    void integer(BigInteger value) {
        if (value.bitLength() < Long.SIZE) integer(value.longValueExact());
        else {
            byte[] bytes = value.toByteArray();
            op(0x8a);
            op(bytes.length);
            for (int i = bytes.length - 1; i >= 0; i--) op(bytes[i]);
        }
    }

    void real(double value) {
        op('G');
        number(8, Long.reverseBytes(Double.doubleToRawLongBits(value)));
    }

    void number(int bytes, long value) {
        for (int i = 0; i < bytes; i++) op((int) (value >>> (8 * i)));
    }

    /** The function that makes a tensor of these elements. */
    static Global rebuild(TensorElements elements) {
        return storageClass(elements).isPresent() ? TorchTensors.TENSOR : TorchTensors.TENSOR_WITH_DTYPE;
    }

    /** The arguments of that function that come first: the storage, and where the tensor lies there. */
    void place(PlacedTensor stored) {
        TensorElements elements = stored.storage();
        Optional<Global> storage = storageClass(elements);
        op('(');
        text("storage");
        global(storage.orElse(TorchStorage.UNTYPED));
        text(String.valueOf(stored.key()));
        text("cpu");
        integer(storage.isPresent() ? elements.tensor().elements() : elements.bytes());
        op('t');
        op('Q');
        integer(stored.offset());
        integers(stored.dims());
        integers(stored.strides());
    }

    /** The argument that says the element type, for {@link TorchTensors#TENSOR_WITH_DTYPE}; else nothing. */
    void dtype(TensorElements elements) {
        if (storageClass(elements).isEmpty())
            global(name(TorchTensors.DTYPES, elements.dtype()).orElseThrow());
    }

    private static Optional<Global> storageClass(TensorElements elements) {
        return name(TorchStorage.CLASSES, elements.dtype());
    }

    private static Optional<Global> name(Map<Global, DType> names, DType dtype) {
        return names.entrySet().stream()
                .filter(entry -> entry.getValue() == dtype)
                .map(Map.Entry::getKey)
                .findFirst();
    }
}
