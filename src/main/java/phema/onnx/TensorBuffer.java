package phema.onnx;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import phema.tensor.DType;
import phema.tensor.Elements;
import phema.tensor.Shape;

/**
 * Holds the elements of a tensor in memory, in row-major order, as graphs take and give them.
 *
 * @param bytes of exactly the elements, little-endian, from its position to its limit; a direct buffer is used as it
 *     is, another one copied
 */
public record TensorBuffer(DType dtype, Shape shape, ByteBuffer bytes) {
    public TensorBuffer {
        bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.remaining() != shape.elements() * dtype.bytes())
            throw new IllegalArgumentException(bytes.remaining() + " bytes are no tensor of " + dtype + " " + shape);
    }

    /** The elements, with a position of its own for every caller. */
    @Override
    public ByteBuffer bytes() {
        return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A tensor of float32. */
    public static TensorBuffer of(Shape shape, float... elements) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(Math.multiplyExact(elements.length, Float.BYTES));
        Elements.fromFloats(DType.F32, elements, 0, elements.length, MemorySegment.ofBuffer(bytes), 0);
        return new TensorBuffer(DType.F32, shape, bytes);
    }

    /** A tensor of unsigned bytes. */
    public static TensorBuffer of(Shape shape, byte... elements) {
        return new TensorBuffer(
                DType.U8,
                shape,
                ByteBuffer.allocateDirect(elements.length).put(elements).flip());
    }

    /**
     * The elements as numbers, whatever floating type they have.
     *
     * @throws IllegalArgumentException when they have another type
     */
    public float[] floats() {
        float[] floats = new float[Math.toIntExact(shape.elements())];
        Elements.toFloats(dtype, MemorySegment.ofBuffer(bytes), 0, floats, 0, floats.length);
        return floats;
    }

    /** The bytes in memory that ONNX Runtime can read without copying. */
    ByteBuffer direct() {
        ByteBuffer source = bytes.duplicate();
        ByteBuffer direct = source.isDirect()
                ? source
                : ByteBuffer.allocateDirect(source.remaining()).put(source).flip();
        return direct.order(ByteOrder.nativeOrder());
    }
}
