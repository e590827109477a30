package phema.catalog;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingInt;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.partitioningBy;
import static java.util.stream.Collectors.toList;

import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import phema.format.Tensor;
import phema.format.WeightFile;
import phema.format.WeightFiles;

/**
 * Asks what names of files leave open, with the lines to write: each question is the end of a sentence. What it would
 * take a guess to answer is never guessed.
 */
final class Questions {
    /** The form of OneTrainer's names: a time stamp, then step, epoch, and step within the epoch. */
    private static final Pattern ONE_TRAINER =
            Pattern.compile(".*\\d{4}-\\d\\d-\\d\\d_\\d\\d-\\d\\d-\\d\\d-save-\\d+-\\d+-\\d+\\.(?:safetensors|ckpt)");

    /** The names of discriminators, which train beside what is wanted. */
    private static final Pattern DISCRIMINATOR =
            Pattern.compile("(?:d|do|disc|discriminator)[-_].*", Pattern.CASE_INSENSITIVE);

    /** The most kinds of names of which a file is looked at. */
    private static final int MOST_KINDS = 4;

    /** The words before the numbers of what trains side by side, or by which runs of a study differ. */
    static final String SIDE_BY_SIDE = "seed|fold|trial|client|worker|expert|member|ensemble|task|replica|subject"
            + "|(?:lora_)?rank|sigma|guidance|sparsity|alpha|beta|gamma|lambda|tau|temp(?:erature)?|dropout|lr|width"
            + "|depth";

    private static final Pattern OF_SIDE_BY_SIDE =
            Pattern.compile("(?:.*[^a-z])?(?:" + SIDE_BY_SIDE + ")s?[-_=.]?", Pattern.CASE_INSENSITIVE);

    /** The same of words that runs are called by as well, {@code run-000010}: where few digits follow. */
    private static final Pattern OF_RUNS =
            Pattern.compile("(?:.*[^a-z])?(?:run|exp(?:eriment)?|job|test)s?[-_=.]?", Pattern.CASE_INSENSITIVE);

    /** The form of numbers that are too long to count runs. */
    private static final Pattern MANY_DIGITS = Pattern.compile("\\d{5}");

    /** The line for raw weights. */
    static final String RAW = "profile: " + WeightGroups.RAW;

    /** The number of folders above a run's whose names may say what it holds. */
    private static final int MOST_UP = 2;

    /** The number of widths of which none is there twice at a time from which on they seem to be none. */
    private static final int FEWEST_ALONE = 3;

    private Questions() {}

    static boolean isOfOneTrainer(String fileName) {
        return ONE_TRAINER.matcher(fileName).matches();
    }

    /**
     * What has to be asked before numbered files can be taken for raw checkpoints.
     *
     * @param numbered those of the names that have a number, of which one family is the run
     */
    static Optional<Question> of(List<String> names, List<NumberedName> numbered) {
        long oneTrainer = names.stream().filter(Questions::isOfOneTrainer).count();
        Map<String, List<NumberedName>> families = numbered.stream().collect(groupingBy(NumberedName::shape));
        Map<String, Long> counts = numbered.stream().collect(groupingBy(NumberedName::shape, TreeMap::new, counting()));
        long most = counts.values().stream().mapToLong(n -> n).max().orElse(0);
        if (oneTrainer > 0 && oneTrainer >= most)
            return Optional.of(Question.of(
                    "files named *-save-N-N-N.safetensors, as OneTrainer writes them, do not say whether they"
                            + " hold raw weights or its average, which it saves when its EMA is on",
                    List.of("files: '*-save-{time}-*.safetensors'", RAW),
                    ", or with the profile of that average; docs/snapshots.md has it"));
        if (counts.isEmpty()) return Optional.empty();
        if (isTied(counts)) {
            Map<String, Long> shown = numbered.stream()
                    .collect(groupingBy(name -> LeftOut.shape(name.shown()), TreeMap::new, counting()));
            return Optional.of(Question.withoutLines(ofTied(shown, "")));
        }
        return families.values().stream()
                .filter(family -> family.size() == most)
                .findFirst()
                .flatMap(Questions::of);
    }

    /** What has to be asked of files that are numbered as what trains side by side is. */
    static Optional<Question> ofSideBySide(List<NumberedName> numbered) {
        Map<String, List<NumberedName>> families = numbered.stream().collect(groupingBy(NumberedName::shape));
        List<NumberedName> run =
                families.values().stream().max(comparingInt(List::size)).orElse(List.of());
        if (run.isEmpty() || !run.stream().allMatch(Questions::isSideBySide)) return Optional.empty();
        return Optional.of(ofReadings(
                "files named " + run.getFirst().shown() + " may be of runs side by side, as their number does not say"
                        + " that it is a time",
                NumberReadings.of(run.stream().map(NumberedName::fileName).toList()),
                "",
                ", if they are of one run"));
    }

