package phema.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Writes the lines of manifests that users may want, from those that the names of their files suggest.
 *
 * @param names those; none where names suggest none
 */
record ManifestLines(List<String> names) {
    /** The most tensors that are left out one by one. */
    private static final int MOST_CHANGED = 8;

    /** What may be done where the newest files hold other tensors than most; empty where they do not. */
    String ofChange(Agreement agreement, int agreeing) {
        List<String> changed = agreement.changed();
        if (changed.isEmpty()) return "";
        boolean rest = changed.size() <= MOST_CHANGED && !names.isEmpty() && agreement.agreesBut(changed);
        List<String> lines = new ArrayList<>(names);
        lines.add(listed("buffers", changed));
        return "For averages of files like the newest, move the " + agreeing + " older ones out of the folder"
                + (rest
                        ? ", or write " + Manifest.FILE_NAME + " with " + Question.inline(lines)
                                + " for averages of all, with what differs as it is in the newest file"
                        : "")
                + ".";
    }

    /** What a manifest would say of the names of files that lie in the run's folder itself. */
    List<String> ofFiles() {
        return names.isEmpty()
                        || !names.getFirst().startsWith("files:")
                        || names.getFirst().contains("/")
                ? List.of()
                : names.stream().filter(line -> !line.startsWith("profile:")).toList();
    }

    String ofGrowing(List<String> tensors) {
        List<String> lines = names.isEmpty() ? List.of(exclude(tensors)) : without(tensors);
        return "holds `" + String.join("`, `", tensors) + "` with other shapes than the run's other files, which agree"
                + " in all other tensors: most likely a log that grows, and no weight. Leave it out with "
                + Question.inline(lines) + " in " + Manifest.FILE_NAME;
    }

    /** The manifest that names suggest, without some tensors; empty where names suggest none. */
    List<String> without(List<String> tensors) {
        List<String> lines = new ArrayList<>(names);
        if (!lines.isEmpty() && !tensors.isEmpty()) lines.add(exclude(tensors));
        return lines;
    }

    private static String exclude(List<String> tensors) {
        return listed("exclude", tensors);
    }

    private static String listed(String key, List<String> tensors) {
        return key + ": ['" + String.join("', '", tensors) + "']";
    }

    /** The same for files that hold two networks of which one is an average. */
    List<String> without(Twins twins) {
        return names.stream()
                .flatMap(line -> line.equals(Questions.RAW) ? Stream.of(line, twins.exclusion()) : Stream.of(line))
                .toList();
    }
}
