package phema.catalog;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Compares what the configurations beside PEFT's adapters say of their scale, {@code lora_alpha / r}: adapters that are
 * scaled otherwise cannot be averaged.
 */
final class AdapterScale {
    private final Predicate<Path> mayRead;
    private final Map<Path, String> scales = new HashMap<>();
    private final Map<String, Integer> counts = new HashMap<>();

    AdapterScale(Predicate<Path> mayRead) {
        this.mayRead = mayRead;
    }

    /** @param weights a file that may be an adapter */
    void add(Path weights) {
        SideJson.read(weights.resolveSibling("adapter_config.json"), mayRead).ifPresent(config -> {
            String scale = "lora_alpha " + config.path("lora_alpha").asString("none") + ", r "
                    + config.path("r").asString("none");
            scales.put(weights, scale);
            counts.merge(scale, 1, Integer::sum);
        });
    }

    /** What sets an adapter apart from most others, as a clause; empty where nothing does. */
    Optional<String> difference(Path weights) {
        String own = scales.getOrDefault(weights, "");
        String usual = counts.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse(own);
        return own.isEmpty() || own.equals(usual)
                ? Optional.empty()
                : Optional.of("its adapter_config.json states " + own + ", most others " + usual
                        + ", so its weights are scaled otherwise");
    }
}
