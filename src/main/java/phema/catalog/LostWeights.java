package phema.catalog;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the files that hold zeros where earlier ones of the same average hold weights, in a whole tensor or at the end:
 * a disk was full, or the machine failed, while they were written. Weights that begin at zero, as those of adapters and
 * of gates do, are no longer zero later.
 */
final class LostWeights {
    /** The least number of sampled values: a flag or a scale may come and go. */
    private static final int LEAST = 8;

    private static final String WHY = ", as where a disk was full or a machine failed while it was written: replace it"
            + " by another copy, or take it away. If training made them zero, list the tensor under buffers in "
            + Manifest.FILE_NAME;

    private final Map<Candidate, List<String>> tensors = new LinkedHashMap<>();
    private final Set<Candidate> ends = new HashSet<>();

    /** @param files by time */
    LostWeights(SamplePlan plan, Map<Candidate, SampleSummary> files) {
        SampleSummary zeros = SampleSummary.ofZeros(plan);
        List<Map.Entry<String, SamplePlan.Range>> ranges =
                List.copyOf(plan.ranges().entrySet());
        Map<String, Set<String>> held = new HashMap<>(); // tensors that hold weights so far, by average
        Set<String> ended = new HashSet<>();
        files.forEach((candidate, summary) -> {
            Set<String> before = held.computeIfAbsent(series(candidate), any -> new HashSet<>());
            for (int place = 0; place < ranges.size(); place++) {
                SamplePlan.Range range = ranges.get(place).getValue();
                if (range.end() - range.begin() < LEAST) continue;
                String tensor = ranges.get(place).getKey();
                if (!summary.isSame(place, zeros)) before.add(tensor);
                else if (before.contains(tensor))
                    tensors.computeIfAbsent(candidate, any -> new ArrayList<>()).add(tensor);
            }
            if (!summary.endsInZeros()) ended.add(series(candidate));
            else if (ended.contains(series(candidate))) ends.add(candidate);
        });
    }

    private static String series(Candidate candidate) {
        return candidate.group() + "\0" + candidate.average();
    }

    /** Each file that is not to be used, and why, as the end of a sentence. */
    Map<Candidate, String> found() {
        Map<Candidate, String> found = new LinkedHashMap<>();
        tensors.forEach((candidate, lost) -> found.put(
                candidate,
                "holds nothing but zeros in tensor " + lost.getFirst()
                        + (lost.size() == 1 ? "" : " and " + (lost.size() - 1) + " more")
                        + ", which earlier files do not" + WHY));
        for (Candidate candidate : ends)
            found.putIfAbsent(candidate, "ends in zeros, where earlier files hold weights" + WHY);
        return found;
    }
}
