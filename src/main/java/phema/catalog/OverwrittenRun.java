package phema.catalog;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingDouble;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import phema.format.FilePart;
import phema.format.WeightFile;

/**
 * Finds files that are left from a run whose first files a new one wrote over, or from before training went on from an
 * earlier checkpoint: in the order in which all were written, times go back once. Copies may have been made in any
 * order, in which they seldom do so once; the order of names is no sign.
 */
final class OverwrittenRun {
    /** The fewest times of either run. */
    private static final int FEWEST = 3;

    /** The files of one time. */
    private record Moment(double time, List<String> names, List<Instant> written) {
        Instant first() {
            return written.stream().min(Instant::compareTo).orElseThrow();
        }

        Instant last() {
            return written.stream().max(Instant::compareTo).orElseThrow();
        }
    }

    private final List<Moment> moments;

    private OverwrittenRun(Map<Candidate, WeightFile> files) {
        Map<Double, Moment> byTime = new TreeMap<>();
        files.forEach((candidate, file) -> {
            Moment moment = byTime.computeIfAbsent(
                    candidate.time(), time -> new Moment(time, new ArrayList<>(), new ArrayList<>()));
            moment.names().add(candidate.fileName());
            file.parts().stream()
                    .map(FilePart::modified)
                    .max(Instant::compareTo)
                    .ifPresent(moment.written()::add);
        });
        moments = List.copyOf(byTime.values());
    }

    /** What to ask; empty where there is nothing to be asked. */
    static Optional<String> notice(Map<Candidate, WeightFile> files) {
        return new OverwrittenRun(files).notice();
    }

    private Optional<String> notice() {
        List<Moment> written = sorted(comparing(Moment::first).thenComparing(Moment::time));
        int[] back = IntStream.range(1, written.size())
                .filter(i -> written.get(i).time() < written.get(i - 1).time())
                .toArray();
        if (back.length != 1
                || !areOneAfterTheOther(written)
                || areOneAfterTheOther(sorted(comparing(moment -> moment.names().getFirst())))) return Optional.empty();
        List<Moment> later = written.subList(back[0], written.size());
        List<Moment> left = written.subList(0, back[0]).stream()
                .filter(moment -> moment.time() > later.getFirst().time())
                .sorted(comparingDouble(Moment::time))
                .toList();
        if (left.size() < FEWEST || later.size() < FEWEST) return Optional.empty();
        return Optional.of(named(left) + " were written before " + named(later)
                + ", of which the first is of an earlier time. If they are left from an older run, or from before"
                + " training went on from an earlier checkpoint, take them away: an average over both is one of"
                + " neither. If all were only copied in that order, all is well.");
    }

    private List<Moment> sorted(Comparator<Moment> order) {
        return moments.stream().sorted(order).toList();
    }

    private static boolean areOneAfterTheOther(List<Moment> order) {
        return IntStream.range(1, order.size())
                .noneMatch(i -> order.get(i - 1).last().isAfter(order.get(i).first()));
    }

    private static String named(List<Moment> some) {
        int files = some.stream().mapToInt(moment -> moment.names().size()).sum();
        return some.getFirst().names().getFirst() + " to "
                + some.getLast().names().getLast() + " (" + files + " files)";
    }
}
