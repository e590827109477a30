package phema.format;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import phema.format.TorchStorages.PlacedTensor;
import phema.format.Value.Blob;
import phema.format.Value.Bool;
import phema.format.Value.Call;
import phema.format.Value.Dict;
import phema.format.Value.Global;
import phema.format.Value.Int;
import phema.format.Value.Items;
import phema.format.Value.None;
import phema.format.Value.Persistent;
import phema.format.Value.Real;
import phema.format.Value.Text;
import phema.format.Value.Tuple;

/**
 * Writes what a pickle described once more, with tensors in other places: the same calls of the same globals, none of
 * which is looked up, and what was in several places before is so again.
 */
final class TorchPickleCopy {
    private static final int MAX_DEPTH = 400;

    /** The protocol from which on names may have dots. */
    private static final int NESTED_NAMES = 4;

    private final int protocol;
    private final Map<Blob, byte[]> blobs;
    private final Map<Value, PlacedTensor> tensors;
    private final TorchPickleOutput out;
    private final Map<Object, Integer> memoByValue = new HashMap<>();
    private final Map<Object, Integer> memoByIdentity = new IdentityHashMap<>();
    private int memoized;
    private int depth;

    /**
     * @param protocol of the pickle that was read
     * @param blobs what each stretch of bytes holds
     * @param tensors where each tensor, by identity, now lies
     */
    TorchPickleCopy(int protocol, Map<Blob, byte[]> blobs, Map<Value, PlacedTensor> tensors) {
        this.protocol = protocol;
        this.blobs = blobs;
        this.tensors = tensors;
        out = new TorchPickleOutput(protocol);
    }

    /** @throws IllegalArgumentException when values are too deep within others */
    byte[] pickle(Value root) {
        write(root);
        out.op('.');
        return out.bytes();
    }

    private void write(Value value) {
        if (recall(value)) return;
        if (++depth > MAX_DEPTH)
            throw new IllegalArgumentException(
                    "values lie too deep within others to be copied; choose the format pt, which holds tensors alone");
        switch (value) {
            case None none -> out.op('N');
            case Bool bool -> out.op(bool.value() ? 0x88 : 0x89);
            case Int number -> out.integer(number.value());
            case Real number -> out.real(number.value());
            case Text text -> {
                out.text(text.value());
                memoize(memoByValue, text);
            }
            case Global global -> global(global);
            case Blob blob -> blob(blob);
            case Persistent persistent -> {
                if (StorageId.of(persistent).isPresent())
                    throw new IllegalArgumentException(
                            "a storage that belongs to no tensor cannot be copied; choose the format pt");
                write(persistent.id());
                out.op('Q');
            }
            case Tuple tuple -> tuple(tuple);
            case Items items -> items(items);
            case Dict dict -> {
                out.op('}');
                memoize(memoByIdentity, dict);
                entries(dict);
            }
            case Call call -> call(call);
            case Value.Numbers numbers -> throw new IllegalStateException("no pickle of torch.save is read like this");
            case Value.Held held -> throw new IllegalStateException("no pickle of torch.save is read like this");
        }
        depth--;
    }

    private void global(Global global) {
        boolean plain = global.name().indexOf('.') < 0
                && (global.module() + global.name()).chars().allMatch(c -> c < 0x80);
        if (plain || protocol < NESTED_NAMES) out.global(global);
        else {
            write(new Text(global.module()));
            write(new Text(global.name()));
            out.op(0x93);
        }
        memoize(memoByValue, global);
    }

    private void blob(Blob blob) {
        byte[] content = blobs.getOrDefault(blob, new byte[0]);
        if (blob.changeable()) {
            out.op(0x96);
            out.number(8, content.length);
        } else {
            out.op('B');
            out.number(4, content.length);
        }
        out.bytes(content);
        memoize(memoByIdentity, blob);
    }

    private void tuple(Tuple tuple) {
        int size = tuple.items().size();
        if (size == 0) {
            out.op(')');
            return;
        }
        out.op('(');
        tuple.items().forEach(this::write);
        if (isKnown(tuple)) { // one of its items holds it
            out.op('1');
            recall(tuple);
            return;
        }
        out.op('t');
        memoize(memoByIdentity, tuple);
    }

