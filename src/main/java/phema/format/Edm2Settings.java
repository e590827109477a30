package phema.format;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import phema.format.Edm2PickleReader.ModuleState;
import phema.format.Value.Dict;
import phema.format.Value.Int;
import phema.format.Value.Items;
import phema.format.Value.None;
import phema.format.Value.Tuple;

/**
 * Gathers what an EDM2 snapshot says of its network beside tensors, as metadata: {@link NetworkSetting}s from the
 * attributes of its modules, which are what runs, or from the arguments that they were made with; the classes of its
 * modules, {@link NetworkSettings#CLASSES}; and the names of all arguments, {@link NetworkSettings#ARGUMENTS}.
 */
final class Edm2Settings {
    private static final String KWARGS = "_init_kwargs";
    private static final Pattern WHOLE = Pattern.compile("\\d{1,9}");
    private static final int MOST_NAMES = 64;
    private static final int MOST_EXAMPLES = 4;

    private final List<ModuleState> modules;
    private final Map<String, String> metadata = new TreeMap<>();

    private Edm2Settings(List<ModuleState> modules) {
        this.modules = modules;
    }

    /** @param modules parents first */
    static Map<String, String> of(List<ModuleState> modules) {
        return new Edm2Settings(modules).gather();
    }

    private Map<String, String> gather() {
        for (NetworkSetting setting : NetworkSetting.values()) {
            if (setting == NetworkSetting.CHANNELS_PER_HEAD) continue;
            List<Stated> attributes = attributes(setting.key());
            summary(attributes.isEmpty() ? arguments(setting.key()) : attributes)
                    .ifPresent(text -> metadata.put(setting.key(), text));
        }
        channelsPerHead().ifPresent(text -> metadata.put(NetworkSetting.CHANNELS_PER_HEAD.key(), text));
        names(modules.stream().map(ModuleState::className))
                .ifPresent(text -> metadata.put(NetworkSettings.CLASSES, text));
        // Modules can share their arguments, which would make many names of few.
        Set<Dict> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
        modules.forEach(module -> distinct.add(kwargs(module)));
        names(distinct.stream().flatMap(arguments -> arguments.entries().keySet().stream()))
                .ifPresent(text -> metadata.put(NetworkSettings.ARGUMENTS, text));
        return metadata;
    }

    /** A value, and the module that has it. */
    private record Stated(String module, String value) {}

    private List<Stated> attributes(String name) {
        List<Stated> found = new ArrayList<>();
        for (ModuleState module : modules)
            module.state().get(name).ifPresent(value -> found.add(new Stated(module.name(), text(value))));
        return found;
    }

    private List<Stated> arguments(String name) {
        List<Stated> found = new ArrayList<>();
        for (ModuleState module : modules)
            kwargs(module).get(name).ifPresent(value -> found.add(new Stated(module.name(), text(value))));
        return found;
    }

    private static Dict kwargs(ModuleState module) {
        return module.state().get(KWARGS).map(Edm2PickleReader::entries).orElse(Dict.EMPTY);
    }

    /** The value, where all modules have the same; else all of them, each with a module, which is no value. */
    private static Optional<String> summary(List<Stated> all) {
        SequencedMap<String, String> moduleOf = new LinkedHashMap<>();
        all.forEach(stated -> moduleOf.putIfAbsent(stated.value(), stated.module()));
        if (moduleOf.size() <= 1) return moduleOf.keySet().stream().findFirst();
        return Optional.of(moduleOf.entrySet().stream()
                .limit(MOST_EXAMPLES)
                .map(e -> e.getKey() + " in `" + e.getValue() + "`")
                .collect(Collectors.joining(", ")));
    }

    /**
     * Blocks know their number of heads, {@code out_channels / channels_per_head} without the remainder, and not what
     * it came from.
     */
    private Optional<String> channelsPerHead() {
        SortedMap<Integer, Stated> heads = new TreeMap<>();
        List<Stated> stated = arguments(NetworkSetting.CHANNELS_PER_HEAD.key());
        for (ModuleState module : modules) {
            Optional<Integer> count = number(module, "num_heads").filter(n -> n > 0);
            Optional<Integer> width = number(module, "out_channels").filter(n -> n > 0);
            if (count.isEmpty() || width.isEmpty()) continue;
            Stated other = heads.putIfAbsent(width.get(), new Stated(module.name(), count.get() + ""));
            if (other != null && !other.value().equals(count.get() + ""))
                return Optional.of("num_heads " + other.value() + " in `" + other.module() + "`, " + count.get()
                        + " in `" + module.name() + "`, both of " + width.get() + " channels");
        }
        if (heads.isEmpty()) return summary(stated);
        List<Integer> candidates = new ArrayList<>();
        stated.forEach(s -> wholeNumber(s.value()).ifPresent(candidates::add));
        candidates.add(Integer.parseInt(NetworkSetting.CHANNELS_PER_HEAD.usual()));
        heads.forEach((width, s) -> candidates.add(width / Integer.parseInt(s.value())));
        for (int candidate : candidates)
            if (heads.entrySet().stream()
                    .allMatch(e -> candidate > 0
                            && Math.max(1, e.getKey() / candidate)
                                    == Integer.parseInt(e.getValue().value())))
                return Optional.of(String.valueOf(candidate));
        return Optional.of(heads.entrySet().stream()
                .limit(MOST_EXAMPLES)
                .map(e -> "num_heads " + e.getValue().value() + " for " + e.getKey() + " channels in `"
                        + e.getValue().module() + "`")
                .collect(Collectors.joining(", ")));
    }

    private static Optional<Integer> number(ModuleState module, String name) {
        return module.state().get(name).filter(Int.class::isInstance).flatMap(value -> wholeNumber(text(value)));
    }

    private static Optional<Integer> wholeNumber(String text) {
        return WHOLE.matcher(text).matches() ? Optional.of(Integer.parseInt(text)) : Optional.empty();
    }

    /** Different names, sorted; empty for none. */
    private static Optional<String> names(Stream<String> all) {
        SortedSet<String> names = all.filter(name -> !name.isEmpty()).collect(Collectors.toCollection(TreeSet::new));
        if (names.isEmpty()) return Optional.empty();
        return Optional.of(names.stream().limit(MOST_NAMES).map(Pickle::shown).collect(Collectors.joining(", "))
                + (names.size() > MOST_NAMES ? ", and more" : ""));
    }

    private static String text(Value value) {
        if (value instanceof None) return NetworkSetting.NO_LIMIT;
        if (value instanceof Items list) return listed(list.items());
        if (value instanceof Tuple tuple) return listed(tuple.items());
        return Pickle.shown(value.plain().orElseGet(value::kind));
    }

    private static String listed(List<Value> items) {
        String more = items.size() > MOST_NAMES ? ", ..." : "";
        return Pickle.shown(items.stream()
                .limit(MOST_NAMES)
                .map(item -> item.plain().orElseGet(item::kind))
                .collect(Collectors.joining(", ", "[", more + "]")));
    }
}
