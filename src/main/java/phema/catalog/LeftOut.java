package phema.catalog;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toList;
import static java.util.stream.Collectors.toSet;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Says which weight files of a folder a run does not take: how many of which names, where numbers in names do not
 * count. Nothing is left out without a word.
 */
final class LeftOut {
    private static final Pattern WEIGHTS = Pattern.compile(
            "[^.].*\\.(?:(?:safetensors|bin|pt|pth)(?:\\.index\\.json)?|pkl|pth\\.tar|ckpt|distcp)",
            Pattern.CASE_INSENSITIVE);

    /** The names of what trainers keep beside weights, and of outputs. */
    private static final Pattern NO_WEIGHTS = Pattern.compile(
            "(?:opt\\d+|(?:optim|optimizer|scheduler|random_states|rng_state|scaler|sampler|training_args"
                    + "|training[-_]state)(?:[^a-z].*)?)\\.[a-z]+|" + SnapshotName.RECONSTRUCTION + "-.*",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern SHARD = Pattern.compile(".*-\\d+-of-\\d+\\..*");

    private static final int MOST_SHAPES = 5;

    private LeftOut() {}

    /** {@code epoch=N-step=N.ckpt}: a name without its numbers. */
    static String shape(String name) {
        return name.replaceAll("\\d+", "N");
    }

    /** Whether a file may hold weights, by its name, even where no run could take it. */
    static boolean mayHoldWeights(String name) {
        return WEIGHTS.matcher(name).matches() && !isState(name);
    }

    /** Whether a file is an optimizer's or the like, whatever else its name says. */
    static boolean isState(String name) {
        return NO_WEIGHTS.matcher(name).matches();
    }

    /** Those that are not taken, without shards where an index stands for them. */
    static List<String> of(Collection<String> names, List<Candidate> taken) {
        Set<String> used = taken.stream().map(Candidate::fileName).collect(toSet());
        Set<String> all = Set.copyOf(names);
        boolean sharded = taken.stream().anyMatch(Candidate::isSharded);
        return names.stream()
                .filter(name -> !used.contains(name) && mayHoldWeights(name))
                .filter(name -> !sharded || !SHARD.matcher(name).matches() && !WeightsPath.isIndexedShard(name, all))
                .toList();
    }

    /**
     * A notice of those that are not taken; empty where there are none.
     *
     * @param names of the folder's files
     * @param taken those of them that are the run's
     */
    static Optional<String> files(Path folder, Collection<String> names, List<Candidate> taken, Proposal proposal) {
        List<String> left = of(names, taken);
        if (left.isEmpty()) return Optional.empty();
        Set<String> used = taken.stream().map(Candidate::fileName).collect(toSet());
        Set<String> ofRun = used.stream().map(LeftOut::shape).collect(toSet());
        String like = left.stream()
                .filter(name -> ofRun.contains(shape(name)))
                .findFirst()
                .map(name -> ", such as " + name)
                .orElse("");
        String what = left.size() + (left.size() == 1 ? " weight file is" : " weight files are") + " not used: "
                + shapes(left) + like + ". ";
        return Optional.of(what
                + (used.isEmpty()
                        ? advice(folder, left, proposal)
                        : "The run's are named " + shapes(used)
                                + "; give others a folder of their own, choose them by their prefix, or name the run's"
                                + " files in ")
                + Manifest.FILE_NAME + ".");
    }

    /** What to write for files of which none is taken. */
    private static String advice(Path folder, List<String> left, Proposal proposal) {
        List<String> averages = left.stream().filter(Proposal::isAverage).toList();
        List<String> others =
                left.stream().filter(name -> !averages.contains(name)).toList();
        if (Proposal.areMostlyAverages(averages, others))
            return "Such names are those of averages, and do not say which; say it with lines such as "
                    + ofAverages(folder, averages, proposal) + " in ";
        return "Such names do not say what the files hold; say it with lines such as `files: " + ofRaw(others)
                + "` and `" + Questions.RAW + "`"
                + orOfAverages(folder, averages, proposal) + " in ";
    }

    /** What may be written instead for files that are averages by their names; nothing for fewer than two. */
    static String orOfAverages(Path folder, List<String> names, Proposal proposal) {
        return names.size() < 2
                ? ""
                : ", or of those that are averages by their names with " + ofAverages(folder, names, proposal);
    }

    private static String ofAverages(Path folder, List<String> names, Proposal proposal) {
        return Question.inline(proposal.lines(pattern(names), folder.resolve(names.getFirst())))
                + ", or whichever average it is,";
    }

    /** Raw files as a manifest has them: by a pattern, or one by one where no number of theirs is the time. */
    private static String ofRaw(List<String> left) {
        List<String> whole = Questions.whole(left);
        if (!differInNumbers(whole)) return "'NAME-{time}.safetensors'";
        return NumberReadings.of(whole).readings().stream()
                .findFirst()
                .map(reading -> "'" + reading.pattern() + "'")
                .orElse("[{name: '" + whole.getFirst() + "', time: 100}, ...]");
    }

    /** The names of files as a manifest has them. */
    private static String pattern(List<String> names) {
        return NumberReadings.of(names).readings().stream()
                .findFirst()
                .map(NumberReadings.Reading::pattern)
                .orElseGet(() -> "NAME-{time}" + names.getFirst().replaceFirst(".*(\\.[a-zA-Z]+)$", "$1"));
    }

    /**
     * A notice of folders below that hold weight files, which are not the run's; empty where there are none.
     *
     * @param names of what the folder holds, files that are known to be some apart
     * @param runsBelow where nothing is the run's, those in folders below
     */
    static Optional<String> folders(Path folder, Collection<String> names, List<Path> runsBelow, Proposal proposal) {
        if (!runsBelow.isEmpty())
            return Optional.of("No weight files of a run lie in this folder itself; below it "
                    + (runsBelow.size() == 1
                            ? "there is a run, name its folder: "
                            : "there are runs, name one of them: ")
                    + runsBelow.stream()
                            .limit(MOST_SHAPES)
                            .map(run -> folder.relativize(run).toString())
                            .collect(joining(", "))
                    + (runsBelow.size() > MOST_SHAPES ? " and others" : "") + ".");
        Map<String, List<String>> byShape = names.stream()
                .filter(name -> !name.startsWith(".") && !name.equals("__MACOSX"))
                .filter(name -> name.indexOf('.') < 0 || WEIGHTS.matcher(name).matches())
                .collect(groupingBy(LeftOut::shape, TreeMap::new, toList()));
        List<String> found = new ArrayList<>();
        List<String> lines = List.of();
        for (List<String> alike : byShape.values()) { // of those named alike, one stands for all
            Path below = folder.resolve(alike.getFirst());
            if (!Files.isDirectory(below, LinkOption.NOFOLLOW_LINKS)) continue;
            SequencedMap<String, WeightsPath> weights = WeightsPath.in(below);
            if (weights.isEmpty()) continue;
            Optional<String> single = TensorFiles.in(below, weights.values(), proposal::content);
            if (single.isPresent())
                return Optional.of("Weight files lie in folders below, and are not taken: " + shapes(alike) + ". "
                        + TensorFiles.notice(alike.getFirst() + "/" + single.get()));
            found.addAll(alike);
            List<NumberReadings.Reading> readings = NumberReadings.of(alike).readings();
            if (!lines.isEmpty() || readings.size() != 1) continue; // of several it would be a guess
            String path = proposal.best(below, weights.values()).path();
            String pattern = readings.getFirst().pattern();
            lines = proposal.counting(
                    proposal.lines(pattern + "/" + path, below.resolve(path)),
                    pattern,
                    alike,
                    name -> folder.resolve(name + "/" + path));
        }
        if (found.isEmpty()) return Optional.empty();
        String files = "Weight files lie also in folders below, and are not taken: " + shapes(found) + ". ";
        if (lines.isEmpty())
            return Optional.of(
                    files + "Files of one run lie side by side in one folder, or in a folder for each checkpoint.");
        return Optional.of(files + "If each is a checkpoint of one run, say so in " + Manifest.FILE_NAME + " with "
                + Question.inline(lines)
                + (lines.contains(Questions.RAW) ? "." : ", or whichever average it is, as they are called one."));
    }

    /** Whether some of the names differ in numbers only. */
    static boolean differInNumbers(List<String> names) {
        return names.stream().map(LeftOut::shape).distinct().count() < names.size();
    }

    /** {@code epoch=N.ckpt (3), last.ckpt}. */
    static String shapes(Collection<String> names) {
        Map<String, Long> counts = names.stream().collect(groupingBy(LeftOut::shape, TreeMap::new, counting()));
        String most = counts.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(MOST_SHAPES)
                .map(e -> e.getKey() + (e.getValue() > 1 ? " (" + e.getValue() + ")" : ""))
                .collect(joining(", "));
        return counts.size() > MOST_SHAPES ? most + " and others" : most;
    }
}
