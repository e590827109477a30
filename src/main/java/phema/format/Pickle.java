package phema.format;

import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import phema.format.Value.Blob;
import phema.format.Value.Bool;
import phema.format.Value.Call;
import phema.format.Value.Dict;
import phema.format.Value.Global;
import phema.format.Value.Int;
import phema.format.Value.Items;
import phema.format.Value.Numbers;
import phema.format.Value.Persistent;
import phema.format.Value.Real;
import phema.format.Value.Text;
import phema.format.Value.Tuple;

/**
 * Reads a pickle of protocol 2 to 5 (PEP 3154, PEP 574; opcodes as in Python's {@code pickletools}) into the
 * {@link Value}s it describes. Nothing is imported, instantiated or called; a global that the caller does not allow
 * ends the reading at once, and what is made by a function that is no global is opaque. {@code bytes} objects stay in
 * the file. Memory is bounded by the number of opcodes and by the text really present, whatever lengths the pickle
 * claims.
 */
final class Pickle {
    /**
     * The longest text, in bytes: Python sources of whole modules, the longest texts in real files, take tens of
     * kilobytes.
     */
    static final int MAX_TEXT = 1 << 22;

    private static final long MAX_ALL_TEXT = 1 << 26;

    /** The largest pickle of {@link #readLarge}: three times that of a million chunks. */
    static final long MAX_LARGE = 1 << 29;

    /** The most marks on its stack at once. */
    private static final int MAX_MARKS = 1 << 10;

    /** The most values of such a pickle that are there at once. */
    private static final long MAX_LIVE = 1 << 21;

    /** The longest integer, in bytes: PyTorch's magic number takes ten bytes. */
    private static final int MAX_INTEGER = 16;

    private static final Int[] SMALL = small();

    private final Cursor in;
    private final String kind;
    private final Predicate<Global> allowed;
    private final Consumer<Persistent> persistents;
    private final Map<Integer, Value> memo = new HashMap<>();
    private final Optional<Large> large;
    private final Deque<List<Value>> outer = new ArrayDeque<>();
    private List<Value> stack = new ArrayList<>();
    private long text;

    private Pickle(
            Cursor in,
            String kind,
            Predicate<Global> allowed,
            Consumer<Persistent> persistents,
            Optional<Large> large) {
        this.in = in;
        this.allowed = allowed;
        this.kind = kind;
        this.persistents = persistents;
        this.large = large;
    }

    /** Takes what it needs of a pickle while that is read, so that the rest can be forgotten. */
    interface Taker {
        /** What is left of the result of a call that has no state yet. */
        Value made(Call call) throws FormatException;

        /** What is left of the state that such a result is given. */
        Value state(Call call, Value state) throws FormatException;

        /** Takes an entry of a dictionary under another key than text, which is forgotten then. */
        void entry(Value key, Value value) throws FormatException;
    }

    /**
     * Reads one pickle and leaves the cursor behind it.
     *
     * @param kind what a file with only allowed globals is, for messages: {@code an EDM2 snapshot}
     */
    static Value read(Cursor in, String kind, Predicate<Global> allowed, int maxOpcodes) throws IOException {
        return new Pickle(in, kind, allowed, any -> {}, Optional.empty()).run(maxOpcodes);
    }

    /**
     * Reads one pickle, whatever globals it names.
     *
     * @param persistents is given every persistent id, in the order of the pickle
     */
    static Value readAny(Cursor in, String kind, Consumer<Persistent> persistents, int maxOpcodes) throws IOException {
        return new Pickle(in, kind, any -> true, persistents, Optional.empty()).run(maxOpcodes);
    }

    /**
     * Reads a file that is one pickle, of up to {@value #MAX_LARGE} bytes, in memory that depends on what is left of
     * it. It is read twice: first to see which values it refers to again, since only these need be kept for that.
     */
    static Value readLarge(InputFile file, String kind, Taker taker) throws IOException {
        if (file.size() > MAX_LARGE)
            throw file.broken(
                    "has " + file.size() + " bytes, too many for " + kind + "; at most " + MAX_LARGE + " are read");
        Recalls recalls = new Recalls(Cursor.ofAll(file, false), kind);
        recalls.scan();
        Cursor in = Cursor.ofAll(file, true);
        Large large = new Large(taker, recalls.recalled());
        Value value = new Pickle(in, kind, any -> true, any -> {}, Optional.of(large)).run(Integer.MAX_VALUE);
        if (in.remaining() > 0) throw file.broken(in.remaining() + " bytes follow the end of the pickle");
        return value;
    }