    private static boolean isSideBySide(NumberedName name) {
        return OF_SIDE_BY_SIDE.matcher(name.prefix()).matches()
                || OF_RUNS.matcher(name.prefix()).matches()
                        && !MANY_DIGITS.matcher(name.fileName()).find();
    }

    /** @param family files whose names differ in numbers only */
    private static Optional<Question> of(List<NumberedName> family) {
        TreeSet<String> families = new TreeSet<>();
        for (NumberedName name : family) families.add(name.shown());
        List<String> names = family.stream().map(NumberedName::fileName).toList();
        if (families.size() < 2) return ofAnew(names, "files", Questions::inFile, "");
        String named = families.first() + ", " + families.higher(families.first()) + ", ...";
        NumberedName first = family.getFirst();
        if (family.stream().allMatch(Questions::isAverage))
            return Optional.of(Question.of(
                    "files named " + named + " hold several averages by their names, not raw weights, which do not"
                            + " say what they are",
                    ofAverage(first),
                    ", or whichever averages they are; or list the files of all, which together give others more"
                            + " exactly, with the time and profile of each: docs/snapshots.md shows how"));
        return Optional.of(ofReadings(
                "files named " + LeftOut.shape(first.shown()) + " differ in more than one number (" + named
                        + "), so it cannot be told which is their time, and whether they are of one run",
                NumberReadings.of(names),
                "",
                ", where * stands for what does not matter; or give each run a folder of its own"));
    }

    /**
     * What has to be asked where EDM2's names seem to end in what was measured, or set: EDM2 writes the same few widths
     * at each time. Its pickles are its own.
     *
     * @param ofPrefix of one prefix, by time
     */
    static Optional<Question> ofWidths(List<SnapshotName> ofPrefix) {
        if (ofPrefix.stream().anyMatch(name -> name.form() == SnapshotName.Form.PICKLE)) return Optional.empty();
        int files = ofPrefix.size();
        long times = ofPrefix.stream().map(SnapshotName::kimg).distinct().count();
        long widths = ofPrefix.stream().map(SnapshotName::sigmaRel).distinct().count();
        long strange =
                ofPrefix.stream().filter(name -> !name.hasThreeDecimals()).count();
        long none = ofPrefix.stream().filter(name -> !name.hasWidth()).count();
        boolean alone = times == files && (widths >= FEWEST_ALONE || widths > 1 && strange > 0);
        if (!alone && 2 * none <= files && (times < files || 2 * strange <= files)) return Optional.empty();
        SnapshotName last = ofPrefix.getLast();
        return Optional.of(Question.of(
                "files are named as EDM2 names averages, such as " + last.fileName()
                        + (alone
                                ? ", but no time has two of them, and their last number is another from one to the next"
                                : ", but their last number is not written as a sigma_rel, which has three decimals and"
                                        + " is less than 0.289")
                        + ": it may be a loss, or another setting, of raw checkpoints",
                lines(last.pattern()),
                ", where * stands for what does not matter, if they are of one run; or with `"
                        + last.pattern().replace("-*", "-{sigmaRel}")
                        + "` and `timeScale: 1000` instead, if they are averages of these widths"));
    }

    /** What is assumed of files that all have the same width in their names, which raw ones might have as well. */
    static Optional<String> noticeOfWidth(List<SnapshotName> ofPrefix) {
        if (ofPrefix.size() < 2
                || ofPrefix.stream()
                        .anyMatch(name -> name.form() == SnapshotName.Form.PICKLE
                                || name.prefix().equals(SnapshotName.OF_EDM2)
                                || name.sigmaRel() != ofPrefix.getFirst().sigmaRel())) return Optional.empty();
        SnapshotName last = ofPrefix.getLast();
        return Optional.of("Files such as " + last.fileName() + " are taken for EDM2's averages of sigma_rel "
                + "%.3f".formatted(last.sigmaRel()) + ", by their names alone; for raw checkpoints, write "
                + Question.inline(lines(last.pattern())) + " in " + Manifest.FILE_NAME + ".");
    }

    private static List<NamedNumber> inFile(String name) {
        return NamedNumber.inFile(NumberedName.stem(name).orElse(name));
    }

