package phema.catalog;

import java.util.Map;
import java.util.Optional;
import phema.profile.ProfileSpec;

/** Reads which average a checkpoint holds where its trainer stores that: k-diffusion's {@code ema_sched}. */
final class RecordedDecay {
    private static final String SCHEDULE = "ema_sched.";

    private RecordedDecay() {}

    /**
     * The profile as text; empty where nothing is recorded, or what no profile says.
     *
     * @param prefix of the average's tensors
     * @param time of the file, which tells nothing here unless it counts steps
     * @param metadata of the file
     */
    static Optional<String> of(String prefix, double time, Map<String, String> metadata) {
        String steps = metadata.getOrDefault(SCHEDULE + "last_epoch", "");
        if (!prefix.equals("model_ema.") || !steps.matches("\\d{1,15}") || Math.abs(Long.parseLong(steps) - time) > 1)
            return Optional.empty();
        String power = metadata.getOrDefault(SCHEDULE + "power", "");
        if (power.isEmpty() || !isZero(metadata.getOrDefault(SCHEDULE + "min_value", "0"))) return Optional.empty();
        String after = metadata.getOrDefault(SCHEDULE + "start_at", "0");
        String spec = "ema:" + metadata.getOrDefault(SCHEDULE + "max_value", "1") + ",warmup=" + power + ",inv_gamma="
                + metadata.getOrDefault(SCHEDULE + "inv_gamma", "1") + (isZero(after) ? "" : ",after=" + after);
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
