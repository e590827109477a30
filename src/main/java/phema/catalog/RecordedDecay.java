package phema.catalog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import phema.format.WeightFiles;
import phema.profile.ProfileSpec;
import phema.profile.Scheduled;
import phema.text.Labels;
import tools.jackson.databind.JsonNode;

/**
 * Reads which average a checkpoint holds where its trainer stores that: k-diffusion's {@code ema_sched},
 * latent-diffusion's counters, icefall's parameters, and what diffusers and SimpleTuner write beside the weights of
 * their {@code EMAModel}.
 */
final class RecordedDecay {
    private static final String SCHEDULE = "ema_sched.";

    private static final Pattern KEY =
            Pattern.compile("ema\\.state\\.\\*\\.ema_params\\.(half_life|decay)_(\\d[\\dpem]*)");

    private static final String COUNT = "\\d{1,15}";

    /** The key under which {@code EMAModel} counts: from 0 again where a job went on without its average. */
    private static final String UPDATES = "optimization_step";

    private static final AverageClock SINCE_BEGINNING = new AverageClock(1, 0);

    private RecordedDecay() {}

    /**
     * What is recorded of an average, which tells its profile together with what its other files have counted.
     *
     * @param decay as text, without when it began
     * @param copies steps for which it is a copy of the weights at first
     * @param updates that it has counted; empty where it does not, or began with the run
     */
    record Recorded(String decay, double copies, Optional<Long> updates) {
        /** The profile as text; empty where none says when such an average began. */
        private Optional<String> profile(AverageClock clock) {
            String batch = clock.batch() == 1 ? "" : ",batch=" + Labels.plain(clock.batch());
            if (clock.began() < 0)
                return -clock.began() / clock.batch() < warmedUp()
                        ? Optional.empty()
                        : valid(decay.replaceFirst(",warmup=.*", ",warmup=none") + batch);
            double after = copies + clock.began() / clock.batch();
            return valid(decay + (after == 0 ? "" : ",after=" + Labels.plain(after)) + batch);
        }

        /** The number of updates from which on the decay is always the same. */
        private double warmedUp() {
            double[] kinks = ProfileSpec.parse(decay + ",after=" + Labels.plain(copies), Double.MAX_VALUE)
                            instanceof Scheduled scheduled
                    ? scheduled.decay().kinks()
                    : new double[] {copies};
            return kinks[kinks.length - 1];
        }
    }

    /**
     * What is recorded in a file; empty where nothing is, or what no profile says.
     *
     * @param prefix of the average's tensors
     * @param metadata of the file
     */
    static Optional<Recorded> of(String prefix, Map<String, String> metadata) {
        return ofKey(prefix)
                .or(() -> ofSchedule(prefix, metadata))
                .or(() -> ofUpdates(prefix, metadata))
                .or(() -> ofPeriod(prefix, metadata));
    }

    /**
     * The profiles of an average's files.
     *
     * @param byFile as text, of those where it is known
     * @param notice why some are not known, or what is assumed
     */
    record Profiles<T>(Map<T, String> byFile, Optional<String> notice) {}

    /**
     * Takes what is recorded in all of an average's files together.
     *
     * @param files by time
     * @param where the average's files or tensors are, as an adverb
     */
    static <T> Profiles<T> profiles(SequencedMap<T, Recorded> files, ToDoubleFunction<T> time, String where) {
        Map<T, String> profiles = new HashMap<>();
        List<T> counting = new ArrayList<>();
        List<AverageClock.Reading> readings = new ArrayList<>();
        files.forEach((file, recorded) -> {
            if (recorded.updates().isEmpty())
                recorded.profile(SINCE_BEGINNING).ifPresent(profile -> profiles.put(file, profile));
            recorded.updates().filter(updates -> updates > 0).ifPresent(updates -> {
                counting.add(file);
                readings.add(new AverageClock.Reading(time.applyAsDouble(file), updates));
            });
        });
        List<AverageClock> clocks = AverageClock.of(readings);
        for (int i = 0; i < clocks.size(); i++) {
            T file = counting.get(i);
            Objects.requireNonNull(files.get(file))
                    .profile(clocks.get(i))
                    .ifPresent(profile -> profiles.put(file, profile));
        }
        Optional<AverageClock> earlier =
                clocks.stream().findFirst().filter(clock -> clock.began() < 0 && !profiles.isEmpty());
        if (earlier.isPresent())
            return new Profiles<>(
                    profiles,
                    Optional.of("The average " + where + " had counted "
                            + Labels.plain(Math.round(
                                    -earlier.get().began() / earlier.get().batch()))
                            + " updates when the run's clock began, so that it goes on from an earlier job: its decay"
                            + " is the same throughout, and what is older than the run counts as of its beginning."));
        Optional<String> notice = files.entrySet().stream()
                .filter(entry -> !profiles.containsKey(entry.getKey()))
                .findFirst()
                .map(entry -> "The average " + where + " has counted "
                        + entry.getValue().updates().orElse(0L) + " updates at time "
                        + Labels.plain(time.applyAsDouble(entry.getKey()))
                        + ", and from what its files have counted no profile follows: the decay that is recorded"
                        + " there, " + entry.getValue().decay() + ", is not used.");
        return new Profiles<>(profiles, notice);
    }

