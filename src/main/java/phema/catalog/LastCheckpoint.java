package phema.catalog;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import phema.format.WeightFile;
import phema.profile.ProfileSpec;
import phema.text.Labels;

/**
 * Tells the time of a checkpoint whose name has none, {@code ckpt.pt} beside {@code ckpt_1000.pt}, by a key under which
 * the numbered files state theirs.
 */
record LastCheckpoint(Map<Candidate, WeightFile> numbered) {
    /** The most that what is stated and what is named may be apart: loops count from 0 or from 1. */
    private static final double TOLERANCE = 1;

    /** @param numbered files by the times that they are of */
    LastCheckpoint {
        numbered = Map.copyOf(numbered);
    }

    static boolean is(Candidate candidate) {
        return candidate.countsInMetadata() && Double.isInfinite(candidate.time());
    }

    /** A file with its time, or why it is not used; as it is where the numbered files do not tell. */
    Candidate of(Candidate last, WeightFile file) {
        return StatedTimes.keys().stream()
                .flatMap(key -> of(last, file, key).stream())
                .findFirst()
                .orElse(last);
    }

    private Optional<Candidate> of(Candidate last, WeightFile file, String key) {
        Optional<Long> stated = StatedTimes.number(file.metadata(), key);
        Set<Double> apart = numbered.entrySet().stream()
                .map(entry -> StatedTimes.number(entry.getValue().metadata(), key)
                        .map(number -> number - entry.getKey().time())
                        .orElse(Double.NaN))
                .collect(Collectors.toSet());
        if (stated.isEmpty() || apart.size() != 1) return Optional.empty();
        double offset = apart.iterator().next();
        if (!(Math.abs(offset) <= TOLERANCE)) return Optional.empty();
        double time = stated.get() - offset;
        Optional<Candidate> notBefore =
                numbered.keySet().stream().filter(other -> other.time() >= time).findAny();
        return Optional.of(
                notBefore.isEmpty()
                        ? Candidate.of(
                                last.fileName(), time, last.average(), t -> ProfileSpec.parse(WeightGroups.RAW, t))
                        : last.without("is of time " + Labels.plain(time) + ", as its `" + key
                                + "` says, and no later than the run's numbered files, which are used; name it in "
                                + Manifest.FILE_NAME + " if it is to be used instead"));
    }
}
