package phema.format;

import static java.util.stream.Collectors.joining;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Holds the settings of a network that are stated somewhere: by a weight file's metadata, by a manifest. Where nothing
 * states one, EDM2's default counts.
 *
 * @param stated in canonical form where they have one
 */
public record NetworkSettings(SortedMap<NetworkSetting, String> stated) {
    /** The key in metadata for the classes of a network's modules. */
    public static final String CLASSES = "module_classes";

    /** The key in metadata for the names of the arguments that its modules were made with. */
    public static final String ARGUMENTS = "init_arguments";

    /** The settings of which none is stated. */
    public static final NetworkSettings NONE = new NetworkSettings(Collections.emptySortedMap());

    public NetworkSettings {
        stated = Collections.unmodifiableSortedMap(new TreeMap<>(stated));
    }

    /** What metadata states. Values that are none are kept as they are, for {@link #number} to refuse. */
    public static NetworkSettings of(Map<String, String> metadata) {
        if (metadata.isEmpty()) return NONE;
        SortedMap<NetworkSetting, String> stated = new TreeMap<>();
        for (NetworkSetting setting : NetworkSetting.values()) {
            String text = metadata.get(setting.key());
            if (text != null) stated.put(setting, setting.lenient(text));
        }
        return stated.isEmpty() ? NONE : new NetworkSettings(stated);
    }

    /** As metadata. */
    public Map<String, String> metadata() {
        Map<String, String> metadata = new TreeMap<>();
        stated.forEach((setting, text) -> metadata.put(setting.key(), text));
        return metadata;
    }

    /** The value that counts, stated or not. */
    public String get(NetworkSetting setting) {
        return stated.getOrDefault(setting, setting.usual());
    }

    /**
     * The value that counts, as a number; infinite for no limit.
     *
     * @throws IllegalArgumentException when it has no such value; the message is a sentence without subject
     */
    public double number(NetworkSetting setting) {
        require(setting);
        String text = get(setting);
        return text.equals(NetworkSetting.NO_LIMIT) ? Double.POSITIVE_INFINITY : Double.parseDouble(text);
    }

    /** @throws IllegalArgumentException as {@link #number} */
    public void require(NetworkSetting setting) {
        try {
            setting.canonical(get(setting));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("states " + setting.key() + ", which " + e.getMessage(), e);
        }
    }

    /** These, and the others where these state nothing. */
    public NetworkSettings or(NetworkSettings others) {
        if (stated.isEmpty() || others.stated.isEmpty()) return stated.isEmpty() ? others : this;
        SortedMap<NetworkSetting, String> all = new TreeMap<>(others.stated);
        all.putAll(stated);
        return new NetworkSettings(all);
    }

    /** Some of these. */
    public NetworkSettings only(Predicate<NetworkSetting> wanted) {
        if (stated.isEmpty()) return this;
        SortedMap<NetworkSetting, String> some = new TreeMap<>(stated);
        some.keySet().removeIf(wanted.negate());
        return new NetworkSettings(some);
    }

    /** With EDM2's defaults for what is not stated. */
    public NetworkSettings complete() {
        SortedMap<NetworkSetting, String> all = new TreeMap<>();
        for (NetworkSetting setting : NetworkSetting.values()) all.put(setting, get(setting));
        return new NetworkSettings(all);
    }

    /** Those that both state, otherwise, and that matter to images. */
    public List<NetworkSetting> contradictions(NetworkSettings others) {
        if (stated.isEmpty()) return List.of();
        return stated.keySet().stream()
                .filter(NetworkSetting::matters)
                .filter(setting -> others.stated.containsKey(setting)
                        && !Objects.equals(others.stated.get(setting), stated.get(setting)))
                .toList();
    }

    /** What images depend on and is not as EDM2 has it: {@code channels_per_head 16, clip_act none}; may be empty. */
    public String unusual() {
        return listed(Arrays.stream(NetworkSetting.values())
                .filter(setting -> setting.matters() && !get(setting).equals(setting.usual()))
                .toList());
    }

    /** What images depend on and nothing states. */
    public List<NetworkSetting> unstated() {
        return Arrays.stream(NetworkSetting.values())
                .filter(setting -> setting.matters() && !stated.containsKey(setting))
                .toList();
    }

    /** With their values: {@code channels_per_head 16, clip_act none}. */
    public String listed(List<NetworkSetting> settings) {
        return settings.stream()
                .map(setting -> setting.key() + " " + OneLine.of(get(setting)))
                .collect(joining(", "));
    }

    /** The file, stating these as well; what it says in other words of the same meaning stays as it is. */
    public WeightFile statedBy(WeightFile file) {
        if (stated.isEmpty()) return file;
        NetworkSettings own = of(file.metadata());
        Map<String, String> metadata = new TreeMap<>(file.metadata());
        stated.forEach((setting, text) -> {
            if (!text.equals(own.stated.get(setting))) metadata.put(setting.key(), text);
        });
        return metadata.equals(file.metadata())
                ? file
                : new WeightFile(file.path(), file.format(), file.parts(), metadata, file.tensors());
    }
}
