package phema.catalog;

import static java.util.Comparator.comparingDouble;
import static java.util.stream.Collectors.toSet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import phema.text.Labels;

/**
 * Finds the weights in a folder that a run does not take, although their names say a later time than those of all that
 * it takes, as where a job that was resumed names its files otherwise.
 *
 * @param names of files, and of folders that hold a checkpoint each, by time
 * @param pattern of a manifest that matches them and the run's; empty where there is none, or they are averages
 */
record LaterNames(List<String> names, String pattern) {
    static final LaterNames NONE = new LaterNames(List.of(), "");

    private static final String TIME = "{time}";

    private static final Pattern NUMBER =
            Pattern.compile(NamedNumber.MAGNITUDE + "|" + NamedNumber.WHOLE + "(?!\\d|[.,]\\d)");

    /** A name that says a time. @param clock what its number counts, which no other number can be compared with */
    private record Numbered(String name, String clock, double number, String pattern) {}

    LaterNames {
        names = List.copyOf(names);
    }

    /**
     * @param names of all that the folder holds
     * @param taken the run's, by time
     * @param lines of a manifest that would say which they are; may be none
     */
    static LaterNames of(Path folder, List<String> names, List<Candidate> taken, List<String> lines)
            throws IOException {
        Set<String> used =
                taken.stream().map(candidate -> first(candidate.fileName())).collect(toSet());
        Optional<Numbered> newest = taken.reversed().stream()
                .flatMap(candidate -> numbered(first(candidate.fileName())))
                .findFirst();
        if (newest.isEmpty()) return NONE;
        List<Numbered> later = names.stream()
                .filter(name -> !used.contains(name))
                .flatMap(name -> numbered(name, newest.get()))
                .filter(other -> other.clock().equals(newest.get().clock())
                        && other.number() > newest.get().number())
                .sorted(comparingDouble(Numbered::number))
                .toList();
        if (later.isEmpty()) return NONE;
        Set<String> files = Set.copyOf(LeftOut.of(names, taken));
        List<String> found = new ArrayList<>();
        for (Numbered one : later) if (holdsWeights(folder, one.name(), files)) found.add(one.name());
        return new LaterNames(found, together(folder, found, newest.get(), later, lines));
    }

    private static String first(String path) {
        int slash = path.indexOf('/');
        return slash < 0 ? path : path.substring(0, slash);
    }

    private static Stream<Numbered> numbered(String name) {
        Optional<SnapshotName> edm2 = SnapshotName.parse(name);
        if (edm2.isPresent())
            return Stream.of(new Numbered(name, "nimg", edm2.get().nimg(), ""));
        Optional<Numbered> file = NumberedName.parse(name)
                .map(one -> new Numbered(name, clock(one.counted()), one.number(), one.pattern()));
        return file
                .or(() -> CheckpointName.parse(name)
                        .map(one -> new Numbered(name, clock(one.word()), one.number(), one.pattern())))
                .filter(one -> !NumberReadings.isStamp(Labels.plain(one.number())))
                .stream();
    }

    /** The same of a name that says its time in no other way than that it begins as those of the run do. */
    private static Stream<Numbered> numbered(String name, Numbered ofRun) {
        List<Numbered> known = numbered(name).toList();
        int time = ofRun.pattern().indexOf(TIME);
        if (!known.isEmpty() || time < 1 || !name.startsWith(ofRun.pattern().substring(0, time))) return known.stream();
        Matcher number = NUMBER.matcher(name).region(time, name.length());
        return number.lookingAt()
                ? Stream.of(new Numbered(
                        name,
                        ofRun.clock(),
                        NamedNumber.value(number.group()),
                        name.substring(0, time) + TIME + name.substring(number.end())))
                : Stream.of();
    }

    private static String clock(String counted) {
        return counted.toLowerCase(Locale.ROOT).matches("(?:.*[^a-z])?ep(?:och)?s?[-_=]?") ? "epoch" : "step";
    }

    private static boolean holdsWeights(Path folder, String name, Collection<String> files) throws IOException {
        Path there = folder.resolve(name);
        if (Files.isDirectory(there, LinkOption.NOFOLLOW_LINKS))
            return !WeightsPath.in(there).isEmpty();
        return files.contains(name)
                && Files.isRegularFile(there)
                && FolderListing.sibling(there).isEmpty();
    }

    /** A pattern for these names and the run's, where only what stands before or behind the time sets them apart. */
    private static String together(
            Path folder, Collection<String> found, Numbered newest, Collection<Numbered> later, List<String> lines) {
        if (lines.isEmpty() || found.stream().anyMatch(Questions::isAverage)) return "";
        String pattern = newest.pattern();
        Set<String> others = new TreeSet<>();
        for (Numbered one : later) if (found.contains(one.name())) others.add(one.pattern());
        for (String other : others) {
            if (!pattern.contains(TIME) || !other.contains(TIME)) return "";
            int at = pattern.indexOf(TIME);
            int otherAt = other.indexOf(TIME);
            pattern = joined(pattern.substring(0, at), other.substring(0, otherAt))
                    + TIME
                    + joined(pattern.substring(at + TIME.length()), other.substring(otherAt + TIME.length()));
        }
        String of = "files: '" + newest.pattern();
        if (!lines.getFirst().startsWith(of)) return "";
        String path = lines.getFirst().substring(of.length()).replaceFirst("'$", ""); // in folders
        return found.stream().allMatch(name -> Files.exists(folder.resolve(name + path))) ? pattern + path : "";
    }

    /** What both begin and end with, and a star between. */
    private static String joined(String one, String other) {
        if (one.equals(other)) return one;
        int least = Math.min(one.length(), other.length());
        int begin = 0;
        while (begin < least && one.charAt(begin) == other.charAt(begin)) begin++;
        int end = 0;
        while (end < least - begin && one.charAt(one.length() - 1 - end) == other.charAt(other.length() - 1 - end))
            end++;
        return (one.substring(0, begin) + "*" + one.substring(one.length() - end)).replaceAll("\\*+", "*");
    }
}
