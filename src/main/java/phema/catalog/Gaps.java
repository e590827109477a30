package phema.catalog;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toSet;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What seems to be missing between a run's snapshots. Nothing has to be there: fewer snapshots only make a fit less accurate. */
final class Gaps {
    private static final int NAMED = 3;

    private Gaps() {}

    /** @param names of the snapshots in use */
    static List<String> notices(List<SnapshotName> names) {
        List<String> notices = new ArrayList<>();
        List<Long> times =
                names.stream().map(SnapshotName::nimg).distinct().sorted().toList();
        if (times.size() > 2) {
            List<Long> steps = new ArrayList<>();
            for (int i = 1; i < times.size(); i++) steps.add(times.get(i) - times.get(i - 1));
            long usual = steps.stream().sorted().toList().get(steps.size() / 2);
            List<String> gaps = new ArrayList<>();
            for (int i = 0; i < steps.size(); i++) {
                if (steps.get(i) > 1.5 * usual) gaps.add(kimg(times.get(i)) + " to " + kimg(times.get(i + 1)));
            }
            if (!gaps.isEmpty())
                notices.add("Snapshots are usually " + kimg(usual) + " kimg apart, but none lies within kimg "
                        + some(gaps) + ".");
        }
        Map<Double, Set<Long>> bySigmaRel = names.stream()
                .collect(groupingBy(SnapshotName::sigmaRel, TreeMap::new, mapping(SnapshotName::nimg, toSet())));
        bySigmaRel.forEach((sigmaRel, own) -> {
            List<String> missing =
                    times.stream().filter(t -> !own.contains(t)).map(Gaps::kimg).toList();
            if (!missing.isEmpty())
                notices.add(String.format(
                        Locale.ROOT, "sigma_rel %.3f has no snapshot at kimg %s.", sigmaRel, some(missing)));
        });
        return notices;
    }

    private static String kimg(long nimg) {
        return String.valueOf(nimg / 1000);
    }

    private static String some(List<String> all) {
        return all.stream().limit(NAMED).collect(joining(", "))
                + (all.size() > NAMED ? " and " + (all.size() - NAMED) + " more" : "");
    }
}
