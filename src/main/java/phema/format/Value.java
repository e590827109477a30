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

    /** A {@code bytes} object, or a {@code bytearray} where it may change, left in the file. */
    record Blob(long offset, long length, boolean changeable) implements Value {}

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

    /** What a pickle may call a list. */
    enum ItemsKind {
        LIST,
        SET,
        FROZEN_SET
    }

    /** A list or a set, which grows while the pickle is read. */
    record Items(ItemsKind is, List<Value> items) implements Value {
        Items() {
            this(new ArrayList<>());
        }

        Items(List<Value> items) {
            this(ItemsKind.LIST, items);
        }
    }

    /**
     * A dictionary, which grows while the pickle is read.
     *
     * @param entries under keys that are text
     * @param others keys and values by turns, where keys are something else: no weights hang there
     */
    record Dict(Map<String, Value> entries, List<Value> others) implements Value {
        static final Dict EMPTY = new Dict(Map.of(), List.of());

        Dict() {
            this(new LinkedHashMap<>(), new ArrayList<>(0));
        }

        Optional<Value> get(String key) {
            return Optional.ofNullable(entries.get(key));
        }
    }

    /** What the pickle's owner hangs behind an id, for instance a storage. */
    record Persistent(Value id) implements Value {}

    /** How an object is made. */
    enum CallKind {
        /** By {@code function(*arguments)}. */
        REDUCE,
        /** By {@code class.__new__(class, *arguments)}. */
        NEW,
        /** By {@code class.__new__(class, *arguments, **keywords)}. */
        NEW_WITH_KEYWORDS
    }

    /** {@code function(*arguments)}, with the state, items and elements that the pickle then gives to the result. */
    final class Call implements Value {
        /** The name for a function that is itself made by one, such as a method or a partial application. */
        private static final Global MADE = new Global("", "a function made by another");

        private final CallKind how;
        private final Value callee;
        private final Tuple arguments;
        private final Value keywords;
        private @Nullable Value state;
        private @Nullable Dict entries;
        private @Nullable Items items;

        /** @param callee a global, or a call that makes a function */
        Call(CallKind how, Value callee, Tuple arguments, Value keywords) {
            this.how = how;
            this.callee = callee;
            this.arguments = arguments;
            this.keywords = keywords;
        }

        CallKind how() {
            return how;
        }

        Value callee() {
            return callee;
        }

        Global function() {
            return callee instanceof Global global ? global : MADE;
        }

        Tuple argumentTuple() {
            return arguments;
        }

        List<Value> arguments() {
            return arguments.items();
        }

        /** A dictionary for {@link CallKind#NEW_WITH_KEYWORDS}. */
        Value keywords() {
            return keywords;
        }

        @Override
        public String kind() {
            return function().kind();
        }

        Value state() {
            return state == null ? NONE : state;
        }

        boolean hasState() {
            return state != null;
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