    /**
     * Offers what names may mean.
     *
     * @param path of the weights from what has these names
     * @param rest what is to be said of the lines
     */
    static Question ofReadings(String what, NumberReadings names, String path, String rest) {
        return ofReadings(what, names, pattern -> lines(pattern + path), rest);
    }

    /** @param lines by the pattern of a reading */
    private static Question ofReadings(
            String what, NumberReadings names, Function<String, List<String>> lines, String rest) {
        List<NumberReadings.Reading> readings = names.readings();
        if (readings.isEmpty()) return Question.withoutLines(what + ". Name the files with their times in this file");
        String others = readings.stream()
                .skip(1)
                .limit(1)
                .map(reading -> ", or " + Question.inline(lines.apply(reading.pattern())) + shareOf(reading, names))
                .collect(joining());
        return Question.of(
                what, lines.apply(readings.getFirst().pattern()), shareOf(readings.getFirst(), names) + others + rest);
    }

    private static String shareOf(NumberReadings.Reading reading, NumberReadings names) {
        return " for " + reading.files() + " of " + names.size();
    }

    private static List<String> lines(String pattern) {
        return List.of("files: '" + pattern + "'", RAW);
    }

    /**
     * What has to be asked where steps are counted anew in each epoch.
     *
     * @param what the names are of
     * @param path of the weights from what has these names
     */
    static Optional<Question> ofAnew(
            List<String> names, String what, Function<String, List<NamedNumber>> numbers, String path) {
        return NumberReadings.anew(names, numbers)
                .map(found -> Question.of(
                        "steps in the names of the " + what + " begin anew in each epoch (" + found.after()
                                + " comes after " + found.before() + "), so none of their numbers is the time",
                        lines(found.pattern() + path),
                        " for the last of each epoch, " + found.files() + " of " + names.size()
                                + "; or list all with the steps since the beginning, as in `files: [{name: "
                                + found.after() + path + ", time: "
                                + (found.length() + found.step()) + "}, ...]` if an epoch has "
                                + found.length() + " steps"));
    }

    /** Those of a folder's files that may hold all weights of a checkpoint each, as far as their names say. */
    static List<String> whole(Collection<String> names) {
        Map<String, Long> pieces = names.stream().collect(groupingBy(NumberReadings::withoutPiece, counting()));
        return names.stream()
                .filter(name -> WeightsPath.mayBeWeights(name)
                        && !WeightsPath.isOfSeveral(name)
                        && !WeightsPath.isIndexedShard(name, names)
                        && pieces.getOrDefault(NumberReadings.withoutPiece(name), 0L) == 1)
                .toList();
    }

    /** What has to be asked of weight files that no form of names says the time of; empty where no number may be it. */
    static Optional<Question> ofOthers(Path folder, Collection<String> names, Proposal proposal) {
        Map<Boolean, List<String>> byAverage = whole(names).stream().collect(partitioningBy(Questions::isAverage));
        List<String> averages = byAverage.getOrDefault(true, List.of());
        List<String> weights = byAverage.getOrDefault(false, List.of());
        Map<String, Long> counts = NumberReadings.counts(weights);
        Optional<Question> magnitudes = ofMagnitudes(folder, weights, counts, proposal);
        if (magnitudes.isPresent()) return magnitudes;
        if (isTied(counts)
                || counts.values().stream().noneMatch(count -> count > 1)
                || Proposal.areMostlyAverages(averages, weights)) return Optional.empty();
        NumberReadings readings = NumberReadings.of(weights);
        String example = weights.stream()
                .filter(name -> counts.getOrDefault(LeftOut.shape(name), 0L) == readings.size())
                .reduce((a, b) -> b)
                .orElseThrow();
        Path file = folder.resolve(example);
        if (readings.readings().isEmpty()) return Optional.empty();
        Optional<WeightFile> content = proposal.weights(file);
        if (content.isEmpty()) return Optional.empty();
        Function<String, List<String>> lines = pattern -> proposal.lines(pattern, file, () -> content);
        boolean raw = lines.apply("").contains(RAW);
        return Optional.of(ofReadings(
                "files named " + LeftOut.shape(example)
                        + (raw
                                ? " do not say whether their number is a time, or what sets runs side by side apart,"
                                        + " such as folds and seeds"
                                : " hold averages and nothing else that is read, and their names do not say which"),
                readings,
                lines,
                (raw ? "" : ", or whichever average it is")
                        + LeftOut.orOfAverages(folder, averages, proposal)
                        + ", if they are of one run"));
    }

