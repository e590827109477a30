package phema.catalog;

import static java.util.Comparator.comparingDouble;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import phema.catalog.Excluded.ExclusionReason;
import phema.format.OneLine;
import phema.text.Labels;

/**
 * Says what is newer than all that a run uses, and not used: its weights are those of an earlier time than one expects.
 *
 * @param ofRun files that the run takes by their names, by time; none that is still being written
 * @param others names of what it does not take, by time
 * @param time of the newest snapshot
 * @param change what may be done where the run's own hold other tensors than those that are used; else empty
 * @param advice what to do about the others, as a sentence
 */
public record NewerFiles(List<Excluded> ofRun, List<String> others, double time, String change, String advice) {
    public NewerFiles {
        ofRun = List.copyOf(ofRun);
        others = List.copyOf(others);
    }

    /**
     * Those of a folder.
     *
     * @param snapshots by time
     * @param lines of a manifest that would say which files are the run's; may be none
     * @param change what may be done where the newest files hold other tensors; else empty
     */
    static Optional<NewerFiles> of(
            Recognition recognition,
            List<Snapshot> snapshots,
            List<Excluded> excluded,
            List<String> lines,
            String change) {
        if (snapshots.isEmpty()) return Optional.empty();
        Map<String, Double> times = new HashMap<>();
        for (Candidate candidate : recognition.candidates()) times.put(candidate.fileName(), candidate.time());
        double newest = snapshots.stream()
                .mapToDouble(snapshot -> time(snapshot.name(), times))
                .filter(Double::isFinite)
                .max()
                .orElse(Double.POSITIVE_INFINITY);
        List<Excluded> ofRun = excluded.stream()
                .filter(file -> file.reason() != ExclusionReason.GROWING
                        && file.reason() != ExclusionReason.DUPLICATE
                        && time(file.name(), times) > newest
                        && Double.isFinite(time(file.name(), times)))
                .sorted(comparingDouble(file -> time(file.name(), times)))
                .toList();
        LaterNames later = recognition.later();
        return ofRun.isEmpty() && later.names().isEmpty()
                ? Optional.empty()
                : Optional.of(new NewerFiles(
                        ofRun, later.names(), snapshots.getLast().time(), change, advice(later.pattern(), lines)));
    }

    /** The time in a file's name; none of what is no file of the run. */
    private static double time(String name, Map<String, Double> times) {
        int group = name.lastIndexOf('#');
        return times.getOrDefault(
                name, group < 0 ? Double.NaN : times.getOrDefault(name.substring(0, group), Double.NaN));
    }

    private static String advice(String pattern, List<String> lines) {
        String all = pattern.isEmpty()
                ? "name the files of all in " + Manifest.FILE_NAME + ", averages with the time and profile of each"
                : "say so in " + Manifest.FILE_NAME + " with "
                        + Question.inline(Stream.concat(
                                        Stream.of("files: '" + pattern + "'"),
                                        lines.stream().skip(1))
                                .toList());
        return "If they are of this run, " + all + "; if not, give them a folder of their own.";
    }

    /** For the user, in one line. */
    public String message() {
        StringBuilder text = new StringBuilder();
        if (!ofRun.isEmpty())
            text.append(ofRun.size() == 1 ? "1 file is newer" : ofRun.size() + " files are newer")
                    .append(" than all that are used, and not used: ")
                    .append(span(ofRun.stream().map(Excluded::name).toList()))
                    .append(" (")
                    .append(Labels.inWords(ofRun.getFirst().reason()))
                    .append("). ");
        if (!others.isEmpty())
            text.append(others.size() == 1 ? "1 name says" : others.size() + " names say")
                    .append(" a later time than those of all files that are used, and ")
                    .append(others.size() == 1 ? "is" : "are")
                    .append(" not used: ")
                    .append(span(others))
                    .append(". ");
        text.append("So weights are those of time ").append(Labels.plain(time)).append(" at most.");
        if (!change.isEmpty() && !ofRun.isEmpty()) text.append(' ').append(change);
        if (!others.isEmpty()) text.append(' ').append(advice);
        return OneLine.of(text.toString());
    }

    private static String span(List<String> names) {
        return names.size() == 1 ? names.getFirst() : names.getFirst() + " to " + names.getLast();
    }
}