    /** The reading of a large pickle: what is kept of it, and how many values there are that were not forgotten. */
    private static final class Large {
        final Taker taker;
        final BitSet recalled;
        final BitSet memoized = new BitSet();
        int nextMemo;

        /** Of each value on the stack how many were there before it and all that it consists of. */
        long[] before = new long[64];

        int depth;

        /** Values that were made and not forgotten. */
        long live;

        /** Values that are kept to be referred to again. */
        long kept;

        /** Whether something is kept that can be added to at any time. */
        boolean growing;

        Large(Taker taker, BitSet recalled) {
            this.taker = taker;
            this.recalled = recalled;
        }

        void push(long first, Value value, Pickle pickle) throws FormatException {
            if (depth == before.length) before = Arrays.copyOf(before, 2 * depth);
            before[depth++] = first;
            live += weight(value);
            if (live + kept > MAX_LIVE)
                throw pickle.in.broken("describes more than " + MAX_LIVE + " values, too many for " + pickle.kind);
        }

        /** As many as it takes memory of small ones. */
        private static long weight(Value value) {
            if (value instanceof Text text) return 1 + text.value().length() / 32;
            return value instanceof Numbers numbers ? 1 + numbers.values().length / 4 : 1;
        }

        /** Forgets what was made since, but for what the pickle refers to again and can still add to. */
        void forget(long first) {
            if (!growing) live = first;
        }

        boolean keeps(int index, Value value) {
            if (!memoized.get(index)) {
                memoized.set(index);
                nextMemo++;
            }
            if (!recalled.get(index)) return false;
            kept += value instanceof Tuple || value instanceof Call ? live - before[depth - 1] : weight(value);
            growing |= value instanceof Dict || value instanceof Items;
            return true;
        }
    }

    /** The protocol of the pickle that begins at a byte. */
    static int protocol(InputFile file, long offset) throws IOException {
        byte[] begin = new byte[2];
        file.read(offset, begin);
        return begin[1];
    }

    private Value run(int maxOpcodes) throws IOException {
        for (int i = 0; i < maxOpcodes; i++) {
            int opcode = in.u8();
            if (opcode == '.') return pop();
            step(opcode);
        }
        throw in.broken("has more than " + maxOpcodes + " pickle opcodes, too many for " + kind);
    }

    private void step(int opcode) throws IOException {
        switch (opcode) {
            case 0x80 -> protocol(in.u8());
            case 0x95 -> in.demand(in.i64()); // FRAME

            case 'N' -> push(Value.NONE);
            case 0x88 -> push(new Bool(true));
            case 0x89 -> push(new Bool(false));
            case 'K' -> push(integer(in.u8()));
            case 'M' -> push(integer(in.u16()));
            case 'J' -> push(integer(in.i32()));
            case 0x8a -> push(longInteger(in.u8()));
            case 'G' -> push(new Real(Double.longBitsToDouble(Long.reverseBytes(in.i64()))));
            case 0x8c -> push(text(in.u8()));
            case 'X' -> push(text(in.u32()));
            case 0x8d -> push(text(in.i64()));
            case 'C' -> push(blob(in.u8(), false));
            case 'B' -> push(blob(in.u32(), false));
            case 0x8e -> push(blob(in.i64(), false));
            case 0x96 -> push(blob(in.i64(), true));

            case '(' -> mark();
            case '0' -> pop();
            case '1' -> popMark();
            case '2' -> push(peek());
            case ')' -> push(new Tuple(List.of()));
            case 0x85 -> push(tuple(1), 1);
            case 0x86 -> push(tuple(2), 2);
            case 0x87 -> push(tuple(3), 3);
            case 't' -> {
                List<Value> items = popMark();
                push(new Tuple(items), items.size());
            }
            case ']' -> push(new Items());
            case 0x8f -> push(new Items(Value.ItemsKind.SET, new ArrayList<>()));
            case 'l' -> push(new Items(popMark()));
            case 0x91 -> push(new Items(Value.ItemsKind.FROZEN_SET, popMark()));
            case 'a' -> append(List.of(pop()));
            case 'e', 0x90 -> append(popMark());
            case '}' -> push(new Dict());
            case 'd' -> {
                List<Value> items = popMark();
                push(new Dict(), items.size());
                setItems(items);
            }
            case 's' -> {
                Value value = pop();
                setItems(List.of(pop(), value));
            }
            case 'u' -> setItems(popMark());

            case 'q' -> keep(in.u8());
            case 'r' -> keep(in.i32());
            case 0x94 -> keep(large.isPresent() ? large.get().nextMemo : memo.size());
            case 'h' -> push(recall(in.u8()));
            case 'j' -> push(recall(in.i32()));

            case 'c' -> push(global(line(), line()));
            case 0x93 -> {
                Value name = pop();
                push(stackGlobal(pop(), name));
            }
            case 'R' -> make(call(Value.CallKind.REDUCE, Value.NONE));
            case 0x81 -> make(call(Value.CallKind.NEW, Value.NONE));
            case 0x92 -> make(call(Value.CallKind.NEW_WITH_KEYWORDS, pop()));
            case 'b' -> build(pop());
            case 'Q' -> {
                Persistent persistent = new Persistent(pop());
                persistents.accept(persistent);
                push(persistent);
            }
            default -> throw unknown(in, opcode, kind);
        }
    }

