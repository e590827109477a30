package phema.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import phema.tensor.Shape;

/**
 * Holds an array as NumPy has it.
 *
 * @param values in row-major order, in 64 bits whatever they were stored in
 */
@SuppressWarnings("ArrayRecordComponent")
public record NumpyArray(Shape shape, double[] values) {
    /** The covariance of 4096 features, twice what any published network has, and a header. */
    static final int MAX_BYTES = (1 << 27) + (1 << 16);

    /**
     * An array as it is stored.
     *
     * @param dtype NumPy's name without the byte order, {@code f2}, {@code f4} or {@code f8}
     * @param order of the bytes of a value
     * @param fortran whether the first index runs fastest
     */
    record ArrayHeader(Shape shape, String dtype, ByteOrder order, boolean fortran) {
        /** @param problem makes the error for a sentence without subject */
        NumpyArray read(ByteBuffer bytes, ProblemFactory problem) throws FormatException {
            int width = switch (dtype) {
                case "f2" -> Short.BYTES;
                case "f4" -> Float.BYTES;
                case "f8" -> Double.BYTES;
                default ->
                    throw problem.of("holds values of type " + Pickle.shown(dtype)
                            + "; only float16, float32 and float64 (f2, f4, f8) can be read");
            };
            if (shape.elements() != bytes.remaining() / (double) width)
                throw problem.of("holds " + bytes.remaining() + " bytes where its shape " + shape + " needs "
                        + shape.elements() * width);
            bytes.order(order);
            double[] stored = new double[(int) shape.elements()];
            for (int i = 0; i < stored.length; i++)
                stored[i] = switch (width) {
                    case Short.BYTES -> Float.float16ToFloat(bytes.getShort());
                    case Float.BYTES -> bytes.getFloat();
                    default -> bytes.getDouble();
                };
            return new NumpyArray(shape, fortran ? rowMajor(stored, problem) : stored);
        }

        private double[] rowMajor(double[] stored, ProblemFactory problem) throws FormatException {
            if (shape.rank() < 2) return stored;
            if (shape.rank() > 2)
                throw problem.of("is a column-major array of " + shape.rank() + " dimensions; save it row-major");
            int rows = Math.toIntExact(shape.dims().getFirst());
            int columns = Math.toIntExact(shape.dims().getLast());
            double[] values = new double[stored.length];
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < columns; j++) values[i * columns + j] = stored[j * rows + i];
            return values;
        }
    }

    /** Makes errors that name a place in a file. */
    public interface ProblemFactory {
        FormatException of(String problem);
    }
}
