package phema.cli;

import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.core.ResolvableType;

/** Knows the names of settings below one, as records say into which they are read. */
final class SettingNames {
    private final TreeMap<String, SettingNames> named = new TreeMap<>();

    /** Below names that users choose, and numbers of lists. */
    private @Nullable SettingNames any;

    /**
     * A name that there is not.
     *
     * @param below the last name that there is
     * @param word what follows it
     * @param names what may follow it
     */
    record Unknown(ConfigurationPropertyName below, String word, SequencedSet<String> names) {}

    /** Adds what is read into a type, below a name. */
    void add(ConfigurationPropertyName below, Class<?> type) {
        SettingNames names = this;
        for (int i = 0; i < below.getNumberOfElements(); i++) names = names.named(below.getElement(i, Form.DASHED));
        names.add(ResolvableType.forClass(type));
    }

    private SettingNames named(String name) {
        return named.computeIfAbsent(name, added -> new SettingNames());
    }

    private void add(ResolvableType type) {
        Class<?> raw = type.resolve(Object.class);
        if (raw.isRecord())
            for (RecordComponent each : raw.getRecordComponents())
                named(each.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
                        .add(ResolvableType.forType(each.getGenericType()));
        else if (raw == Optional.class) add(type.getGeneric(0));
        else if (Map.class.isAssignableFrom(raw)) any().add(type.getGeneric(1));
        else if (Collection.class.isAssignableFrom(raw)) any().add(type.getGeneric(0));
    }

    private SettingNames any() {
        if (any == null) any = new SettingNames();
        return any;
    }

    /** @param variable whether it is an environment variable's, whose words may be those of one name */
    Optional<Unknown> find(ConfigurationPropertyName name, boolean variable) {
        return find(name, 0, variable);
    }

    private Optional<Unknown> find(ConfigurationPropertyName name, int from, boolean variable) {
        int all = name.getNumberOfElements();
        if (from == all) return Optional.empty();
        if (any != null) return any.find(name, from + 1, variable);
        Optional<Unknown> unknown =
                Optional.of(new Unknown(name.chop(from), name.getElement(from, Form.DASHED), named.navigableKeySet()));
        String word = "";
        for (int to = from + 1; to <= (variable ? all : from + 1); to++) {
            word += name.getElement(to - 1, Form.UNIFORM);
            for (Map.Entry<String, SettingNames> each : named.entrySet())
                if (each.getKey().replace("-", "").equals(word)) {
                    unknown = each.getValue().find(name, to, variable);
                    if (unknown.isEmpty()) return unknown;
                }
        }
        return unknown;
    }
}