    /** What has to be asked of most files where they are numbered by thousands and millions, {@code 900k} to 1.0M. */
    private static Optional<Question> ofMagnitudes(
            Path folder, List<String> names, Map<String, Long> shapes, Proposal proposal) {
        return NamedNumber.byMagnitude(names).entrySet().stream()
                .max(comparingInt(entry -> entry.getValue().size()))
                .filter(most -> {
                    Map<String, Long> own = NumberReadings.counts(most.getValue());
                    boolean one = own.size() == 1 && own.keySet().stream().noneMatch(shape -> shape.contains("N.N"));
                    return most.getValue().size() > 1
                            && !one // whose number counts thousands as it stands
                            && shapes.entrySet().stream()
                                    .allMatch(shape -> own.containsKey(shape.getKey())
                                            || shape.getValue()
                                                    < most.getValue().size());
                })
                .flatMap(most -> {
                    Path example = folder.resolve(most.getValue().getLast());
                    return proposal.weights(example)
                            .map(content -> Question.of(
                                    "files named " + most.getKey().replace("{time}", "Nk or NM")
                                            + " do not say whether their number is a time",
                                    proposal.lines(most.getKey(), example, () -> Optional.of(content)),
                                    " for " + most.getValue().size() + " of " + names.size()
                                            + ", k for thousands and M for millions, if they are of one run"));
                });
    }

    /** Whether files hold averages, by their name. */
    static boolean isAverage(NumberedName name) {
        return isAverage(name.fileName());
    }

    static boolean isAverage(String fileName) {
        return AverageWords.isInFileName(
                NamedNumber.withoutMeasures(NumberedName.stem(fileName).orElse(fileName)));
    }

    /** What has to be asked of such files. */
    static Question ofAverages(NumberedName name) {
        return Question.of(
                "files named " + name.shown() + " hold averages by their name, not raw weights, but it does not say"
                        + " which",
                ofAverage(name),
                ", or whichever average it is");
    }

    /** Lines for files that hold the average that their name most likely means. */
    private static List<String> ofAverage(NumberedName name) {
        return List.of("files: '" + name.pattern() + "'", ofDecay(name.prefix()));
    }

    /** The line for the average that a name most likely means. */
    static String ofDecay(String name) {
        return "profile: 'exponential:decay=" + AverageWords.decay(name).orElse("0.9999") + "'";
    }

    /**
     * What has to be asked of raw checkpoints, by their names, in a folder that is called an average's, or in
     * {@code checkpoints} below one.
     *
     * @param lines of the manifest that says what their names do; may be none
     */
    static Optional<String> ofFolder(Path run, List<String> lines) {
        Path folder = ownFolder(run);
        String name = name(folder);
        return AverageWords.isFolder(name)
                ? Optional.of((folder.equals(run) ? "lies in a folder called `" : "lies below a folder called `") + name
                        + "`, as if it held averages, not raw weights. Write " + Manifest.FILE_NAME + " with "
                        + (lines.isEmpty() ? "the files' names" : "`" + lines.getFirst() + "`") + " and `"
                        + ofDecay(name) + "`, or whichever average it is, or `" + RAW + "`")
                : Optional.empty();
    }

    /**
     * What is to be said of weights that a manifest calls raw; empty where their file does not call them an average.
     *
     * @param whole the file with all its tensors
     * @param prefix of the tensors that count
     * @param selected the file with those, without their prefix
     */
    static Optional<String> ofStatedRaw(WeightFile whole, String prefix, WeightFile selected) {
        List<Tensor> named = selected.tensors().stream()
                .map(tensor -> tensor.as(prefix + tensor.name(), tensor.role()))
                .toList();
        boolean raw = WeightGroups.rawIn(whole).stream()
                .anyMatch(group -> group.prefix().equals(prefix));
        Optional<String> average = Proposal.isOfEdm(whole)
                ? Optional.of(ofPickle(whole))
                : new NotAveraged(named).average().filter(any -> !raw);
        return average.map(word -> Manifest.FILE_NAME + " says that `" + word + "` holds raw weights, and files call it"
                + " an average. If it is one, what comes out is another average than the one asked for, and errors are"
                + " larger than predicted: state which, as in `"
                + (Proposal.isOfEdm(whole) ? Proposal.ofEdm(whole) : ofDecay(word)) + "`.");
    }

    private static String ofPickle(WeightFile file) {
        return WeightFiles.otherNetworks(file).isPresent() ? "G_ema" : "ema";
    }

