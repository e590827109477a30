package phema.catalog;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import phema.format.WeightFile;

/**
 * Compares the times in files' names with what the files' metadata says of the same clock. Where all differ by one
 * factor the clocks are others, which changes no average; else the files that differ are not where they seem to be.
 */
final class StatedTimes {
    private static final Pattern STEPS =
            Pattern.compile(".*(?:step|iter|iteration)s?[-_=]?|(?:.*[^a-z])?ba", Pattern.CASE_INSENSITIVE);
    private static final Pattern EPOCHS = Pattern.compile(".*epochs?[-_=]?", Pattern.CASE_INSENSITIVE);
    private static final Pattern IN_JSON = Pattern.compile("\"step\"\\s*:\\s*(\\d{1,15})");
    private static final Pattern NUMBER = Pattern.compile("\\d{1,15}");

    /** The key of ai-toolkit, whose value is JSON. */
    private static final String TRAINING_INFO = "training_info";

    /** The keys of steps; the last are those of torchtitan and DeepSpeed. */
    private static final String[] STEP_KEYS = {
        "global_step", "step", "iteration", "iter_num", "ss_steps", TRAINING_INFO, "train_state.step", "global_steps"
    };

    private static final String[] EPOCH_KEYS = {"epoch", "ss_epoch"};

    private static final String METADATA = "metadata";
    private static final String TRAINER_STATE = "trainer_state.json";

    /** The key of steps in the state of Hugging Face's Trainer, which lies beside weights. */
    static final String OF_TRAINER = "global_step";

    /** The difference that means nothing: loops count from 0 or from 1. */
    private static final long TOLERANCE = 1;

    /** @param named the time in the name; {@code stated} that in what states it, under the key */
    private record Stated(Candidate candidate, String where, String key, long named, long stated, boolean agrees) {}

    private final List<Stated> all;

    /** @param ofTrainer the number under {@link #OF_TRAINER} in a file, by its path from the run's folder */
    StatedTimes(Map<Candidate, WeightFile> files, Function<String, Optional<Long>> ofTrainer) {
        all = files.entrySet().parallelStream() // thousands, and storage may be slow
                .flatMap(
                        entry -> stated(entry.getKey(), entry.getValue().metadata())
                                .or(() -> besideIt(entry.getKey(), ofTrainer))
                                .stream())
                .toList();
    }

    /** What the Trainer of Hugging Face says of a checkpoint's folder. */
    private static Optional<Stated> besideIt(Candidate candidate, Function<String, Optional<Long>> ofTrainer) {
        return CheckpointName.ofFolder(candidate.fileName())
                .filter(folder -> !folder.countsEpochs())
                .flatMap(folder -> ofTrainer
                        .apply(folder.name() + "/" + TRAINER_STATE)
                        .map(step -> stated(candidate, TRAINER_STATE, Map.entry(OF_TRAINER, step), folder.number())));
    }

    /** The end of a sentence on each file that is not of the time in its name. */
    Map<Candidate, String> contradictions() {
        Map<Candidate, String> found = new LinkedHashMap<>();
        if (haveOneFactor()) return found;
        for (Stated one : all) if (!one.agrees()) found.put(one.candidate(), "is named for time " + sayBoth(one));
        return found;
    }

    /** What is to be said where all names count in another unit. */
    Optional<String> notice() {
        return haveOneFactor()
                ? Optional.of("The names count in another unit than the files' metadata: "
                        + all.getFirst().candidate().fileName() + " is named for time " + sayNumbers(all.getFirst())
                        + ", and so on. The names count.")
                : Optional.empty();
    }

    private static String sayNumbers(Stated one) {
        return one.named() + ", its " + one.where() + " says `" + one.key() + "` " + one.stated();
    }

    private static String sayBoth(Stated one) {
        return sayNumbers(one) + ": rename it, or state its time in " + Manifest.FILE_NAME;
    }

    private boolean haveOneFactor() {
        if (all.size() < 2 || all.stream().anyMatch(Stated::agrees)) return false;
        double factor = (double) all.getLast().stated() / all.getLast().named();
        return factor > 0
                && all.stream().allMatch(one -> Math.abs(one.stated() - factor * one.named()) <= Math.max(1, factor));
    }

