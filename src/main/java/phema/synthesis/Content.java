package phema.synthesis;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/**
 * Describes a file that exists only while it is sent: its size and identity are known, any range of its bytes can be
 * computed on its own.
 */
public interface Content {
    String fileName();

    /** Returns the size in bytes. */
    long size();

    /**
     * Hex digits that change whenever any byte could: a digest of the inputs, coefficients, element types and layout.
     */
    String identity();

    /**
     * Computes the bytes from {@code offset} on and writes them as they become ready; costs nothing outside of that
     * range.
     *
     * @throws phema.problem.Problem when an input changed since it was indexed: then the last bytes of the range were
     *     not written, so that no client takes what it has for complete; or when one holds NaN or infinity: then
     *     nothing that depends on it was written
     * @throws IndexOutOfBoundsException when the range is not one of this file
     */
    void transferTo(WritableByteChannel target, long offset, long length) throws IOException;
}
