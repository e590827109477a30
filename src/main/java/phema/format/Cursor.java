package phema.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Holds a position in a stretch of a file, moved by little-endian reads that never pass the stretch's end. */
final class Cursor {
    private final InputFile file;
    private final long end;
    private long position;

    /** Bytes that were read ahead, where all are structure; none otherwise. */
    private final byte[] ahead;

    private final boolean digested;
    private int next;
    private int limit;

    Cursor(InputFile file, long position, long end) {
        this(file, position, end, 0, true);
    }

    private Cursor(InputFile file, long position, long end, int ahead, boolean digested) {
        this.file = file;
        this.position = position;
        this.end = end;
        this.ahead = new byte[ahead];
        this.digested = digested;
    }

    /**
     * Reads a whole file in large blocks, for files that are nothing but structure.
     *
     * @param digested whether what is read counts as structure, as it does once
     */
    static Cursor ofAll(InputFile file, boolean digested) {
        return new Cursor(file, 0, file.size(), 1 << 16, digested);
    }

    long position() {
        return position;
    }

    long remaining() {
        return end - position;
    }

    int u8() throws IOException {
        if (next < limit || fill()) {
            position++;
            return ahead[next++] & 0xff;
        }
        demand(1);
        return (int) file.number(position++, 1);
    }

    /** Reads ahead; false where that is not to be, or at the end. */
    private boolean fill() throws IOException {
        if (ahead.length == 0 || position == end) return false;
        limit = (int) Math.min(ahead.length, end - position);
        next = 0;
        file.read(position, ahead, limit);
        if (digested) file.addToStructure(ahead, limit);
        return true;
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
        long value = 0;
        if (ahead.length > 0) {
            for (int i = 0; i < n; i++) value |= (long) u8() << (8 * i);
            return value;
        }
        demand(n);
        value = file.number(position, n);
        position += n;
        return value;
    }

    /** Allocates only what the file really holds. */
    byte[] bytes(int n) throws IOException {
        demand(n);
        byte[] bytes = new byte[n];
        if (ahead.length > 0) {
            for (int done = 0; done < n; ) {
                if (next == limit) fill();
                int some = Math.min(n - done, limit - next);
                System.arraycopy(ahead, next, bytes, done, some);
                next += some;
                done += some;
                position += some;
            }
            return bytes;
        }
        file.read(position, bytes, n);
        file.addToStructure(bytes, n);
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

    /** Passes bytes where they are what comes next, and returns whether they were; not for what is read ahead. */
    boolean skipIf(byte[] expected) throws IOException {
        if (expected.length > end - position || ahead.length > 0) return false;
        byte[] bytes = new byte[expected.length];
        file.read(position, bytes);
        if (!Arrays.equals(bytes, expected)) return false;
        file.addToStructure(bytes, bytes.length);
        position += bytes.length;
        return true;
    }

    /** What was read since a position, once more. */
    byte[] since(long before) throws IOException {
        byte[] bytes = new byte[(int) (position - before)];
        file.read(before, bytes);
        return bytes;
    }

    void skip(long n) throws IOException {
        demand(n);
        position += n;
        if (n <= limit - next) next += (int) n;
        else next = limit = 0;
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
