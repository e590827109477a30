package phema.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import phema.digest.Digest;

/**
 * Digests a few bytes of a file, always at the same places, to tell other contents of the same size: of weights that
 * were trained on, all differ.
 */
final class Probe {
    private static final int SPOTS = 32;
    private static final int BYTES = 512;

    private Probe() {}

    /** SHA-256 in hex of 32 times 512 bytes spread evenly, first and last included; of all where there are fewer. */
    static String of(FileChannel channel) throws IOException {
        Digest digest = Digest.sha256();
        long size = channel.size();
        if (size <= SPOTS * BYTES) add(digest, channel, 0, (int) size);
        else for (int spot = 0; spot < SPOTS; spot++) add(digest, channel, (size - BYTES) * spot / (SPOTS - 1), BYTES);
        return digest.hex();
    }

    /** What a file that becomes shorter meanwhile lacks is left out; its stamp tells. */
    private static void add(Digest digest, FileChannel channel, long position, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) if (channel.read(bytes, position + bytes.position()) < 0) break;
        byte[] read = new byte[bytes.flip().remaining()];
        bytes.get(read);
        digest.add(read);
    }
}
