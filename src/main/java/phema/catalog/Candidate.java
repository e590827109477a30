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
 * @param group prefix of its tensors where the file holds several sets of weights; else empty
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

    /** A raw checkpoint of a time that stands in the file's metadata. */
    record TimeInMetadata(String key) implements CandidateContent {}

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

    /** What tells it apart from all others of its folder. */
    String name() {
        return group.isEmpty() ? fileName : fileName + "#" + group.replaceFirst("\\.$", "");
    }

    /** One of several sets of weights in this file, whose profile may be known, as text. */
    Candidate ofGroup(String prefix, Optional<String> profile) {
        return new Candidate(
                fileName,
                prefix,
                time,
                "`" + prefix + "*`",
                profile.map(spec -> content(time, t -> ProfileSpec.parse(spec, t)))
                        .orElseGet(Unrecorded::new));
    }

    boolean isUnrecorded() {
        return content instanceof Unrecorded;
    }

    Optional<Profile> profile() {
        return content instanceof AverageOf average ? Optional.of(average.profile()) : Optional.empty();
    }

    boolean isSharded() {
        return fileName.endsWith(".index.json");
    }

    /** The same with its time, once the file is read. */
    Candidate read(WeightFile file) {
        if (!(content instanceof TimeInMetadata metadata)) return this;
        String value = file.metadata().getOrDefault(metadata.key(), "");
        if (!value.matches("[1-9][0-9]{0,14}"))
            return new Candidate(
                    fileName,
                    time,
                    average,
                    new NoAverage("has no number in its name and no " + metadata.key()
                            + " in its metadata; state its time in " + Manifest.FILE_NAME));
        return of(fileName, Long.parseLong(value), average, Impulse::new);
    }
}
