package phema.catalog;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toSet;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.DoubleFunction;
import phema.profile.Impulse;

/**
 * Finds what seems to be missing between a run's snapshots. Nothing has to be there: fewer snapshots only make a fit
 * less accurate.
 */
final class MissingSnapshots {
    private static final int NAMED = 3;
    private static final String RAW = "Raw weights";

    private MissingSnapshots() {}

    /** @param used the snapshots in use, by time */
    static List<String> notices(List<Candidate> used) {
        boolean kimg = used.stream().allMatch(c -> SnapshotName.isTimeOf(c.fileName(), c.time()));
        DoubleFunction<String> print = t -> kimg ? String.valueOf(Kimg.ofNimg(t)) : "%.0f".formatted(t);
        String unit = kimg ? "kimg" : "time";
        List<String> notices = new ArrayList<>();
        List<Double> times = used.stream().map(Candidate::time).distinct().toList();
        if (times.size() > 2) {
            List<Double> steps = new ArrayList<>();
            for (int i = 1; i < times.size(); i++) steps.add(times.get(i) - times.get(i - 1));
            double usual = steps.stream().sorted().toList().get(steps.size() / 2);
            List<String> gaps = new ArrayList<>();
            for (int i = 0; i < steps.size(); i++) {
                if (steps.get(i) > 1.5 * usual)
                    gaps.add(print.apply(times.get(i)) + " to " + print.apply(times.get(i + 1)));
            }
            if (!gaps.isEmpty())
                notices.add("Snapshots are usually " + print.apply(usual) + (kimg ? " kimg" : "")
                        + " apart, but none lies within " + unit + " " + some(gaps) + ".");
        }
        Map<String, Set<Double>> byAverage = used.stream()
                .collect(groupingBy(MissingSnapshots::average, TreeMap::new, mapping(Candidate::time, toSet())));
        byAverage.forEach((average, own) -> {
            List<String> missing = times.stream()
                    .filter(t -> !own.contains(t))
                    .map(print::apply)
                    .toList();
            if (!missing.isEmpty())
                notices.add(average + (average.equals(RAW) ? " have" : " has") + " no snapshot at " + unit + " "
                        + some(missing) + ".");
        });
        return notices;
    }

    /** Of raw weights that some checkpoints hold alone and others beside averages, one word. */
    private static String average(Candidate candidate) {
        return candidate.profile().filter(Impulse.class::isInstance).isPresent() ? RAW : candidate.average();
    }

    private static String some(List<String> all) {
        return all.stream().limit(NAMED).collect(joining(", "))
                + (all.size() > NAMED ? " and " + (all.size() - NAMED) + " more" : "");
    }
}
