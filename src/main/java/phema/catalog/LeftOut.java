package phema.catalog;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toList;
import static java.util.stream.Collectors.toSet;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Says which weight files of a folder a run does not take: how many of which names, where numbers in names do not
 * count. Nothing is left out without a word.
 */
final class LeftOut {
    private static final Pattern WEIGHTS = Pattern.compile(
            "[^.].*\\.(pkl|safetensors|safetensors\\.index\\.json|pt|pth|pth\\.tar|ckpt|bin|gguf|msgpack|distcp)",
            Pattern.CASE_INSENSITIVE);

    /** The names of what trainers keep beside weights, and of outputs. */
    private static final Pattern NO_WEIGHTS = Pattern.compile(
            "(?:opt\\d+|(?:optim|optimizer|scheduler|random_states|rng_state|scaler|sampler|training_args"
                    + "|training[-_]state)(?:[^a-z].*)?)\\.[a-z]+|" + SnapshotName.RECONSTRUCTION + "-.*",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern SHARD = Pattern.compile(".*-\\d+-of-\\d+\\..*");

    private static final int MOST_SHAPES = 5;
    private static final int MOST_ENTRIES = 200;

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
        boolean sharded = taken.stream().anyMatch(Candidate::isSharded);
        return names.stream()
                .filter(name -> mayHoldWeights(name) && !used.contains(name))
                .filter(name -> !sharded || !SHARD.matcher(name).matches())
                .toList();
    }

    /**
     * A notice of those that are not taken; empty where there are none.
     *
     * @param names of the folder's files
     * @param taken those of them that are the run's
     */
    static Optional<String> files(Collection<String> names, List<Candidate> taken) {
        Set<String> used = taken.stream().map(Candidate::fileName).collect(toSet());
        List<String> left = of(names, taken);
        if (left.isEmpty()) return Optional.empty();
        String what = left.size() + (left.size() == 1 ? " weight file is" : " weight files are") + " not used: "
                + shapes(left) + ". ";
        return Optional.of(what
                + (used.isEmpty()
                        ? "Such names do not say what the files hold; say it with lines such as `files:"
                                + " 'NAME-{time}.safetensors'` and `profile: impulse` in "
                        : "The run's are named " + shapes(used)
                                + "; give others a folder of their own, choose them by their prefix, or name the run's"
                                + " files in ")
                + Manifest.FILE_NAME + ".");
    }

    /**
     * A notice of folders below that hold weight files, which are not the run's; empty where there are none.
     *
     * @param names of what the folder holds
     */
    static Optional<String> folders(Path folder, Collection<String> names) throws IOException {
        Map<String, List<String>> byShape = names.stream()
                .filter(name -> !name.startsWith(".") && !name.equals("__MACOSX"))
                .filter(name -> name.indexOf('.') < 0 || WEIGHTS.matcher(name).matches())
                .collect(groupingBy(LeftOut::shape, TreeMap::new, toList()));
        List<String> found = new ArrayList<>();
        for (List<String> alike : byShape.values()) // of those named alike, one stands for all
        if (holdsWeights(folder.resolve(alike.getFirst()))) found.addAll(alike);
        return found.isEmpty()
                ? Optional.empty()
                : Optional.of("Weight files lie also in folders below, and are not taken: " + shapes(found)
                        + ". Files of one run lie side by side in one folder.");
    }

    private static boolean holdsWeights(Path below) throws IOException {
        if (!Files.isDirectory(below, LinkOption.NOFOLLOW_LINKS)) return false;
        try (Stream<Path> all = Files.walk(below, 2)) {
            return all.limit(MOST_ENTRIES).skip(1).anyMatch(file -> mayHoldWeights(String.valueOf(file.getFileName())));
        } catch (UncheckedIOException | IOException e) { // nothing that is read here
            return false;
        }
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