    /**
     * What torchtitan writes behind the name of each tensor: {@code half_life_0p05}, {@code decay_0p999}, a number as
     * Python prints it with letters for its signs.
     */
    private static Optional<Recorded> ofKey(String prefix) {
        Matcher key = KEY.matcher(prefix);
        if (!key.matches()) return Optional.empty();
        String number = key.group(2).replace('p', '.').replace('m', '-');
        return recorded(
                key.group(1).equals("decay") ? "ema:" + number + ",warmup=none" : "halflife-fraction:" + number,
                0,
                Optional.empty());
    }

    /**
     * What latent-diffusion's LitEma stores beside its average: the decay, and updates so far, or -1 where they do not
     * count.
     */
    private static Optional<Recorded> ofUpdates(String prefix, Map<String, String> metadata) {
        String decay = metadata.getOrDefault(prefix + "decay", "");
        String updates = metadata.getOrDefault(prefix + "num_updates", "");
        if (decay.isEmpty() || !updates.matches("-?\\d{1,15}")) return Optional.empty();
        long count = Long.parseLong(updates);
        return count < 0
                ? recorded("ema:" + decay + ",warmup=none", 0, Optional.empty())
                : recorded("ema:" + decay + ",warmup=10", 0, Optional.of(count));
    }

    /** The mean of the weights at each so many batches, as icefall stores it with its parameters. */
    private static Optional<Recorded> ofPeriod(String prefix, Map<String, String> metadata) {
        String period = metadata.getOrDefault("average_period", "");
        String batches = metadata.getOrDefault("batch_idx_train", "");
        return prefix.equals("model_avg.") && period.matches(COUNT) && batches.matches(COUNT)
                ? recorded("swa:every=" + period, 0, Optional.of(Long.parseLong(batches)))
                : Optional.empty();
    }

    private static Optional<Recorded> ofSchedule(String prefix, Map<String, String> metadata) {
        String steps = metadata.getOrDefault(SCHEDULE + "last_epoch", "");
        String after = metadata.getOrDefault(SCHEDULE + "start_at", "0");
        if (!prefix.equals("model_ema.") || !steps.matches(COUNT) || !after.matches(COUNT)) return Optional.empty();
        String power = metadata.getOrDefault(SCHEDULE + "power", "");
        if (power.isEmpty() || !isZero(metadata.getOrDefault(SCHEDULE + "min_value", "0"))) return Optional.empty();
        return recorded(
                "ema:" + metadata.getOrDefault(SCHEDULE + "max_value", "1") + ",warmup=" + power + ",inv_gamma="
                        + metadata.getOrDefault(SCHEDULE + "inv_gamma", "1"),
                Long.parseLong(after),
                Optional.of(Long.parseLong(steps)));
    }

    /**
     * What is written beside weights of the {@code EMAModel} of diffusers: a {@code config.json}, or SimpleTuner's
     * {@code ema_model.pt}.
     *
     * @param weights the file that holds the average
     */
    static Optional<Recorded> beside(Path weights, Predicate<Path> mayRead) {
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
                "decay",
                "min_decay",
                "update_after_step",
                "use_ema_warmup",
                "inv_gamma",
                "power",
                "warmup_steps",
                UPDATES))
            if (config.path(key).isNumber() || config.path(key).isBoolean())
                plain.put(key, config.path(key).asString());
        return plain;
    }

    /**
     * A copy of the weights at the first update, and then a decay that counts from one; or with {@code warmup_steps}
     * (SimpleTuner) a copy for so long, and then a constant one.
     */
    private static Optional<Recorded> ofEmaModel(Map<String, String> settings) {
        String decay = settings.getOrDefault("decay", "");
        String after = settings.getOrDefault("update_after_step", "");
        if (decay.isEmpty() || !after.matches(COUNT) || !isZero(settings.getOrDefault("min_decay", "0")))
            return Optional.empty();
        Optional<Long> updates = Optional.ofNullable(settings.get(UPDATES))
                .filter(n -> n.matches(COUNT))
                .map(Long::parseLong);
        String copied = settings.getOrDefault("warmup_steps", "0");
        if (!isZero(copied))
            return copied.matches(COUNT)
                    ? recorded("ema:" + decay + ",warmup=none", Long.parseLong(copied), updates)
                    : Optional.empty();
        boolean powers = Boolean.parseBoolean(settings.getOrDefault("use_ema_warmup", "false"));
        return recorded(
                "ema:" + decay + ",warmup="
                        + (powers
                                ? settings.getOrDefault("power", "") + ",inv_gamma="
                                        + settings.getOrDefault("inv_gamma", "")
                                : "10"),
                Long.parseLong(after) + 1,
                updates);
    }

    private static Optional<Recorded> recorded(String decay, double copies, Optional<Long> updates) {
        return valid(decay).map(spec -> new Recorded(spec, copies, updates));
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
