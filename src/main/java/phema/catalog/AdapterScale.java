package phema.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import phema.format.RegularFiles;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Compares what the configurations beside PEFT's adapters say of their scale, {@code lora_alpha / r}: adapters that are
 * scaled otherwise cannot be averaged.
 */
final class AdapterScale {
    private static final int MAX_CONFIGURATION = 1 << 20;

    private final Predicate<Path> mayRead;
    private final Map<Path, String> scales = new HashMap<>();
    private final Map<String, Integer> counts = new HashMap<>();

    AdapterScale(Predicate<Path> mayRead) {
        this.mayRead = mayRead;
    }

    /** @param weights a file that may be an adapter */
    void add(Path weights) {
        read(weights.resolveSibling("adapter_config.json")).ifPresent(scale -> {
            scales.put(weights, scale);
            counts.merge(scale, 1, Integer::sum);
        });
    }

    private Optional<String> read(Path file) {
        if (!Files.isRegularFile(file)) return Optional.empty();
        try (InputStream in = Channels.newInputStream(RegularFiles.open(file, mayRead))) {
            JsonNode config = JsonMapper.shared().readTree(in.readNBytes(MAX_CONFIGURATION));
            return Optional.of("lora_alpha " + config.path("lora_alpha").asString("none") + ", r "
                    + config.path("r").asString("none"));
        } catch (IOException | JacksonException e) { // whoever loads the adapter sees that
            return Optional.empty();
        }
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
