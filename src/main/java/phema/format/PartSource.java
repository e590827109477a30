package phema.format;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Reads the physical files of a weight file. */
public interface PartSource {
    /** Fills a buffer with the bytes of a file, by its index in {@link WeightFile#parts()}, from a position on. */
    void read(int part, long position, ByteBuffer buffer) throws IOException;
}
