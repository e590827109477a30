package phema.format;

import java.io.IOException;
import java.util.BitSet;

/**
 * Looks through a pickle for the values that it refers to again, without making any value. Of large pickles these are
 * few, and all the others need not be kept for that.
 */
final class Recalls {
    private final Cursor in;
    private final String kind;
    private final BitSet kept = new BitSet();
    private final BitSet recalled = new BitSet();
    private int values;

    /** @param in over a whole pickle */
    Recalls(Cursor in, String kind) {
        this.in = in;
        this.kind = kind;
    }

    /** Indices of the memo that values are recalled from. */
    BitSet recalled() {
        return recalled;
    }

    void scan() throws IOException {
        while (true) {
            int opcode = in.u8();
            switch (opcode) {
                case '.' -> {
                    return;
                }
                case 0x80, 'K' -> in.skip(1);
                case 'M' -> in.skip(2);
                case 'J' -> in.skip(4);
                case 'G', 0x95 -> in.skip(8);
                case 0x8a, 0x8c, 'C' -> in.skip(in.u8());
                case 'X', 'B' -> in.skip(in.u32());
                case 0x8d, 0x8e, 0x96 -> in.skip(in.i64());
                case 'c' -> {
                    line();
                    line();
                }
                case 'q' -> keep(in.u8());
                case 'r' -> keep(in.i32());
                case 0x94 -> keep(values);
                case 'h' -> recall(in.u8());
                case 'j' -> recall(in.i32());
                case 'N',
                        0x88,
                        0x89,
                        '(',
                        '0',
                        '1',
                        '2',
                        ')',
                        0x85,
                        0x86,
                        0x87,
                        't',
                        ']',
                        0x8f,
                        'l',
                        0x91,
                        'a',
                        'e' -> {
                    // neither kept nor recalled
                }
                case 0x90, '}', 'd', 's', 'u', 0x93, 'R', 0x81, 0x92, 'b', 'Q' -> {
                    // neither
                }
                default -> throw Pickle.unknown(in, opcode, kind);
            }
        }
    }

    private void keep(int index) throws FormatException {
        // Picklers number what they keep in turn; other numbers could be chosen to take memory.
        if (index < 0 || index > values)
            throw in.broken("is damaged: its pickle keeps value " + index + " before byte " + in.position() + ", after "
                    + values + " others");
        if (kept.get(index)) return;
        kept.set(index);
        values++;
    }

    private void recall(int index) throws FormatException {
        if (index < 0 || index >= values) throw Pickle.neverKept(in, index);
        recalled.set(index);
    }

    private void line() throws IOException {
        int length = 0;
        while (in.u8() != '\n') if (++length > 256) throw in.broken("is damaged: the name of a global is too long");
    }
}
