package phema.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Holds a position in a stretch of a file, moved by little-endian reads that never pass the stretch's end. */
final class Cursor {
    private final InputFile file;
    private final long end;
    private long position;

    Cursor(InputFile file, long position, long end) {
        this.file = file;
        this.position = position;
        this.end = end;
    }

    long position() {
        return position;
    }

    long remaining() {
        return end - position;
    }

    int u8() throws IOException {
        return bytes(1)[0] & 0xff;
    }

    int u16() throws IOException {
        return (int) number(2);
    }

    int i32() throws IOException {
        return (int) number(4);
    }

    long u32() throws IOException {
        return number(4);
    }

    /** Lengths above 2^63 come out negative. */
    long i64() throws IOException {
        return number(8);
    }

    private long number(int n) throws IOException {
        byte[] bytes = bytes(n);
        long value = 0;
        for (int i = n - 1; i >= 0; i--) value = (value << 8) | (bytes[i] & 0xff);
        return value;
    }

    /** Allocates only what the file really holds. */
    byte[] bytes(int n) throws IOException {
        demand(n);
        byte[] bytes = new byte[n];
        file.read(position, bytes);
        file.addToStructure(bytes);
        position += n;
        return bytes;
    }

    String utf8(int n) throws IOException {
        byte[] bytes = bytes(n);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw broken("text before byte " + position + " is not UTF-8");
        }
    }

    void skip(long n) throws IOException {
        demand(n);
        position += n;
    }

    void demand(long n) throws FormatException {
        if (n >= 0 && n <= end - position) return;
        String problem = "needs " + Long.toUnsignedString(n) + " bytes at byte " + position + " where "
                + (end - position) + " are left; it is truncated or damaged";
        throw end == file.size() ? file.incomplete(problem) : broken(problem);
    }

    FormatException broken(String problem) {
        return file.broken(problem);
    }
}