    static FormatException unknown(Cursor in, int opcode, String kind) {
        return in.broken("has the pickle opcode 0x%02x before byte %d, which is not part of %s; refusing to go on"
                .formatted(opcode, in.position(), kind));
    }

    static FormatException neverKept(Cursor in, int index) {
        return in.broken("is damaged: its pickle recalls value " + index + ", which was never kept");
    }

    private void protocol(int version) throws FormatException {
        if (version < 2 || version > 5) throw in.broken("is a pickle of protocol " + version + "; 2 to 5 can be read");
    }

    private static Int integer(long value) {
        return value >= 0 && value < SMALL.length ? SMALL[(int) value] : new Int(BigInteger.valueOf(value));
    }

    private static Int[] small() {
        Int[] integers = new Int[1 << 10];
        for (int i = 0; i < integers.length; i++) integers[i] = new Int(BigInteger.valueOf(i));
        return integers;
    }

    private Int longInteger(int n) throws IOException {
        in.demand(n);
        if (n > MAX_INTEGER) throw in.broken("has an integer of " + n + " bytes, too large for " + kind);
        byte[] bytes = in.bytes(n);
        for (int i = 0; i < n / 2; i++) {
            byte swapped = bytes[i];
            bytes[i] = bytes[n - 1 - i];
            bytes[n - 1 - i] = swapped;
        }
        return new Int(n == 0 ? BigInteger.ZERO : new BigInteger(bytes));
    }

    private Text text(long n) throws IOException {
        in.demand(n);
        text += n;
        if (n > MAX_TEXT || text > (large.isPresent() ? MAX_LARGE : MAX_ALL_TEXT))
            throw in.broken("has too much text: " + n + " bytes at byte " + in.position() + ", " + text + " in all");
        return new Text(in.utf8((int) n));
    }

    private Blob blob(long n, boolean changeable) throws IOException {
        long offset = in.position();
        in.skip(n);
        return new Blob(offset, n, changeable);
    }

    private void push(Value value) throws FormatException {
        if (large.isPresent()) large.get().push(large.get().live, value, this);
        stack.add(value);
    }

    /** Pushes what consists of the last so many values, which were taken from the stack. */
    private void push(Value value, int ofLast) throws FormatException {
        if (large.isEmpty()) push(value);
        else {
            Large all = large.get();
            all.push(ofLast == 0 ? all.live : all.before[all.depth], value, this);
            stack.add(value);
        }
    }

    private Value pop() throws FormatException {
        if (stack.isEmpty()) throw underflow();
        large.ifPresent(all -> all.depth--);
        return stack.removeLast();
    }

    private void keep(int index) throws FormatException {
        Value value = peek();
        if (large.isEmpty() || large.get().keeps(index, value)) memo.put(index, value);
    }

    private Value peek() throws FormatException {
        if (stack.isEmpty()) throw underflow();
        return stack.getLast();
    }

