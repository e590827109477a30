package phema.catalog;

import static java.util.stream.Collectors.toMap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import phema.format.WeightFiles;

/**
 * Knows the folders that accelerate numbers by itself, {@code checkpoint_0}, {@code checkpoint_1}, ...: their numbers
 * count checkpoints, the first of which is no beginning. Their times are what lies beside the weights, or else, if that
 * does not contradict it, the number of checkpoints.
 *
 * @param times by the folder's number
 * @param notice what is assumed
 */
record AcceleratedFolders(Map<Long, Long> times, String notice) {
    private static final String FAMILY = "checkpoint_N";

    /** The file that accelerate writes into each, whatever else there is. */
    private static final String RANDOM_STATES = "random_states_0.pkl";

    /** The files that may say a step, and under which keys; a scheduler's may be one for each process. */
    private static final List<Map.Entry<String, List<String>>> STATED = List.of(
            Map.entry("custom_checkpoint_0.pkl", List.of("global_step", "step", "steps", "iteration")),
            Map.entry("scheduler.bin", List.of("last_epoch")));

    /** The error of a step, as a share of the steps between two checkpoints. */
    private static final double TOLERANCE = 0.02;

    /** @param folders of a run, in the order of their numbers; empty where they are not numbered so */
    static Optional<AcceleratedFolders> of(Path run, List<CheckpointName> folders, Predicate<Path> mayRead) {
        boolean numbered = folders.size() > 1
                && folders.stream()
                        .allMatch(folder -> folder.family().equals(FAMILY)
                                && Files.isRegularFile(
                                        run.resolve(folder.name()).resolve(RANDOM_STATES)))
                && IntStream.range(1, folders.size())
                        .allMatch(i ->
                                folders.get(i).number() == folders.get(i - 1).number() + 1);
        if (!numbered) return Optional.empty();
        return STATED.stream()
                .flatMap(file -> file.getValue().stream()
                        .flatMap(key -> stated(run, folders, file.getKey(), key, mayRead).stream()))
                .findFirst()
                .or(() -> folders.getFirst().number() == 0
                        ? Optional.of(counted(
                                folders,
                                "nothing beside them says how many steps there were, so that they are taken to be"
                                        + " equally many steps apart, from the first step on. If they are not, list"
                                        + " them under files in " + Manifest.FILE_NAME + " with their times"))
                        : Optional.empty());
    }

    /** What files of one name say; empty unless all do, each more than the one before. */
    private static Optional<AcceleratedFolders> stated(
            Path run, List<CheckpointName> folders, String file, String key, Predicate<Path> mayRead) {
        List<Long> steps = folders.stream()
                .flatMap(folder -> number(run.resolve(folder.name()).resolve(file), key, mayRead).stream())
                .toList();
        boolean rising = steps.size() == folders.size()
                && steps.getFirst() > 0
                && IntStream.range(1, steps.size()).allMatch(i -> steps.get(i) > steps.get(i - 1));
        if (!rising) return Optional.empty();
        String said = "their " + file + " says `" + key + "` " + steps.getFirst() + " to " + steps.getLast();
        double unit = (double) steps.getLast() / (folders.getLast().number() + 1);
        boolean equal = IntStream.range(0, steps.size())
                .allMatch(i -> Math.abs(steps.get(i) / unit - (folders.get(i).number() + 1)) <= TOLERANCE);
        return Optional.of(
                equal
                        ? counted(folders, said + ", equally many from one to the next")
                        : new AcceleratedFolders(
                                IntStream.range(0, steps.size())
                                        .boxed()
                                        .collect(toMap(i -> folders.get(i).number(), steps::get)),
                                notice(said + ", which are their times")));
    }

    private static AcceleratedFolders counted(List<CheckpointName> folders, String why) {
        return new AcceleratedFolders(
                folders.stream().collect(toMap(CheckpointName::number, folder -> folder.number() + 1)),
                notice("a folder named checkpoint_N is of time N + 1: " + why));
    }

    private static String notice(String rest) {
        return "accelerate numbers its checkpoints from 0, and not by steps; " + rest + ".";
    }

    private static Optional<Long> number(Path file, String key, Predicate<Path> mayRead) {
        if (!Files.isRegularFile(file)) return Optional.empty();
        try {
            return StatedTimes.number(
                    WeightFiles.read(file, Optional.empty(), mayRead).metadata(), key);
        } catch (IOException | RuntimeException e) { // then it says nothing
            return Optional.empty();
        }
    }

    /** Whether times are those of names that count from 0. */
    boolean countFromZero() {
        return times.entrySet().stream().allMatch(entry -> entry.getValue() == entry.getKey() + 1);
    }

    /** The lines of a manifest for these times; none where no pattern says them. */
    List<String> in(List<String> lines) {
        if (lines.isEmpty() || !countFromZero()) return List.of();
        return Stream.concat(
                        Stream.of(lines.getFirst(), CountFromZero.LINE),
                        lines.stream().skip(1))
                .toList();
    }
}
