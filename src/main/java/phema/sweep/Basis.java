package phema.sweep;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import phema.digest.Digest;
import phema.evaluation.EvaluatorIdentity;
import phema.problem.ShownPaths;
import phema.text.StoredJson;

/**
 * Names what all metrics of a sweep rest on, as whoever made it has it: who has anything else would mix in what cannot
 * be compared, and leaves its trials alone.
 *
 * @param evaluator settings that decide metrics, see {@link EvaluatorIdentity#settings}
 * @param snapshots some of the runs' files, as {@code RUN/NAME}, with digits that change when the file does: by them
 *     another run of the same name is told
 * @param contents the same by contents, see {@link Witnesses}; none of what older versions made
 * @param meanings what the same files are taken for; none of what older versions made
 */
record Basis(
        SortedMap<String, String> evaluator,
        SortedMap<String, String> snapshots,
        @Nullable SortedMap<String, String> contents,
        @Nullable SortedMap<String, String> meanings) {
    private static final int MOST_NAMED = 3;
    private static final int LONGEST = 60;
    private static final int BEFORE = 20;
    private static final int DIGITS = 16;

    Basis {
        evaluator = Collections.unmodifiableSortedMap(new TreeMap<>(evaluator));
        snapshots = Collections.unmodifiableSortedMap(new TreeMap<>(snapshots));
        contents = Collections.unmodifiableSortedMap(
                contents == null ? new TreeMap<String, String>() : new TreeMap<>(contents));
        meanings = Collections.unmodifiableSortedMap(
                meanings == null ? new TreeMap<String, String>() : new TreeMap<>(meanings));
    }

    /** With the files of runs. */
    static Basis of(SortedMap<String, String> evaluator, Witnesses files) {
        return new Basis(evaluator, files.stamps(), files.contents(), files.meanings());
    }

    Witnesses witnesses() {
        return new Witnesses(snapshots, Objects.requireNonNull(contents), Objects.requireNonNull(meanings));
    }

    /** Digits that are the same for equal settings alone; none while some are not known. */
    Optional<String> digest() {
        if (evaluator.containsValue(EvaluatorIdentity.UNKNOWN)) return Optional.empty();
        return Optional.of(Digest.sha256().add(StoredJson.write(evaluator)).hex(DIGITS));
    }

    /** The same, with what only the other can tell. */
    Basis completedBy(Basis other) {
        SortedMap<String, String> all = new TreeMap<>(evaluator);
        all.replaceAll((setting, value) -> isUnknown(value) ? other.evaluator.getOrDefault(setting, value) : value);
        return new Basis(all, snapshots, contents, meanings);
    }

    /** The same, with the other's files of runs that this one knows nothing of. */
    Basis withMoreRuns(Basis other) {
        Set<String> known = new TreeSet<>();
        snapshots.keySet().forEach(file -> known.add(Witnesses.run(file)));
        Witnesses own = witnesses();
        Witnesses more = other.witnesses();
        return new Basis(
                evaluator,
                withMoreRuns(own.stamps(), more.stamps(), known),
                withMoreRuns(own.contents(), more.contents(), known),
                withMoreRuns(own.meanings(), more.meanings(), known));
    }

    private static SortedMap<String, String> withMoreRuns(
            SortedMap<String, String> own, SortedMap<String, String> other, Set<String> known) {
        SortedMap<String, String> all = new TreeMap<>(other);
        all.keySet().removeIf(file -> known.contains(Witnesses.run(file)));
        all.putAll(own);
        return all;
    }

    /**
     * Why metrics of the other do not belong to those of this one, in words for the other's user; empty where they do.
     *
     * @param name of the evaluator
     */
    Optional<String> objection(String name, Basis other) {
        List<String> settings = differences(other);
        if (!settings.isEmpty())
            return Optional.of("evaluator " + name + " differs in "
                    + String.join("; ", settings.subList(0, Math.min(MOST_NAMED, settings.size())))
                    + (settings.size() > MOST_NAMED ? "; and " + (settings.size() - MOST_NAMED) + " more" : ""));
        return witnesses()
                .stampedOtherwise(other.witnesses())
                .map(file -> "its file " + file
                        + " is another than the sweep's, by size or time stamp: it sees another run of that name, or a"
                        + " copy without the time stamps, or the file was replaced")
                .or(() -> witnesses()
                        .takenOtherwise(other.witnesses(), "here", "in the sweep")
                        .map(change -> change + ": what phema.yaml, names and files say of it has changed"));
    }

    /** {@code steps: 2 here, 32 in the sweep}. */
    List<String> differences(Basis other) {
        List<String> all = new ArrayList<>();
        Set<String> settings = new TreeSet<>(evaluator.keySet());
        settings.addAll(other.evaluator.keySet());
        for (String setting : settings) {
            String whole = evaluator.getOrDefault(setting, "");
            String wholeThere = other.evaluator.getOrDefault(setting, "");
            if (whole.equals(wholeThere) || isUnknown(whole) || isUnknown(wholeThere)) continue;
            String own = ShownPaths.withoutFolders(whole);
            String there = ShownPaths.withoutFolders(wholeThere);
            if (own.equals(there)) {
                all.add(setting + ": in another folder here than in the sweep");
                continue;
            }
            int same = 0;
            while (same < Math.min(own.length(), there.length()) && own.charAt(same) == there.charAt(same)) same++;
            all.add(setting + ": " + excerpt(there, same) + " here, " + excerpt(own, same) + " in the sweep");
        }
        return all;
    }

    private static boolean isUnknown(String value) {
        return value.equals(EvaluatorIdentity.UNKNOWN);
    }

    /** Where they begin to differ: commands can be long. */
    private static String excerpt(String value, int differing) {
        if (value.isEmpty()) return "none";
        int from = value.length() <= LONGEST ? 0 : Math.max(0, Math.min(differing - BEFORE, value.length() - LONGEST));
        int to = Math.min(value.length(), from + LONGEST);
        return (from > 0 ? "..." : "") + value.substring(from, to) + (to < value.length() ? "..." : "");
    }
}