    /** What is to be said of raw checkpoints where the run's folder, or one of two above it, speaks of an average. */
    static Optional<String> noticeOfFolder(Path run) {
        @Nullable Path folder = run;
        for (int up = 0; up <= MOST_UP && folder != null; up++, folder = folder.getParent())
            if (AverageWords.isAbout(name(folder)))
                return Optional.of("These files are taken for raw weights, although they lie "
                        + (up == 0 ? "in" : "below") + " a folder called `" + name(folder)
                        + "`. If they are averages, which is for " + Manifest.FILE_NAME
                        + " to say, what comes out is another average than the one asked for.");
        return Optional.empty();
    }

    /** The folder that is called after what it holds: above {@code ema/checkpoints}, the first of these. */
    private static Path ownFolder(Path run) {
        Path folder = run;
        for (int up = 0; up < MOST_UP && AverageWords.isPlace(name(folder)); up++) {
            @Nullable Path above = folder.getParent();
            if (above == null) break;
            folder = above;
        }
        return folder;
    }

    private static String name(Path folder) {
        return String.valueOf(folder.getFileName());
    }

    /**
     * What has to be asked of a file that only its name calls a raw checkpoint, as the end of a sentence; empty where
     * nothing speaks against it.
     *
     * @param lines of the manifest that says what names do; may be none
     */
    static Optional<String> ofContent(WeightFile file, List<String> lines) {
        String files = lines.isEmpty() ? "the files' names" : "`" + lines.getFirst() + "`";
        if (file.metadata().getOrDefault("software", "").contains("ai-toolkit"))
            return Optional.of("is of ai-toolkit, which saves its average instead of the raw weights where"
                    + " `ema_config` is on, and does not say so in the file. Write " + Manifest.FILE_NAME + " with "
                    + files + " and `" + RAW + "`, or `profile: 'exponential:decay=0.99'`, with its `ema_decay`");
        return new NotAveraged(file.tensors())
                .average()
                .map(word -> "holds an average under `" + word + ".*`, not raw weights. Write " + Manifest.FILE_NAME
                        + " with " + files + ", `prefix: '" + word + ".'`, and the profile of that average");
    }

    /**
     * What has to be asked of numbered files whose names do not say that they hold weights: those of Tacotron and
     * HiFi-GAN have no extension, those of audiocraft end in {@code .th}, and NeRF's in {@code .tar}.
     */
    static Optional<Question> ofUnknownNames(Path folder, List<String> names, Proposal proposal) {
        List<NumberReadings> kinds =
                names.stream().collect(groupingBy(LeftOut::shape, TreeMap::new, toList())).values().stream()
                        .filter(alike -> alike.size() > 1)
                        .sorted(comparing((List<String> alike) ->
                                        DISCRIMINATOR.matcher(alike.getFirst()).matches())
                                .thenComparing(comparingInt((List<String> alike) -> alike.size())
                                        .reversed()))
                        .limit(MOST_KINDS)
                        .filter(alike -> proposal.holdsWeights(folder.resolve(alike.getLast())))
                        .map(NumberReadings::of)
                        .filter(readings -> !readings.readings().isEmpty())
                        .toList();
        if (kinds.isEmpty()) return Optional.empty();
        Function<NumberReadings, List<String>> lines =
                kind -> proposal.lines(kind.readings().getFirst().pattern(), folder.resolve(kind.last()));
        String others = kinds.stream()
                .skip(1)
                .map(kind -> ", or " + Question.inline(lines.apply(kind)))
                .collect(joining());
        NumberReadings first = kinds.getFirst();
        return Optional.of(Question.of(
                "there are files that hold weights, such as " + first.last()
                        + ", and whether their number is a time their names do not say",
                lines.apply(first),
                shareOf(first.readings().getFirst(), first) + others));
    }

    /** Whether the most files are of more than one kind. */
    static boolean isTied(Map<String, Long> counts) {
        return counts.size() > 1 && Collections.frequency(counts.values(), Collections.max(counts.values())) > 1;
    }

    /** @param rest what follows what they begin with */
    static String ofTied(Map<String, Long> counts, String rest) {
        return "the folder holds files named " + withCounts(counts, rest) + ", and it cannot be told which are the"
                + " run's. Give each kind a folder of its own, choose one with --inprefix, or name the run's files in"
                + " this file";
    }

    /** {@code a-* (1), b-* (3)}. */
    static String withCounts(Map<String, Long> prefixes, String rest) {
        return prefixes.entrySet().stream()
                .map(e -> e.getKey() + rest + " (" + e.getValue() + ")")
                .collect(joining(", "));
    }
}
