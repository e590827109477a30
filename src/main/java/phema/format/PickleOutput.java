package phema.format;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import phema.format.Value.Global;

/**
 * Writes a pickle of protocol 4 opcode by opcode, with the frames and the memo that Python's own pickler would make.
 */
final class PickleOutput {
    /** The size at which a frame closes (PEP 3154); single objects of it lie outside of frames. */
    private static final int FRAME_TARGET = 64 * 1024;

    private static final int FRAME_MIN = 4;

    private final OutputStream out;
    private final ByteArrayOutputStream frame = new ByteArrayOutputStream();
    private final Map<Object, Integer> memoByValue = new HashMap<>();
    private final IdentityHashMap<Object, Integer> memoByIdentity = new IdentityHashMap<>();
    private int memoized;

    PickleOutput(OutputStream out) throws IOException {
        this.out = out;
        out.write(new byte[] {(byte) 0x80, 4});
    }

    interface BlobContent {
        void write(OutputStream out) throws IOException;
    }

    void op(int opcode) throws IOException {
        if (frame.size() >= FRAME_TARGET) closeFrame();
        frame.write(opcode);
    }

    void none() throws IOException {
        op('N');
    }

    void bool(boolean value) throws IOException {
        op(value ? 0x88 : 0x89);
    }

    void integer(long value) throws IOException {
        if (value >= 0 && value < 1 << 8) argument('K', 1, value);
        else if (value >= 0 && value < 1 << 16) argument('M', 2, value);
        else if (value == (int) value) argument('J', 4, value);
        else {
            argument(0x8a, 1, 8);
            number(8, value);
        }
    }

    void real(double value) throws IOException {
        argument('G', 8, Long.reverseBytes(Double.doubleToRawLongBits(value)));
    }

    void text(String value) throws IOException {
        if (recall(memoByValue, value)) return;
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        if (utf8.length < 1 << 8) argument(0x8c, 1, utf8.length);
        else argument('X', 4, utf8.length);
        frame.writeBytes(utf8);
        memoize(memoByValue, value);
    }

    void global(Global global) throws IOException {
        if (recall(memoByValue, global)) return;
        text(global.module());
        text(global.name());
        op(0x93);
        memoize(memoByValue, global);
    }

    /** @param length of what {@code content} writes, in bytes */
    void bytes(long length, BlobContent content) throws IOException {
        boolean framed = length < FRAME_TARGET;
        if (!framed) closeFrame();
        if (length < 1 << 8) argument('C', 1, length);
        else if (length <= 0xffff_ffffL) argument('B', 4, length);
        else argument(0x8e, 8, length);
        if (framed) content.write(frame);
        else {
            frame.writeTo(out); // an opcode of its own, without a frame
            frame.reset();
            content.write(out);
        }
        memoize();
    }

    /** Keeps the value just written, so that no later one counts as it. */
    void memoize() throws IOException {
        op(0x94);
        memoized++;
    }

    void memoize(Object object) throws IOException {
        memoize(memoByIdentity, object);
    }

    /** Writes a reference to an object that was memoized before. */
    boolean recall(Object object) throws IOException {
        return recall(memoByIdentity, object);
    }

    void stop() throws IOException {
        op('.');
        closeFrame();
    }

    private void memoize(Map<Object, Integer> memo, Object key) throws IOException {
        memo.put(key, memoized);
        memoize();
    }

    private boolean recall(Map<Object, Integer> memo, Object key) throws IOException {
        Integer index = memo.get(key);
        if (index == null) return false;
        if (index < 1 << 8) argument('h', 1, index);
        else argument('j', 4, index);
        return true;
    }

    private void argument(int opcode, int n, long value) throws IOException {
        op(opcode);
        number(n, value);
    }

    private void number(int n, long value) {
        for (int i = 0; i < n; i++) frame.write((int) (value >>> (8 * i)));
    }

    private void closeFrame() throws IOException {
        if (frame.size() >= FRAME_MIN) {
            ByteBuffer head = ByteBuffer.allocate(9).order(ByteOrder.LITTLE_ENDIAN);
            out.write(head.put((byte) 0x95).putLong(frame.size()).array());
        }
        frame.writeTo(out);
        frame.reset();
    }
}