    private void items(Items items) {
        switch (items.is()) {
            case LIST -> {
                out.op(']');
                memoize(memoByIdentity, items);
                append(items.items(), 'e');
            }
            case SET -> {
                out.op(0x8f);
                memoize(memoByIdentity, items);
                append(items.items(), 0x90);
            }
            case FROZEN_SET -> {
                out.op('(');
                items.items().forEach(this::write);
                if (isKnown(items)) {
                    out.op('1');
                    recall(items);
                    return;
                }
                out.op(0x91);
                memoize(memoByIdentity, items);
            }
        }
    }

    private void append(List<Value> items, int opcode) {
        if (items.isEmpty()) return;
        out.op('(');
        items.forEach(this::write);
        out.op(opcode);
    }

    private void entries(Dict dict) {
        if (dict.entries().isEmpty() && dict.others().isEmpty()) return;
        out.op('(');
        dict.entries().forEach((key, value) -> {
            write(new Text(key));
            write(value);
        });
        dict.others().forEach(this::write);
        out.op('u');
    }

    private void call(Call call) {
        PlacedTensor stored = tensors.get(call);
        if (stored != null) tensor(call, stored);
        else {
            write(call.callee());
            write(call.argumentTuple());
            switch (call.how()) {
                case REDUCE -> out.op('R');
                case NEW -> out.op(0x81);
                case NEW_WITH_KEYWORDS -> {
                    write(call.keywords());
                    out.op(0x92);
                }
            }
        }
        if (isKnown(call)) { // one of its arguments holds it
            out.op('0');
            recall(call);
            return;
        }
        memoize(memoByIdentity, call);
        append(call.items(), 'e');
        entries(call.entries());
        if (call.hasState()) {
            write(call.state());
            out.op('b');
        }
    }

    /** As it was, but for where its elements lie. */
    private void tensor(Call call, PlacedTensor stored) {
        if (TorchTensors.isRebuilt(call)) {
            Global function = TorchPickleOutput.rebuild(stored.storage());
            write(function);
            place(call.function(), function, call.arguments(), stored);
        } else if (call.function().equals(TorchTensors.FROM_TYPE)
                && call.arguments().getFirst() instanceof Global before
                && call.arguments().get(2) instanceof Tuple arguments) {
            Global function = TorchPickleOutput.rebuild(stored.storage());
            write(call.callee());
            out.op('(');
            write(function);
            write(call.arguments().get(1));
            place(before, function, arguments.items(), stored);
            write(call.arguments().get(3));
            out.op('t');
        } else if (call.arguments().getFirst() instanceof Call inner) {
            write(call.callee());
            out.op('(');
            if (!recall(inner)) {
                tensor(inner, stored);
                memoize(memoByIdentity, inner);
            }
            call.arguments().subList(1, call.arguments().size()).forEach(this::write);
            out.op('t');
        }
        out.op('R');
    }

    /** @param before the function whose arguments these are */
    private void place(Global before, Global function, List<Value> arguments, PlacedTensor stored) {
        out.op('(');
        out.place(stored);
        arguments.subList(4, Math.min(6, arguments.size())).forEach(this::write);
        out.dtype(stored.storage());
        int rest = before.equals(TorchTensors.TENSOR_WITH_DTYPE) ? 7 : 6;
        if (arguments.size() > rest) arguments.subList(rest, arguments.size()).forEach(this::write);
        out.op('t');
    }

    private Map<Object, Integer> memo(Object value) {
        return value instanceof Text || value instanceof Global ? memoByValue : memoByIdentity;
    }

    private boolean isKnown(Object value) {
        return memo(value).containsKey(value);
    }

    private void memoize(Map<Object, Integer> memo, Object value) {
        memo.put(value, memoized);
        if (memoized < 1 << 8) {
            out.op('q');
            out.op(memoized);
        } else {
            out.op('r');
            out.number(4, memoized);
        }
        memoized++;
    }

    private boolean recall(Object value) {
        @Nullable Integer index = memo(value).get(value);
        if (index == null) return false;
        if (index < 1 << 8) {
            out.op('h');
            out.op(index);
        } else {
            out.op('j');
            out.number(4, index);
        }
        return true;
    }
}
