package phema.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.format.RegularFiles;
import phema.profile.ProfileSpec;
import phema.text.Labels;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads which average a checkpoint holds where its trainer stores that: k-diffusion's {@code ema_sched},
 * latent-diffusion's counters, and the {@code config.json} that diffusers writes beside the weights of its {@code
 * EMAModel}.
 */
final class RecordedDecay {
    private static final String SCHEDULE = "ema_sched.";

    private static final Pattern KEY =
            Pattern.compile("ema\\.state\\.\\*\\.ema_params\\.(half_life|decay)_(\\d[\\dpem]*)");

    /** The distance from a whole number that the ratio of two counters may have. */
    private static final double SAME_UNIT = 1e-3;

    private static final int MAX_CONFIGURATION = 1 << 20;
    private static final JsonMapper JSON = JsonMapper.shared();

    private RecordedDecay() {}

    /**
     * The profile as text; empty where nothing is recorded, or what no profile says.
     *
     * @param prefix of the average's tensors
     * @param time of the file, which tells nothing here unless it counts steps
     * @param metadata of the file
     */
    static Optional<String> of(String prefix, double time, Map<String, String> metadata) {
        return ofKey(prefix).or(() -> ofSchedule(prefix, time, metadata)).or(() -> ofUpdates(prefix, time, metadata));
    }

    /**
     * What torchtitan writes behind the name of each tensor: {@code half_life_0p05}, {@code decay_0p999}, a number as
     * Python prints it with letters for its signs.
     */
    private static Optional<String> ofKey(String prefix) {
        Matcher key = KEY.matcher(prefix);
        if (!key.matches()) return Optional.empty();
        String number = key.group(2).replace('p', '.').replace('m', '-');
        return valid(key.group(1).equals("decay") ? "ema:" + number + ",warmup=none" : "halflife-fraction:" + number);
    }

    /**
     * What latent-diffusion's LitEma stores beside its average: the decay, and updates so far, or -1 where they do not
     * count.
     */
    private static Optional<String> ofUpdates(String prefix, double time, Map<String, String> metadata) {
        String decay = metadata.getOrDefault(prefix + "decay", "");
        String updates = metadata.getOrDefault(prefix + "num_updates", "");
        if (decay.isEmpty() || !updates.matches("-?\\d{1,15}")) return Optional.empty();
        long count = Long.parseLong(updates);
        if (count < 0) return valid("ema:" + decay + ",warmup=none");
        double unit = time / count; // of the clock, in one update
        if (Math.abs(count - time) <= 1) return valid("ema:" + decay + ",warmup=10");
        long times = Math.round(Math.max(unit, 1 / unit));
        return count == 0 || Math.abs(Math.max(unit, 1 / unit) / times - 1) > SAME_UNIT
                ? Optional.empty()
                : valid("ema:" + decay + ",warmup=10,batch=" + Labels.plain(unit > 1 ? times : 1.0 / times));
    }

    private static Optional<String> ofSchedule(String prefix, double time, Map<String, String> metadata) {
        String steps = metadata.getOrDefault(SCHEDULE + "last_epoch", "");
        if (!prefix.equals("model_ema.") || !steps.matches("\\d{1,15}") || Math.abs(Long.parseLong(steps) - time) > 1)
            return Optional.empty();
        String power = metadata.getOrDefault(SCHEDULE + "power", "");
        if (power.isEmpty() || !isZero(metadata.getOrDefault(SCHEDULE + "min_value", "0"))) return Optional.empty();
        String after = metadata.getOrDefault(SCHEDULE + "start_at", "0");
        String spec = "ema:" + metadata.getOrDefault(SCHEDULE + "max_value", "1") + ",warmup=" + power + ",inv_gamma="
                + metadata.getOrDefault(SCHEDULE + "inv_gamma", "1") + (isZero(after) ? "" : ",after=" + after);
        return valid(spec);
    }

    /**
     * What the configuration beside weights says: EMAModel of diffusers copies the weights at its first update, and
     * then counts from one.
     *
     * @param weights the file that holds the average
     */
    static Optional<String> beside(Path weights, Predicate<Path> mayRead) {
        Path file = weights.resolveSibling("config.json");
        if (!Files.isRegularFile(file)) return Optional.empty();
        JsonNode config;
        try (InputStream in = Channels.newInputStream(RegularFiles.open(file, mayRead))) {
            config = JSON.readTree(in.readNBytes(MAX_CONFIGURATION));
        } catch (IOException | JacksonException e) { // then nothing is recorded, which is said
            return Optional.empty();
        }
        if (!config.path("decay").isNumber()
                || !config.path("update_after_step").isIntegralNumber()
                || config.path("min_decay").asDouble(0) != 0) return Optional.empty();
        boolean powers = config.path("use_ema_warmup").asBoolean(false);
        return valid("ema:" + Labels.plain(config.path("decay").asDouble()) + ",warmup="
                + (powers
                        ? Labels.plain(config.path("power").asDouble()) + ",inv_gamma="
                                + Labels.plain(config.path("inv_gamma").asDouble())
                        : "10")
                + ",after=" + (config.path("update_after_step").asLong() + 1));
    }

    private static Optional<String> valid(String spec) {
        try {
            ProfileSpec.parse(spec, Double.MAX_VALUE);
            return Optional.of(spec);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static boolean isZero(String number) {
        try {
            return Double.parseDouble(number) == 0;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
