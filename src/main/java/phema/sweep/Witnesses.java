package phema.sweep;

import static java.util.stream.Collectors.toSet;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.digest.Digest;
import phema.format.FilePart;

/**
 * Names some files of runs, as {@code RUN/NAME}, by which another training of the same name is told.
 *
 * @param stamps digits of size and time stamp, which every system and every version of phema tells alike
 * @param contents digits of size and probe, which a restored copy has as well; none of files without a probe, as in
 *     object stores
 */
record Witnesses(SortedMap<String, String> stamps, SortedMap<String, String> contents) {
    /** The number of files of a run that tell it from others. */
    private static final int MOST = 64;

    private static final int DIGITS = 16;

    Witnesses {
        stamps = Collections.unmodifiableSortedMap(new TreeMap<>(stamps));
        contents = Collections.unmodifiableSortedMap(new TreeMap<>(contents));
    }

    /** Of each run as many as it takes. */
    static Witnesses of(Collection<Run> runs) {
        SortedMap<String, String> stamps = new TreeMap<>();
        SortedMap<String, String> contents = new TreeMap<>();
        for (Run run : runs) {
            List<Snapshot> snapshots = run.snapshots();
            int count = Math.min(MOST, snapshots.size());
            for (int i = 0; i < count; i++)
                note(run, snapshots.get(count == 1 ? 0 : i * (snapshots.size() - 1) / (count - 1)), stamps, contents);
        }
        return new Witnesses(stamps, contents);
    }

    /** Those of these that the runs have now, as they are now. */
    Witnesses in(Collection<Run> runs) {
        SortedMap<String, String> stampsNow = new TreeMap<>();
        SortedMap<String, String> contentsNow = new TreeMap<>();
        for (Run run : runs)
            for (Snapshot snapshot : run.snapshots())
                if (stamps.containsKey(key(run, snapshot))) note(run, snapshot, stampsNow, contentsNow);
        return new Witnesses(stampsNow, contentsNow);
    }

    private static void note(
            Run run, Snapshot snapshot, SortedMap<String, String> stamps, SortedMap<String, String> contents) {
        stamps.put(key(run, snapshot), stamp(snapshot));
        content(snapshot).ifPresent(digits -> contents.put(key(run, snapshot), digits));
    }

    private static String key(Run run, Snapshot snapshot) {
        return run.name() + "/" + snapshot.name();
    }

    private static String stamp(Snapshot snapshot) {
        Digest digest = Digest.sha256();
        for (FilePart part : snapshot.file().parts())
            digest.add(part.size() + " " + part.modified().getEpochSecond() + "\n");
        return digest.hex(DIGITS);
    }

    private static Optional<String> content(Snapshot snapshot) {
        List<FilePart> parts = snapshot.file().parts();
        if (parts.stream().anyMatch(part -> part.probe().isEmpty())) return Optional.empty();
        Digest digest = Digest.sha256();
        for (FilePart part : parts) digest.add(part.size() + " " + part.probe() + "\n");
        return Optional.of(digest.hex(DIGITS));
    }

    /** A file that both have and that is not the same; empty where there is none. */
    Optional<String> replaced(Witnesses other) {
        return common(other)
                .filter(file -> contents.containsKey(file) && other.contents.containsKey(file)
                        ? !isSame(file, contents, other.contents)
                        : !isSame(file, stamps, other.stamps))
                .findFirst();
    }

    /** The same where a copy with another time stamp is not the same either, as it has another identity. */
    Optional<String> stampedOtherwise(Witnesses other) {
        return common(other).filter(file -> !isSame(file, stamps, other.stamps)).findFirst();
    }

    private static boolean isSame(String file, Map<String, String> one, Map<String, String> other) {
        return one.containsKey(file) && Objects.equals(one.get(file), other.get(file));
    }

    private Stream<String> common(Witnesses other) {
        return stamps.keySet().stream().filter(other.stamps::containsKey);
    }

    /** Whether both are of the same weights of the run, for all that is known. */
    boolean isSame(String run, Witnesses other) {
        boolean strange = hasAny(run)
                && other.hasAny(run)
                && common(other).noneMatch(file -> run(file).equals(run));
        return !strange && replaced(other).isEmpty();
    }

    /** Whether it has files of the run. */
    boolean hasAny(String run) {
        SortedMap<String, String> behind = stamps.tailMap(run + "/");
        return !behind.isEmpty() && run(behind.firstKey()).equals(run);
    }

    /** Their names. */
    Set<String> runs() {
        return stamps.keySet().stream().map(Witnesses::run).collect(toSet());
    }

    /** The name of a file's run, which has no slash. */
    static String run(String file) {
        return file.substring(0, file.indexOf('/'));
    }
}
