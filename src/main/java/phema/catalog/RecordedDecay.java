package phema.catalog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.format.WeightFiles;
import phema.profile.ProfileSpec;
import phema.text.Labels;
import tools.jackson.databind.JsonNode;

/**
 * Reads which average a checkpoint holds where its trainer stores that: k-diffusion's {@code ema_sched},
 * latent-diffusion's counters, and what diffusers and SimpleTuner write beside the
 * weights of their {@code EMAModel}.
 */
final class RecordedDecay {
    private static final String SCHEDULE = "ema_sched.";

    private static final Pattern KEY =
            Pattern.compile("ema\\.state\\.\\*\\.ema_params\\.(half_life|decay)_(\\d[\\dpem]*)");

    /** The distance from a whole number that the ratio of two counters may have. */
    private static final double SAME_UNIT = 1e-3;

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
     * What is written beside weights of the {@code EMAModel} of diffusers: a {@code config.json}, or SimpleTuner's
     * {@code ema_model.pt}.
     *
     * @param weights the file that holds the average
     */
    static Optional<String> beside(Path weights, Predicate<Path> mayRead) {
        Path config = weights.resolveSibling("config.json");
        if (Files.isRegularFile(config)) return SideJson.read(config, mayRead).flatMap(json -> ofEmaModel(plain(json)));
        Path model = weights.resolveSibling("ema_model.pt");
        if (!Files.isRegularFile(model)) return Optional.empty();
        try {
            return ofEmaModel(WeightFiles.read(model, Optional.empty(), mayRead).metadata());
        } catch (IOException e) { // then nothing is recorded, which is said
            return Optional.empty();
        }
    }

    private static Map<String, String> plain(JsonNode config) {
        Map<String, String> plain = new HashMap<>();
        for (String key : List.of(
                "decay", "min_decay", "update_after_step", "use_ema_warmup", "inv_gamma", "power", "warmup_steps"))
            if (config.path(key).isNumber() || config.path(key).isBoolean())
                plain.put(key, config.path(key).asString());
        return plain;
    }

    /**
     * A copy of the weights at the first update, and then a decay that counts from one; or with {@code warmup_steps}
     * (SimpleTuner) a copy for so long, and then a constant one.
     */
    private static Optional<String> ofEmaModel(Map<String, String> settings) {
        String decay = settings.getOrDefault("decay", "");
        String after = settings.getOrDefault("update_after_step", "");
        if (decay.isEmpty() || !after.matches("\\d{1,15}") || !isZero(settings.getOrDefault("min_decay", "0")))
            return Optional.empty();
        String copied = settings.getOrDefault("warmup_steps", "0");
        if (!isZero(copied)) return valid("ema:" + decay + ",warmup=none,after=" + copied);
        boolean powers = Boolean.parseBoolean(settings.getOrDefault("use_ema_warmup", "false"));
        return valid("ema:" + decay + ",warmup="
                + (powers
                        ? settings.getOrDefault("power", "") + ",inv_gamma=" + settings.getOrDefault("inv_gamma", "")
                        : "10")
                + ",after=" + (Long.parseLong(after) + 1));
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
