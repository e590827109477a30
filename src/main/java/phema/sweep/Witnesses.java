package phema.sweep;

import static java.util.stream.Collectors.toSet;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import phema.catalog.Run;
import phema.catalog.Snapshot;
import phema.digest.Digest;
import phema.format.FilePart;
import phema.format.Tensor;
import phema.profile.ProfileSpec;
import phema.text.Labels;

/**
 * Names some files of runs, as {@code RUN/NAME}, by which another training of the same name is told.
 *
 * @param stamps digits of size and time stamp, which every system and every version of phema tells alike
 * @param contents digits of size and probe, which a restored copy has as well; none of files without a probe, as in
 *     object stores
 * @param meanings what files are taken for, which decides coefficients: profile, time, and digits of the tensors that
 *     are weights; none where that is not known, or does not matter
 */
record Witnesses(
        SortedMap<String, String> stamps,
        SortedMap<String, String> contents,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) SortedMap<String, String> meanings) {
    /** The number of files of a run that tell it from others. */
    private static final int MOST = 64;

    private static final int DIGITS = 16;

    private static final String TIME = " at time ";
    private static final String TENSORS = " of ";

    Witnesses {
        stamps = Collections.unmodifiableSortedMap(new TreeMap<>(stamps));
        contents = Collections.unmodifiableSortedMap(new TreeMap<>(contents));
        meanings = Collections.unmodifiableSortedMap(new TreeMap<>(meanings));
    }

    /** Reads what the database keeps, also of older versions. */
    @JsonCreator
    static Witnesses stored(
            @JsonProperty("stamps") SortedMap<String, String> stamps,
            @JsonProperty("contents") SortedMap<String, String> contents,
            @JsonProperty("meanings") @Nullable SortedMap<String, String> meanings) {
        return new Witnesses(stamps, contents, meanings == null ? new TreeMap<String, String>() : meanings);
    }

    /** Of each run as many as it takes. */
    static Witnesses of(Collection<Run> runs) {
        Noted noted = new Noted();
        for (Run run : runs) {
            List<Snapshot> snapshots = run.snapshots();
            int count = Math.min(MOST, snapshots.size());
            for (int i = 0; i < count; i++)
                noted.add(run, snapshots.get(count == 1 ? 0 : i * (snapshots.size() - 1) / (count - 1)));
        }
        return noted.witnesses();
    }

    /** Those of these that the runs have now, as they are now. */
    Witnesses in(Collection<Run> runs) {
        Noted now = new Noted();
        for (Run run : runs)
            for (Snapshot snapshot : run.snapshots())
                if (stamps.containsKey(key(run, snapshot))) now.add(run, snapshot);
        return now.witnesses();
    }

    /** The same for what holds whatever the files are taken for. */
    Witnesses withoutMeanings() {
        return new Witnesses(stamps, contents, new TreeMap<>());
    }

    private static final class Noted {
        private final SortedMap<String, String> stamps = new TreeMap<>();
        private final SortedMap<String, String> contents = new TreeMap<>();
        private final SortedMap<String, String> meanings = new TreeMap<>();

        /** Files of a run mostly share one list. */
        private final Map<List<Tensor>, String> digits = new IdentityHashMap<>();

        void add(Run run, Snapshot snapshot) {
            String key = key(run, snapshot);
            stamps.put(key, stamp(snapshot));
            content(snapshot).ifPresent(content -> contents.put(key, content));
            meanings.put(
                    key,
                    ProfileSpec.print(snapshot.profile())
                            + TIME
                            + Labels.plain(snapshot.time())
                            + TENSORS
                            + digits.computeIfAbsent(snapshot.file().tensors(), Noted::digits));
        }

        private static String digits(List<Tensor> tensors) {
            Digest digest = Digest.sha256();
            for (Tensor tensor : tensors)
                digest.add(tensor.part() + " " + tensor.offset() + " " + tensor.role() + " " + tensor.name() + "\n");
            return digest.hex(DIGITS);
        }

        Witnesses witnesses() {
            return new Witnesses(stamps, contents, meanings);
        }
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

    /**
     * How a file that both have is taken for something else there, in words; empty where none is.
     *
     * @param where the other is
     * @param own where this is
     */
    Optional<String> takenOtherwise(Witnesses other, String where, String own) {
        return common(other)
                .filter(file -> meanings.containsKey(file)
                        && other.meanings.containsKey(file)
                        && !isSame(file, meanings, other.meanings))
                .findFirst()
                .map(file -> {
                    String before = inWords(Objects.requireNonNull(meanings.get(file)));
                    String now = inWords(Objects.requireNonNull(other.meanings.get(file)));
                    return "its file " + file
                            + (now.equals(before)
                                    ? " has other tensors as weights " + where + " than " + own
                                    : " is taken for " + now + " " + where + ", and for " + before + " " + own);
                });
    }

    private static String inWords(String meaning) {
        return meaning.substring(0, meaning.indexOf(TENSORS));
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
        return !strange
                && replaced(other).isEmpty()
                && takenOtherwise(other, "", "").isEmpty();
    }

    /** How many files these are. */
    int count() {
        return stamps.size();
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
