package phema.catalog;

import java.util.Optional;
import java.util.function.DoubleFunction;
import phema.format.WeightFile;
import phema.profile.Impulse;
import phema.profile.Profile;
import phema.profile.ProfileSpec;

/**
 * Describes a file that should hold one of a run's averages, by its name or by the manifest.
 *
 * @param fileName path from the run's folder, with slashes
 * @param group what sets these weights apart from others of the same checkpoint: the prefix of its tensors in a file
 *     that holds several sets of weights, or where the file lies in the checkpoint's folder; else empty
 * @param time on the run's clock; infinite where the file says it itself
 * @param average what sets it apart from other averages of the same time, such as {@code sigma_rel 0.050}
 * @param content what it holds
 */
record Candidate(String fileName, String group, double time, String average, CandidateContent content) {
    /** What a file should hold. */
    sealed interface CandidateContent {}

    record AverageOf(Profile profile) implements CandidateContent {}

    /** @param why as the end of a sentence */
    record NoAverage(String why) implements CandidateContent {}

    /** An average of which nothing says which. */
    record Unrecorded() implements CandidateContent {}

    /**
     * A file numbered 0: the initial weights, unless all numbers count from 0.
     *
     * @param profile as text, where it is known
     */
    record First(Optional<String> profile) implements CandidateContent {}

    /**
     * A checkpoint of a time that stands in the file's metadata.
     *
     * @param orInName whether the number in the name is the time of a file that does not say it
     * @param profile as text
     */
    record TimeInMetadata(String key, boolean orInName, String profile) implements CandidateContent {
        /** One of raw weights. */
        TimeInMetadata(String key, boolean orInName) {
            this(key, orInName, WeightGroups.RAW);
        }
    }

    private static final Optional<String> RAW = Optional.of(WeightGroups.RAW);

    /** A file as a whole. */
    Candidate(String fileName, double time, String average, CandidateContent content) {
        this(fileName, "", time, average, content);
    }

    /** @param profile from the time; a range that it does not keep makes the file one without a profile */
    static Candidate of(String fileName, double time, String average, DoubleFunction<Profile> profile) {
        return new Candidate(fileName, time, average, content(time, profile));
    }

    private static CandidateContent content(double time, DoubleFunction<Profile> profile) {
        if (!(time > 0)) return new NoAverage("holds the initial weights (time " + Math.round(time) + "), no average");
        try {
            return new AverageOf(profile.apply(time));
        } catch (IllegalArgumentException e) {
            return new NoAverage("cannot hold the average that is stated: " + e.getMessage());
        }
    }

    /** @param profile as text, where it is known */
    private static CandidateContent content(double time, Optional<String> profile) {
        return profile.map(spec -> content(time, t -> ProfileSpec.parse(spec, t)))
                .orElseGet(Unrecorded::new);
    }

    /** One of several sets of weights of a checkpoint that is a folder, whose profile may be known, as text. */
    static Candidate ofFile(String fileName, String group, double time, Optional<String> profile) {
        return new Candidate(fileName, group, time, "`" + group + "`", content(time, profile));
    }

    /** A file as a whole, of raw weights, whose name says its number. */
    static Candidate ofNumbered(String fileName, long number) {
        return new Candidate(fileName, number, "checkpoint", number == 0 ? new First(RAW) : content(number, RAW));
    }

    /** The same as {@link #ofFile} where the checkpoint's name says its number. */
    static Candidate ofNumbered(String fileName, String group, long number, Optional<String> profile) {
        return number == 0
                ? new Candidate(fileName, group, 0, "`" + group + "`", new First(profile))
                : ofFile(fileName, group, number, profile);
    }

    /** Of what tells it apart alone: there may be thousands, which are looked up again and again. */
    @Override
    public int hashCode() {
        return 31 * fileName.hashCode() + group.hashCode();
    }

    /** What the names of its tensors begin with in the file; empty where all are its. */
    String prefix() {
        return isFile() ? "" : group;
    }

    /** Whether its weights are apart from others of the same checkpoint by being in another file. */
    private boolean isFile() {
        return !group.isEmpty() && fileName.endsWith("/" + group);
    }

    /** What tells it apart from all others of its folder. */
    String name() {
        return prefix().isEmpty() ? fileName : fileName + "#" + group.replaceFirst("\\.$", "");
    }

    /** One of several sets of weights in this file, whose profile may be known, as text. */
    Candidate ofGroup(String prefix, Optional<String> profile) {
        return new Candidate(fileName, prefix, time, "`" + WeightGroups.shown(prefix) + "`", content(time, profile));
    }

    /** The same, with what is known of its profile by now. */
    Candidate withProfile(Optional<String> profile) {
        return new Candidate(fileName, group, time, average, content(time, profile));
    }

    /** The same checkpoint, of which a profile is known, as text. */
    Candidate recordedAs(String profile) {
        return content instanceof TimeInMetadata stated
                ? new Candidate(fileName, time, average, new TimeInMetadata(stated.key(), stated.orInName(), profile))
                : of(fileName, time, average, t -> ProfileSpec.parse(profile, t));
    }

    /** The same at a later time, unless its file states that. */
    Candidate later(double by) {
        return switch (content) {
            case AverageOf known -> later(by, content(time + by, Optional.of(ProfileSpec.print(known.profile()))));
            case First numbered -> later(by, content(time + by, numbered.profile()));
            case Unrecorded nothing -> later(by, content);
            case NoAverage nothing -> this;
            case TimeInMetadata stated -> this;
        };
    }

    private Candidate later(double by, CandidateContent same) {
        return new Candidate(fileName, group, time + by, average, same);
    }

    /** The same, of no use. @param why as the end of a sentence */
    Candidate without(String why) {
        return new Candidate(fileName, group, time, average, new NoAverage(why));
    }

    /** Whether its time stands in its file. */
    boolean countsInMetadata() {
        return content instanceof TimeInMetadata;
    }

    boolean isUnrecorded() {
        return content instanceof Unrecorded;
    }

    Optional<Profile> profile() {
        return content instanceof AverageOf average ? Optional.of(average.profile()) : Optional.empty();
    }

    /** Whether it is known to hold raw weights. */
    boolean isRaw() {
        return profile().filter(Impulse.class::isInstance).isPresent();
    }

    boolean isSharded() {
        return WeightsPath.isOfSeveral(fileName);
    }

    /** The same with its time, once the file is read. */
    Candidate read(WeightFile file) {
        if (!(content instanceof TimeInMetadata metadata)) return this;
        Optional<Long> stated = StatedTimes.number(file.metadata(), metadata.key());
        if (stated.isEmpty() && !metadata.orInName())
            return new Candidate(
                    fileName,
                    time,
                    average,
                    new NoAverage("does not say its step or epoch, in its name or as " + metadata.key()
                            + " in its metadata; state its time in " + Manifest.FILE_NAME));
        return of(
                fileName,
                stated.map(Long::doubleValue).orElse(time),
                average,
                t -> ProfileSpec.parse(metadata.profile(), t));
    }
}
