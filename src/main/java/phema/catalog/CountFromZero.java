package phema.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import phema.format.WeightFile;

/**
 * Tells by the steps or epochs that files state whether their names count from 0, as Lightning's epochs do:
 * {@code epoch=0.ckpt} is written at the end of the first one. Its time is 1 then, and that of all others one more than
 * their names say.
 */
final class CountFromZero {
    /** The line of a manifest that says so. */
    static final String LINE = "updateAfterStep: -1";

    /** The error of a number of steps, in epochs. */
    private static final double TOLERANCE = 0.01;

    /** The fewest steps in a unit of the names' clock where one more or less matters. */
    private static final int FEWEST = 3;

    /** @param number in the name, of which there are {@code steps} by then, under a key of the metadata */
    private record Numbered(String fileName, double number, String key, long steps) {}

    private final Optional<Numbered> first;

    private CountFromZero(Optional<Numbered> first) {
        this.first = first;
    }

    /** @param files those that could be read, by their numbers */
    static CountFromZero of(Map<Candidate, WeightFile> files) {
        return new CountFromZero(bySteps(stated(files, StatedTimes::steps))
                .or(() -> bySteps(stated(files, StatedTimes::updates)))
                .or(() -> byEpochs(files.size(), stated(files, StatedTimes::epochs))));
    }

    private static List<Numbered> stated(
            Map<Candidate, WeightFile> files, Function<Map<String, String>, Optional<Map.Entry<String, Long>>> what) {
        List<Numbered> stated = new ArrayList<>();
        files.forEach((candidate, file) -> {
            if (!StatedTimes.countsSteps(candidate.fileName()) && !candidate.countsInMetadata())
                what.apply(file.metadata())
                        .ifPresent(found -> stated.add(new Numbered(
                                candidate.fileName(), candidate.time(), found.getKey(), found.getValue())));
        });
        return stated;
    }

    /** Where as many steps are in each unit of the names, and in the first. */
    private static Optional<Numbered> bySteps(List<Numbered> stated) {
        if (stated.isEmpty()) return Optional.empty();
        Numbered first = stated.getFirst();
        Numbered last = stated.getLast();
        double unit = (last.steps() - first.steps()) / (last.number() - first.number());
        boolean fromZero = unit >= FEWEST
                && stated.stream().allMatch(one -> Math.abs(one.steps() / unit - (one.number() + 1)) <= TOLERANCE);
        return fromZero ? Optional.of(first) : Optional.empty();
    }

    /**
     * Where a file named 0 states that one epoch is over, and all others one more than their names. Without a file
     * named 0 the same may be the number of the next epoch, counted from 1.
     */
    private static Optional<Numbered> byEpochs(int files, List<Numbered> stated) {
        boolean fromZero = stated.size() > 1
                && stated.size() >= files - 1 // all but one whose name says nothing
                && stated.getFirst().number() == 0
                && stated.stream().allMatch(one -> one.steps() == one.number() + 1);
        return fromZero ? Optional.of(stated.getFirst()) : Optional.empty();
    }

    boolean isSo() {
        return first.isPresent();
    }

    /** A file with the time that it is of, as far as its name and others tell. */
    Candidate of(Candidate named) {
        return isSo() ? named.later(1) : named;
    }

    /** The same once it is read. */
    Candidate of(Candidate named, WeightFile file) {
        if (isSo()) return named.later(1);
        if (!(named.content() instanceof Candidate.First)) return named;
        Optional<Map.Entry<String, Long>> steps = StatedTimes.steps(file.metadata())
                .or(() -> StatedTimes.updates(file.metadata()).filter(updates -> updates.getValue() > 1));
        if (steps.isPresent() && steps.get().getValue() > 1)
            return named.without("is named for time 0, but its metadata says `"
                    + steps.get().getKey() + "` " + steps.get().getValue()
                    + ": if the names count from 0, write `" + LINE + "` into " + Manifest.FILE_NAME);
        return named.without(
                steps.isPresent() || StatedTimes.countsSteps(named.fileName())
                        ? "holds the initial weights (time 0), no average"
                        : "is taken for the initial weights, as it is named for time 0 and states no steps; if the"
                                + " names count from 0, write `" + LINE + "` into " + Manifest.FILE_NAME);
    }

    Optional<String> notice() {
        return first.map(one -> "The names count from 0, however: " + one.fileName() + " states `" + one.key() + "` "
                + one.steps() + ", so that a file named N is of time N + 1.");
    }

    /** The same lines of a manifest, for these times. */
    List<String> in(List<String> lines) {
        if (!isSo() || lines.isEmpty()) return lines;
        List<String> more = new ArrayList<>(lines);
        more.add(1, LINE);
        return more;
    }
}
