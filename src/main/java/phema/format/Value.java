package phema.format;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Holds what a pickle describes: a graph, possibly with cycles, of plain values and of calls that nobody makes. Compare
 * nodes by identity only.
 */
sealed interface Value {
    Value NONE = new None();

    record None() implements Value {}

    record Bool(boolean value) implements Value {
        @Override
        public Optional<String> plain() {
            return Optional.of(String.valueOf(value));
        }
    }

    record Int(BigInteger value) implements Value {
        @Override
        public Optional<String> plain() {
            return Optional.of(value.toString());
        }
    }

    record Real(double value) implements Value {
        @Override
        public Optional<String> plain() {
            return Optional.of(String.valueOf(value));
        }
    }

    record Text(String value) implements Value {
        @Override
        public Optional<String> plain() {
            return Optional.of(value);
        }
    }

    /** A {@code bytes} object, left in the file. */
    record Blob(long offset, long length) implements Value {}

    /** The name of a class or function. */
    record Global(String module, String name) implements Value {
        @Override
        public String toString() {
            return module + "." + name;
        }

        @Override
        public String kind() {
            return toString();
        }
    }

    /** Whole numbers of a tuple, kept in little space. */
    @SuppressWarnings("ArrayRecordComponent") // compared by identity only
    record Numbers(long[] values) implements Value {}

    /** What the pickle's owner made of a value while it was read. */
    record Held(Object object) implements Value {}

    record Tuple(List<Value> items) implements Value {}

    /** A list or a set, which grows while the pickle is read. */
    record Items(List<Value> items) implements Value {
        Items() {
            this(new ArrayList<>());
        }
    }

    /**
     * A dictionary, which grows while the pickle is read. Entries under keys other than text are left out: no tensor
     * hangs there.
     */
    record Dict(Map<String, Value> entries) implements Value {
        static final Dict EMPTY = new Dict(Map.of());

        Dict() {
            this(new LinkedHashMap<>());
        }

        Optional<Value> get(String key) {
            return Optional.ofNullable(entries.get(key));
        }
    }

    /** What the pickle's owner hangs behind an id, for instance a storage. */
    record Persistent(Value id) implements Value {}

    /** {@code function(*arguments)}, with the state, items and elements that the pickle then gives to the result. */
    final class Call implements Value {
        private final Global function;
        private final List<Value> arguments;
        private Value state = NONE;
        private @Nullable Dict entries;
        private @Nullable Items items;

        Call(Global function, List<Value> arguments) {
            this.function = function;
            this.arguments = arguments;
        }

        Global function() {
            return function;
        }

        List<Value> arguments() {
            return arguments;
        }

        @Override
        public String kind() {
            return function.kind();
        }

        Value state() {
            return state;
        }

        /** What a dictionary subclass holds. */
        Dict entries() {
            return entries == null ? Dict.EMPTY : entries;
        }

        /** What a list subclass holds. */
        List<Value> items() {
            return items == null ? List.of() : items.items();
        }

        void setState(Value state) {
            this.state = state;
        }

        Items ownItems() {
            if (items == null) items = new Items();
            return items;
        }

        Dict ownEntries() {
            if (entries == null) entries = new Dict();
            return entries;
        }
    }

    /** As text, where it is a boolean, a number or a text. */
    default Optional<String> plain() {
        return Optional.empty();
    }

    /** What it is, for messages. */
    default String kind() {
        return getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }
}