    private void mark() throws FormatException {
        if (large.isPresent() && outer.size() == MAX_MARKS)
            throw in.broken("nests more than " + MAX_MARKS + " values, too many for " + kind);
        outer.push(stack);
        stack = new ArrayList<>();
    }

    private List<Value> popMark() throws FormatException {
        if (outer.isEmpty()) throw underflow();
        List<Value> items = stack;
        stack = outer.pop();
        large.ifPresent(all -> all.depth -= items.size());
        return items;
    }

    private FormatException underflow() {
        return in.broken("is damaged: its pickle takes a value before byte " + in.position() + " where there is none");
    }

    private Tuple tuple(int n) throws FormatException {
        List<Value> items = new ArrayList<>(n);
        for (int i = 0; i < n; i++) items.add(pop());
        Collections.reverse(items);
        return new Tuple(items);
    }

    private void append(List<Value> items) throws FormatException {
        Items target = switch (peek()) {
            case Items list -> list;
            case Call call -> {
                large.ifPresent(all -> all.growing = true);
                yield call.ownItems();
            }
            case Value other -> throw misused("appends to", other);
        };
        target.items().addAll(items);
    }

    private void setItems(List<Value> items) throws FormatException {
        if (items.size() % 2 != 0) throw in.broken("is damaged: its pickle sets a key without a value");
        Dict target = switch (peek()) {
            case Dict dict -> dict;
            case Call call -> {
                large.ifPresent(all -> all.growing = true);
                yield call.ownEntries();
            }
            case Value other -> throw misused("sets items of", other);
        };
        boolean forgotten = true;
        for (int i = 0; i < items.size(); i += 2) {
            if (items.get(i) instanceof Text key) {
                target.entries().put(key.value(), items.get(i + 1));
                forgotten = false;
            } else if (large.isPresent()) large.get().taker.entry(items.get(i), items.get(i + 1));
            else target.others().addAll(items.subList(i, i + 2));
        }
        if (large.isPresent() && forgotten && !items.isEmpty())
            large.get().forget(large.get().before[large.get().depth]);
    }

    private Value recall(int index) throws FormatException {
        Value value = memo.get(index);
        if (value == null) throw neverKept(in, index);
        return value;
    }

    private Global stackGlobal(Value module, Value name) throws FormatException {
        if (module instanceof Text m && name instanceof Text n) return global(m.value(), n.value());
        throw misused("takes the name of a global from", module instanceof Text ? name : module);
    }

    private Global global(String module, String name) throws FormatException {
        Global global = new Global(module, name);
        if (!allowed.test(global))
            throw in.broken("needs the global `" + shown(global.toString()) + "`, which is not part of " + kind
                    + "; refusing to go on");
        return global;
    }

    private Call call(Value.CallKind how, Value keywords) throws FormatException {
        Value arguments = pop();
        Value function = pop();
        boolean known = function instanceof Global || function instanceof Call;
        if (known && arguments instanceof Tuple tuple) return new Call(how, function, tuple, keywords);
        throw misused("calls", function instanceof Global ? arguments : function);
    }

    /** The function and its arguments were taken from the stack. */
    private void make(Call call) throws FormatException {
        if (large.isEmpty()) {
            push(call);
            return;
        }
        Value made = large.get().taker.made(call);
        // What has no arguments holds nothing else.
        if (made != call || call.arguments().isEmpty()) large.get().forget(large.get().before[large.get().depth]);
        push(made, 1);
    }

    private void build(Value state) throws FormatException {
        if (!(peek() instanceof Call call)) throw misused("gives a state to", peek());
        if (large.isEmpty()) {
            call.setState(state);
            return;
        }
        Value left = large.get().taker.state(call, state);
        call.setState(left);
        if (left != state) large.get().forget(large.get().before[large.get().depth] + 1);
    }

    private FormatException misused(String verb, Value value) {
        return in.broken(
                "is damaged: its pickle " + verb + " a " + shown(value.kind()) + " before byte " + in.position());
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.u8(); c != '\n'; c = in.u8()) {
            if (line.length() == 256)
                throw in.broken("is damaged: the name of a global before byte " + in.position() + " is too long");
            line.append((char) c);
        }
        return line.toString();
    }

    /** Fit for one line of an error message. */
    static String shown(String text) {
        String clean = OneLine.of(text);
        return clean.length() <= 200 ? clean : clean.substring(0, 200) + "...";
    }
}