    private static Optional<Stated> stated(Candidate candidate, Map<String, String> metadata) {
        if (metadata.isEmpty()) return Optional.empty();
        Optional<SnapshotName> edm2 = SnapshotName.parse(candidate.fileName());
        if (edm2.isPresent()) {
            long kimg = edm2.get().kimg();
            return first(metadata, "nimg", "cur_nimg")
                    .map(n -> new Stated(
                            candidate,
                            METADATA,
                            n.getKey(),
                            edm2.get().nimg(),
                            n.getValue(),
                            Kimg.ofNimg(n.getValue()) == kimg || n.getValue() == candidate.time()));
        }
        Optional<CheckpointName> folder = CheckpointName.ofFolder(candidate.fileName());
        if (folder.isPresent())
            return keyed(folder.get().word(), metadata)
                    .map(n -> stated(candidate, METADATA, n, folder.get().number()));
        return NumberedName.parse(NumberedName.withoutVersion(candidate.fileName()))
                .filter(name -> !name.countsMilestones() && Math.abs(name.number() - candidate.time()) <= TOLERANCE)
                .flatMap(name ->
                        keyed(name.counted(), metadata).map(n -> stated(candidate, METADATA, n, name.number())));
    }

    private static Stated stated(Candidate candidate, String where, Map.Entry<String, Long> stated, long named) {
        return new Stated(
                candidate,
                where,
                stated.getKey(),
                named,
                stated.getValue(),
                Math.abs(stated.getValue() - named) <= TOLERANCE);
    }

    /** What metadata says of steps, with its key. */
    static Optional<Map.Entry<String, Long>> steps(Map<String, String> metadata) {
        return first(metadata, STEP_KEYS);
    }

    /** All keys of steps and epochs, the best first. */
    static List<String> keys() {
        return Stream.of(STEP_KEYS, EPOCH_KEYS).flatMap(Stream::of).toList();
    }

    /** What metadata says of steps, or else of epochs. */
    static Optional<Long> counted(Map<String, String> metadata, boolean steps) {
        return steps
                ? steps(metadata).map(Map.Entry::getValue)
                : epochs(metadata).map(Map.Entry::getValue);
    }

    /** What metadata says of epochs, with its key. */
    static Optional<Map.Entry<String, Long>> epochs(Map<String, String> metadata) {
        return first(metadata, EPOCH_KEYS);
    }

    /** How often metadata says that an average was updated, with its key: each step, but from some step on. */
    static Optional<Map.Entry<String, Long>> updates(Map<String, String> metadata) {
        return first(metadata, "ema.updates", "updates");
    }

    /** Whether the number in a file's name is one of steps, as far as the word before it says. */
    static boolean countsSteps(String fileName) {
        return CheckpointName.ofFolder(fileName)
                .map(CheckpointName::word)
                .or(() -> NumberedName.parse(NumberedName.withoutVersion(fileName))
                        .map(NumberedName::counted))
                .filter(word -> STEPS.matcher(word).matches())
                .isPresent();
    }

    private static Optional<Map.Entry<String, Long>> keyed(String prefix, Map<String, String> metadata) {
        if (STEPS.matcher(prefix).matches()) return first(metadata, STEP_KEYS);
        if (EPOCHS.matcher(prefix).matches()) return first(metadata, EPOCH_KEYS);
        return first(metadata, "ss_epoch"); // what sd-scripts count where they say nothing
    }

    private static Optional<Map.Entry<String, Long>> first(Map<String, String> metadata, String... keys) {
        for (String key : keys) {
            Optional<Long> number = number(metadata, key);
            if (number.isPresent())
                return Optional.of(Map.entry(key.equals(TRAINING_INFO) ? key + ".step" : key, number.get()));
        }
        return Optional.empty();
    }

    /** What metadata says of a step or an epoch. */
    static Optional<Long> number(Map<String, String> metadata, String key) {
        String value = metadata.getOrDefault(key, "");
        if (NUMBER.matcher(value).matches()) return Optional.of(Long.parseLong(value));
        Matcher json = IN_JSON.matcher(value);
        return key.equals(TRAINING_INFO) && json.find() ? Optional.of(Long.parseLong(json.group(1))) : Optional.empty();
    }
}
