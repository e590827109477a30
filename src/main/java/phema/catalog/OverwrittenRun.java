package phema.catalog;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import phema.format.FilePart;
import phema.format.WeightFile;

/**
 * Finds the files of an older run whose first files a new one wrote over: both were written in the order of their
 * times, but those of the later times first. Copies may have been made in any order, which is seldom that one; the
 * order of names is no sign.
 */
final class OverwrittenRun {
    /** The fewest times of either run. */
    private static final int FEWEST = 3;

    private final List<Moment> moments = new ArrayList<>();

    /** The files of one time. */
    private record Moment(List<String> names, List<Instant> written) {
        Instant first() {
            return written.stream().min(Instant::compareTo).orElseThrow();
        }

        Instant last() {
            return written.stream().max(Instant::compareTo).orElseThrow();
        }

        boolean isBefore(Moment other) {
            return !last().isAfter(other.first());
        }
    }

    private OverwrittenRun(Map<Candidate, WeightFile> files) {
        Map<Double, Moment> byTime = new TreeMap<>();
        files.forEach((candidate, file) -> {
            Moment moment =
                    byTime.computeIfAbsent(candidate.time(), time -> new Moment(new ArrayList<>(), new ArrayList<>()));
            moment.names().add(candidate.fileName());
            file.parts().stream()
                    .map(FilePart::modified)
                    .max(Instant::compareTo)
                    .ifPresent(moment.written()::add);
        });
        moments.addAll(byTime.values());
    }

    /** What to ask; empty where there is nothing to be asked. */
    static Optional<String> notice(Map<Candidate, WeightFile> files) {
        return new OverwrittenRun(files).notice();
    }

    private Optional<String> notice() {
        List<Integer> falls = new ArrayList<>();
        for (int i = 1; i < moments.size(); i++) if (!moments.get(i - 1).isBefore(moments.get(i))) falls.add(i);
        if (falls.size() != 1) return Optional.empty();
        List<Moment> anew = moments.subList(0, falls.getFirst());
        List<Moment> older = moments.subList(falls.getFirst(), moments.size());
        if (anew.size() < FEWEST
                || older.size() < FEWEST
                || !older.getLast().isBefore(anew.getFirst())
                || areInOrderOfNames()) return Optional.empty();
        return Optional.of(named(older) + " were written before " + named(anew)
                + ", whose times are earlier. If they are of an older run, whose first files a new one wrote over, take"
                + " them away: an average over both is one of neither. If all were only copied in that order, all is"
                + " well.");
    }

    private boolean areInOrderOfNames() {
        TreeMap<String, Moment> byName = moments.stream()
                .collect(Collectors.toMap(
                        moment -> moment.names().getFirst(), moment -> moment, (one, same) -> one, TreeMap::new));
        List<Moment> inOrder = List.copyOf(byName.values());
        return Stream.iterate(1, i -> i < inOrder.size(), i -> i + 1)
                .allMatch(i -> inOrder.get(i - 1).isBefore(inOrder.get(i)));
    }

    private static String named(Collection<Moment> moments) {
        List<Moment> all = List.copyOf(moments);
        return all.getFirst().names().getFirst() + " to "
                + all.getLast().names().getLast();
    }
}
