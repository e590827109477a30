package phema.catalog;

import static java.util.stream.Collectors.toMap;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/**
 * Compares what the configurations beside PEFT's adapters say of their scale, {@code lora_alpha / r}: adapters that are
 * scaled otherwise cannot be averaged.
 */
final class AdapterScale {
    /** The keys that scale weights, or change what they mean, unless they have one of the {@link #USUAL} values. */
    private static final List<String> OPTIONS =
            List.of("alpha", "use_rslora", "alpha_pattern", "rank_pattern", "use_dora", "use_qalora", "fan_in_fan_out");

    /** The values that say as little as nothing, which older versions write instead. */
    private static final Set<String> USUAL = Set.of("null", "false", "{}", "");

    private final Predicate<Path> mayRead;

    private final Map<Path, String> scales = new HashMap<>();

    /** The number of files of each scale, that of the newest file last. */
    private final Map<String, Integer> counts = new LinkedHashMap<>();

    AdapterScale(Predicate<Path> mayRead) {
        this.mayRead = mayRead;
    }

    /** @param weights a file that may be an adapter, of those added the newest */
    void add(Path weights) {
        SideJson.read(weights.resolveSibling("adapter_config.json"), mayRead).ifPresent(config -> {
            String scale = scale(config);
            scales.put(weights, scale);
            Integer before = counts.remove(scale);
            counts.put(scale, before == null ? 1 : before + 1);
        });
    }

    private static String scale(JsonNode config) {
        StringBuilder scale = new StringBuilder("lora_alpha "
                + config.path("lora_alpha").asString("none") + ", r "
                + config.path("r").asString("none"));
        for (String option : OPTIONS) {
            String value = config.path(option).isObject()
                    ? new TreeMap<>(config.path(option).properties().stream()
                                    .collect(toMap(Map.Entry::getKey, Map.Entry::getValue)))
                            .toString()
                    : config.path(option).toString();
            if (!USUAL.contains(value))
                scale.append(", ").append(option).append(' ').append(value);
        }
        return scale.toString();
    }

    /** What sets an adapter apart from most others, as a clause; empty where nothing does. */
    Optional<String> difference(Path weights) {
        String own = scales.getOrDefault(weights, "");
        String usual = counts.keySet().stream()
                .reduce((one, newer) -> count(newer) >= count(one) ? newer : one)
                .orElse(own);
        return own.isEmpty() || own.equals(usual)
                ? Optional.empty()
                : Optional.of("its adapter_config.json states " + own
                        + (count(own) == count(usual) ? ", as many others, the newest among them, " : ", most others ")
                        + usual + ", so its weights are scaled otherwise");
    }

    private int count(String scale) {
        return counts.getOrDefault(scale, 0);
    }
}
